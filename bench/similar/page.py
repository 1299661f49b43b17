"""The lists as one page of pictures: no other file and no network needed to look at it."""

import base64
import html
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from bench.similar.catalogue import Catalogue, Rows, share_of
from bench.similar.nearest import Lists, alike
from embedders.spaces import Mask

QUESTIONS = 20
"""Items whose lists are shown, chosen by a hash of the id."""

THUMBNAIL = (90, 120)
"""Of a picture, in pixels: three to four, as the photographs were before they were squashed."""

_STYLE = """
:root { color-scheme: light dark; font: 13px/1.35 system-ui, sans-serif }
body { margin: 1.5rem; max-width: 90rem }
h2 { margin: 2rem 0 .4rem; font-size: 1.05rem }
.list { display: grid; grid-template-columns: 7rem repeat(10, minmax(4.5rem, 1fr)); gap: .4rem;
        margin-bottom: .6rem; overflow-x: auto }
.name { align-self: center }
figure { margin: 0; padding: .25rem; border: 2px solid #b3261e; border-radius: .3rem;
         overflow: hidden }
figure.type { border-color: #b58a00 } figure.both { border-color: #1b7f3b }
figure.lacking { border-style: dashed }
figure.lacking img { opacity: .35 }
img { display: block; width: 100%; max-width: 90px; aspect-ratio: 3/4; margin: auto;
      background: #fff }
figcaption { font-size: .75rem; overflow-wrap: anywhere }
.asked { display: flex; gap: .8rem; align-items: center; margin-bottom: .5rem }
.asked img { width: 90px; margin: 0 }
"""


def questions(catalogue: Catalogue) -> Rows:
    """Choose whose lists are shown, shape (q,)."""
    dice = [share_of(product.number, "page") for product in catalogue.products]
    return np.sort(np.argsort(dice)[:QUESTIONS])


def write(file: Path, catalogue: Catalogue, shown: Mapping[str, Lists], heading: str) -> None:
    """Write the page.

    Args:
        file: Where to.
        catalogue: Whose items the lists hold.
        shown: Name of a way to find to the lists of every item; a name that ends in "missing"
            marks the items that lacked their picture in it.
        heading: What the reader should know first, as plain text.
    """
    asked = questions(catalogue)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Similar items</title>",
        '<meta name=viewport content="width=device-width">',
        f"<style>{_STYLE}</style><h1>The ten nearest of {len(asked)} random items</h1>",
        f"<p>{html.escape(heading)}</p>",
        "<p>Green: same type and colour. Yellow: same type. Red: another type. Dashed and pale: "
        "found without its picture, from the title alone.</p>",
    ]
    absent = catalogue.without_picture()
    for row in asked:
        parts.append(_question(catalogue, int(row)))
        for name, lists in shown.items():
            lacking = absent if name.endswith("missing") else np.zeros_like(absent)
            parts.append(_list(catalogue, name, lists, int(row), lacking))
    file.write_text("\n".join(parts), encoding="utf-8")


def _question(catalogue: Catalogue, row: int) -> str:
    labels = ", ".join(catalogue.products[row].labels)
    title = html.escape(catalogue.contents[row].title or "")
    number = html.escape(catalogue.products[row].number)
    return (
        f"<h2>{title}</h2><div class=asked>{_picture(catalogue, row)}"
        f"<div>{html.escape(labels)}<br>id {number}</div></div>"
    )


def _list(catalogue: Catalogue, name: str, lists: Lists, row: int, lacking: Mask) -> str:
    place = int(np.flatnonzero(lists.questions == row)[0])
    one = Lists(lists.questions[[place]], lists.found[[place]], lists.scores[[place]])
    shares = alike(one, catalogue)
    missing = ", and so was this item's picture" if lacking[row] else ""
    cells = [
        f"<div class=name><b>{html.escape(name)}</b>{missing}<br>type {shares.type:.1f}, both "
        f"{shares.both:.1f}</div>"
    ]
    for found, score in zip(one.found[0], one.scores[0], strict=True):
        if found >= 0:
            cells.append(
                _figure(catalogue, row, int(found), float(score), lacking=bool(lacking[found]))
            )
    return f"<div class=list>{''.join(cells)}</div>"


def _figure(catalogue: Catalogue, asked: int, found: int, score: float, *, lacking: bool) -> str:
    wanted, there = catalogue.products[asked].labels, catalogue.products[found].labels
    like = "both" if wanted[:2] == there[:2] else "type" if wanted[0] == there[0] else "other"
    title = html.escape(catalogue.contents[found].title or "")
    return (
        f"<figure class='{like}{' lacking' if lacking else ''}'>{_picture(catalogue, found)}"
        f"<figcaption>{score:.2f} {html.escape(there[0])}, {html.escape(there[1])}<br>{title}"
        "</figcaption></figure>"
    )


def _picture(catalogue: Catalogue, row: int) -> str:
    title = html.escape(catalogue.contents[row].title or "", quote=True)
    data = _thumbnail(catalogue.contents[row].picture)
    return f'<img src="{data}" alt="{title}">' if data else "<span>no picture</span>"


def _thumbnail(picture: bytes | None) -> str:
    if picture is None:
        return ""
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB")
        if small.width > THUMBNAIL[0]:
            small = small.resize(THUMBNAIL)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()
