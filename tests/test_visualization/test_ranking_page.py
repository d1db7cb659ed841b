import re
from html.parser import HTMLParser

from aanet.visualization import ranking_page
from aanet.visualization.ranking_row import RankingRow, Tile
from tests.test_visualization.helpers import draw_set

VOID = {'meta', 'img', 'br'}


class Page(HTMLParser):
    """Checks that tags are balanced, and remembers them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], ''
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(tmp_path, title='Title'):
    _, gallery = draw_set(tmp_path)
    kinds = ['query', 'right', 'wrong']
    tiles = tuple(
        Tile(path, kind, kind[0], f'<{kind}>', 'camid 0')
        for path, kind in zip(gallery.img_paths, kinds, strict=False)
    )
    rows = [RankingRow('Query of id 1', 'AP 50.0%', tiles)] * 2
    scores = {'mAP': '12.3%', 'Rank-1': '45.6%'}
    return ranking_page(rows, title, 'how', scores, {'distance': 'cosine'})


def test_the_page_needs_nothing_but_itself(tmp_path):
    text = page_of(tmp_path)
    page = Page(text)
    images = page.named('img')
    assert len(images) == 6
    for image in images:
        assert image['src'].startswith('data:image/jpeg;base64,')
        assert image['alt']
    assert not page.named('script') and not page.named('link')
    (style,) = re.findall('<style>(.*)</style>', text, re.DOTALL)
    assert style.count('{') == style.count('}') > 20
    assert 'http' not in text and 'url(' not in text
    assert {'name': 'viewport'}.items() <= page.named('meta')[1].items()


def test_the_page_shows_scores_rows_and_frames(tmp_path):
    page = Page(page_of(tmp_path))
    for words in ('12.3%', 'Rank-1', 'cosine', 'Query of id 1', 'AP 50.0%'):
        assert words in page.text
    kinds = [attributes['class'] for attributes in page.named('figure')]
    assert kinds == ['query', 'right', 'wrong'] * 2


def test_names_are_escaped(tmp_path):
    text = page_of(tmp_path, title='<script>a & b</script>')
    assert '<script>' not in text
    assert '<script>a & b</script>' in Page(text).text
