"""Answers of the search page as HTML.

Pictures are part of it, so that the page asks for no other file.
"""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from aanet.apis.entries import UNKNOWN_PID
from aanet.apis.page_search import Answer, Card
from aanet.apis.search_result import Hit
from aanet.datasets.records import NO_CAMERA
from aanet.visualization.pictures import as_data_uri

STYLE = """
#query .download { width: auto; min-width: 4.5rem; }
.answer { color: var(--body-text-color); }
.answer p { margin: 0 0 .75rem; font-size: 1.05rem; }
.answer p.yes { color: #15803d; font-weight: 600; }
.dark .answer p.yes { color: #4ade80; }
.answer p.no, .answer p.problem { font-weight: 600; }
.answer p.problem { color: #b45309; }
.dark .answer p.problem { color: #fbbf24; }
.answer .cards {
  display: grid; gap: .9rem .75rem; margin-bottom: 1.25rem;
  grid-template-columns: repeat(auto-fill, 6.5rem);
}
.answer figure { margin: 0; }
.answer img, .answer .gone {
  display: block; width: 100%; aspect-ratio: 1 / 2; border-radius: .3rem;
  border: 3px solid #94a3b8;
}
.answer .gone { padding: 40% .5rem 0; text-align: center; }
.answer .near img, .answer .near .gone { border-color: #15803d; }
.answer .beyond img { opacity: .65; }
.answer figcaption { font-size: .85rem; line-height: 1.35; }
.answer figcaption b { display: block; margin-top: .3rem; }
.answer .near b { color: #15803d; }
.dark .answer .near b { color: #4ade80; }
"""


def answer_html(answer: Answer) -> str:
    """Show an answer.

    Args:
        answer (Answer): What was found.

    Returns:
        str: A verdict, the query and the ranked list.
    """
    query = [_figure('query', answer.query, 'Query')]
    if answer.attention is not None:
        seen = ['where the', 'model looks']
        query.append(_figure('query', answer.attention, 'Attention', seen))
    judged = answer.in_gallery is not None
    cards = [
        _card(rank, card, judged) for rank, card in enumerate(answer.cards, 1)
    ]
    kind = {True: 'yes', False: 'no', None: 'open'}[answer.in_gallery]
    return _wrapped(
        f'<p class="verdict {kind}">{escape(verdict(answer))}</p>'
        f'<div class="cards">{"".join(query)}</div>'
        f'<div class="cards ranked">{"".join(cards)}</div>'
    )


def problem_html(sentence: str) -> str:
    """Show why there is no answer.

    Args:
        sentence (str): The reason.

    Returns:
        str: The sentence, marked.
    """
    return _wrapped(f'<p class="problem" role="alert">{escape(sentence)}</p>')


def verdict(answer: Answer) -> str:
    """Say whether the person is in the gallery.

    Args:
        answer (Answer): What was found.

    Returns:
        str: Some sentences.
    """
    if not answer.cards:
        return 'Not in the gallery: these cameras have no picture in it.'
    best = answer.cards[0].hit
    at = f'at distance {best.distance:.4f}'
    if math.isinf(answer.threshold):
        return (
            f'The nearest is {_whom(best)}, {at}. Without a threshold, '
            'nothing says whether that is near enough.'
        )
    if not answer.in_gallery:
        return (
            f'Not in the gallery: the nearest picture is {at}, and the '
            f'threshold is {answer.threshold:.4f}.'
        )
    number = sum(card.near for card in answer.cards)
    are = 'is' if number == 1 else 'are'
    return (
        f'In the gallery: {_whom(best)}, {at}. {number} of these '
        f'{len(answer.cards)} {are} nearer than the threshold, '
        f'{answer.threshold:.4f}.'
    )


def _whom(hit: Hit) -> str:
    return 'a person without id' if hit.pid == UNKNOWN_PID else f'id {hit.pid}'


def _card(rank: int, card: Card, judged: bool) -> str:
    hit = card.hit
    person = 'id unknown' if hit.pid == UNKNOWN_PID else f'id {hit.pid}'
    camera = 'unknown' if hit.camid == NO_CAMERA else hit.camid
    kind, mark = ('near', ' ✓') if card.near else ('open', '')
    lines = [f'camera {camera}', f'{hit.distance:.4f}']
    if judged and not card.near:
        kind, lines = 'beyond', [*lines, 'too far']
    title = f'{rank}. {person}{mark}'
    return _figure(f'hit {kind}', card.picture, title, lines, hit.path)


def _figure(
    kind: str,
    picture: np.ndarray | None,
    title: str,
    lines: Sequence[str] = (),
    tip: str = '',
) -> str:
    alt, text = escape(title), '<br>'.join(map(escape, lines))
    shown = '<div class="gone">the file is gone or damaged</div>'
    if picture is not None:
        shown = f'<img alt="{alt}" src="{as_data_uri(picture)}">'
    return (
        f'<figure class="{kind}" title="{escape(tip)}">{shown}'
        f'<figcaption><b>{alt}</b>{text}</figcaption></figure>'
    )


def _wrapped(content: str) -> str:
    return f'<div class="answer">{content}</div>'
