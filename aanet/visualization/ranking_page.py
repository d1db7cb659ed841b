"""Ranked lists as one page that needs nothing but itself."""

from collections.abc import Mapping, Sequence
from html import escape

from aanet.visualization.pictures import as_data_uri, read_image
from aanet.visualization.ranking_row import (
    FRAME_COLORS,
    MARKS,
    RankingRow,
    Tile,
)
from aanet.visualization.ranking_sheet import TILE_SIZE

_STYLE = """
:root {
  color-scheme: light dark;
  --page: #f7f8fa; --card: #fff; --text: #1f2933; --faint: #5b6672;
  --line: #dde2e8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --card: #1e242b; --text: #e6e9ed; --faint: #a3adb8;
    --line: #323b45;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2.5rem);
  max-width: 100rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0; font-size: 1.1rem; }
p { margin: .25rem 0; color: var(--faint); }
section, .score, details {
  background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem;
}
section { margin: 1rem 0; padding: 1rem 1.25rem; }
.scores { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
.score { padding: .5rem 1.1rem; }
.score b { display: block; font-size: 1.5rem; line-height: 1.3; }
.score span { color: var(--faint); font-size: .85rem; }
details { padding: .6rem 1.25rem; }
summary { cursor: pointer; }
table { border-collapse: collapse; margin: .5rem 0; font-size: .9rem; }
td { padding: .15rem 1.5rem .15rem 0; vertical-align: top; }
td:first-child { color: var(--faint); }
figure { margin: 0; min-width: 0; }
.row { display: flex; gap: 1.5rem; margin-top: .75rem; }
.row > figure { flex: none; width: 7rem; }
.hits {
  flex: 1; display: grid; gap: .75rem .45rem;
  grid-template-columns: repeat(auto-fill, minmax(5.8rem, 1fr));
}
@media (max-width: 40rem) {
  .row { display: block; }
  .row > figure { margin-bottom: .75rem; }
}
.frame {
  position: relative; border: .25rem solid var(--kind);
  border-radius: .3rem; overflow: hidden;
}
.frame img { display: block; width: 100%; height: auto; }
.frame b {
  position: absolute; top: 0; left: 0; padding: 0 .45em .1em .3em;
  background: var(--kind); color: #fff; font-size: .8rem;
  border-bottom-right-radius: .3rem;
}
figcaption { font-size: .85rem; line-height: 1.35; margin-top: .3rem; }
figcaption span { color: var(--faint); font-size: .75rem; }
figcaption .mark { color: var(--kind); font-weight: bold; }
"""


def ranking_page(
    rows: Sequence[RankingRow],
    title: str,
    subtitle: str,
    scores: Mapping[str, str],
    details: Mapping[str, str],
) -> str:
    """Write ranked lists as HTML, pictures included.

    Args:
        rows (Sequence[RankingRow]): The lists.
        title (str): Heading of the page.
        subtitle (str): Line below the heading.
        scores (Mapping[str, str]): Figures of the whole set, shown large.
        details (Mapping[str, str]): More on them, shown on demand.

    Returns:
        str: The page.

    Raises:
        FileNotFoundError: If a picture is missing.
        ValueError: If a picture cannot be read.
    """
    parts = [
        f'<h1>{escape(title)}</h1>',
        f'<p>{escape(subtitle)}</p>',
        _scores(scores),
        _details(details),
        *map(_section, rows),
    ]
    kinds = '\n'.join(
        f'.{kind} {{ --kind: {color}; }}'
        for kind, color in FRAME_COLORS.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, '
        'initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n'
        f'<style>{_STYLE}{kinds}\n</style>\n</head>\n<body>\n'
        + '\n'.join(parts)
        + '\n</body>\n</html>\n'
    )


def _scores(scores: Mapping[str, str]) -> str:
    cards = ''.join(
        f'<div class="score"><b>{escape(value)}</b>'
        f'<span>{escape(name)}</span></div>'
        for name, value in scores.items()
    )
    return f'<div class="scores">{cards}</div>'


def _details(details: Mapping[str, str]) -> str:
    cells = ''.join(
        f'<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>'
        for name, value in details.items()
    )
    return (
        '<details><summary>How these were measured</summary>'
        f'<table>{cells}</table></details>'
    )


def _section(row: RankingRow) -> str:
    query, *hits = map(_figure, row.tiles)
    listed = '\n'.join(hits)
    return (
        f'<section>\n<h2>{escape(row.heading)}</h2>\n'
        f'<p>{escape(row.summary)}</p>\n<div class="row">\n{query}\n'
        f'<div class="hits">\n{listed}\n</div>\n</div>\n</section>'
    )


def _figure(tile: Tile) -> str:
    uri = as_data_uri(read_image(tile.path, TILE_SIZE))
    height, width = TILE_SIZE
    name, detail = escape(tile.name), escape(tile.detail)
    return (
        f'<figure class="{tile.kind}" title="{escape(tile.path)}">'
        f'<div class="frame"><img src="{uri}" width="{width}" '
        f'height="{height}" alt="{tile.kind}: {name}, {detail}">'
        f'<b>{escape(tile.badge)}</b></div><figcaption>'
        f'<span class="mark">{MARKS[tile.kind]}</span> {name}<br>'
        f'<span>{detail}</span></figcaption></figure>'
    )
