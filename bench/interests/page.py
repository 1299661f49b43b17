"""Some people's lists side by side, as a page of words to look at."""

import html
from collections.abc import Sequence
from pathlib import Path

from app.recommend.settings import RecommendSettings
from bench.interests.measures import PLACES
from bench.interests.study import Staged
from bench.interests.trial import Met, Way
from bench.interests.ways import compared
from bench.interests.world import World

PEOPLE = 8
"""Shown of each scene."""

STYLE = """
body { font: 14px/1.35 system-ui, sans-serif; margin: 2rem; }
.row { display: flex; gap: 1.5rem; align-items: flex-start; overflow-x: auto; }
.list { min-width: 15rem; max-width: 18rem; }
h4 { margin: .4rem 0; } ol, ul { margin: 0; padding-left: 1.3rem; }
.hit { font-weight: 700; } small { color: #666; }
"""


def write(file: Path, stages: Sequence[Staged], product: RecommendSettings) -> None:
    """Write a page: what people had chosen, what they went on to choose, and the lists; hits bold.

    Args:
        file: Written anew.
        stages: The first people reported of each are shown.
        product: The settings compared with one mean vector and the last item.
    """
    parts = [f"<!doctype html><meta charset=utf-8><title>Lists</title><style>{STYLE}</style>"]
    ways = compared(product)
    for staged in stages:
        title = f"{staged.world.recorded.name}: {staged.scene.title}"
        parts.append(f"<h2>{html.escape(title)}</h2>")
        parts += [_person(each, staged.world, ways) for each in staged.reporting[:PEOPLE]]
    file.write_text("\n".join(parts), encoding="utf-8")


def _person(each: Met, world: World, ways: Sequence[Way]) -> str:
    recorded = world.recorded
    past = list(dict.fromkeys(recorded.what[each.occasion.past[::-1]].tolist()))
    wanted = each.occasion.wanted
    columns = [
        _list("before, newest first", past[: 2 * PLACES], world, frozenset()),
        _list("then", sorted(wanted)[: 2 * PLACES], world, frozenset()),
    ]
    for way in ways:
        answer = way.ask(each, way.settings)
        rows = [item.candidate.item.key - 1 for item in answer.items]
        columns.append(_list(way.name, rows, world, wanted))
    return f"<h3>{html.escape(each.user_id)}</h3><div class=row>{''.join(columns)}</div>"


def _list(name: str, rows: Sequence[int], world: World, wanted: frozenset[int]) -> str:
    lines = []
    for row in rows:
        item = world.recorded.items[row]
        mark = " class=hit" if row in wanted else ""
        under = html.escape(", ".join(item.categories))
        lines.append(f"<li{mark}>{html.escape(item.title)} <small>{under}</small></li>")
    return f"<div class=list><h4>{html.escape(name)}</h4><ol>{''.join(lines)}</ol></div>"
