"""The search page, without the page."""

import math

import numpy as np
import pytest

from aanet.apis import Gallery
from aanet.apis.page_html import answer_html, problem_html, verdict
from aanet.apis.page_search import PageSearch
from aanet.datasets.image_files import UnreadableImageError


@pytest.fixture
def search(tiny):
    return PageSearch(tiny.gallery, tiny.inferencer)


def test_the_query_itself_is_the_first_of_the_ranked_list(tiny, search):
    answer = search(tiny.query, topk=5)
    hits = [card.hit for card in answer.cards]
    assert len(hits) == 5
    assert hits[0].path == tiny.query and hits[0].pid == tiny.pid
    assert hits[0].distance == pytest.approx(0, abs=1e-5)
    assert [h.distance for h in hits] == sorted(h.distance for h in hits)
    assert answer.query.shape == (256, 128, 3)
    assert (answer.query == answer.cards[0].picture).all()


def test_attention_is_laid_over_query_and_results(tiny, search):
    plain = search(tiny.query, topk=3)
    seen = search(tiny.query, topk=3, attend_results=True)
    assert (plain.attention != plain.query).any()
    # Another batch, other rounding.
    first, query = seen.cards[0].picture, seen.attention
    assert np.abs(first.astype(int) - query).max() <= 4


def test_a_threshold_parts_the_list_and_leaves_nothing_out(tiny, search):
    every = search(tiny.query, topk=6)
    distances = [card.hit.distance for card in every.cards]
    assert every.in_gallery is None and 'Without a threshold' in verdict(every)
    middle = (distances[2] + distances[3]) / 2
    answer = search(tiny.query, topk=6, threshold=middle)
    assert [c.near for c in answer.cards] == [True] * 3 + [False] * 3
    assert verdict(answer).startswith(f'In the gallery: id {tiny.pid}, at ')
    assert answer_html(answer).count('too far') == 3


def test_strangers_are_said_not_to_be_in_the_gallery(tiny, search):
    answer = search(tiny.query, threshold=-1)
    assert answer.in_gallery is False
    assert 'Not in the gallery: the nearest picture is' in answer_html(answer)


def test_only_the_cameras_asked_for_are_searched(tiny, search):
    assert len(search.cameras) > 1
    first = search.cameras[0]
    answer = search(tiny.query, cameras=[first])
    assert {card.hit.camid for card in answer.cards} == {first}
    nobody = search(tiny.query, cameras=[99])
    assert nobody.in_gallery is False
    assert 'no picture' in verdict(nobody)


def test_a_picture_of_the_gallery_that_is_gone_leaves_a_note(tiny):
    features = tiny.inferencer.extract(tiny.query).features
    gallery = Gallery()
    gallery.add(features, paths=['<gone>.jpg'])
    search = PageSearch(gallery, tiny.inferencer)
    answer = search(tiny.query, threshold=math.inf, attend_results=True)
    html = answer_html(answer)
    assert answer.cards[0].picture is None
    assert 'gone or damaged' in html and 'id unknown' in html
    assert '<gone>' not in html and '&lt;gone&gt;' in html


def test_broken_files_and_empty_galleries_are_refused(tiny, search):
    with pytest.raises(UnreadableImageError, match=r'broken\.jpg'):
        search(tiny.broken)
    with pytest.raises(ValueError, match='gallery is empty'):
        PageSearch(Gallery(), tiny.inferencer)
    assert '&lt;b&gt;' in problem_html('<b>')
