"""Cells and tables of a page."""

import html
from collections.abc import Mapping, Sequence
from typing import Any


def cell(estimate: Mapping[str, Any]) -> str:
    """Write an estimate (`app.evaluation.result`) with its interval."""
    if estimate["mean"] is None:
        return "-"
    low, high = estimate["low"], estimate["high"]
    return f"{number(estimate['mean'])} <small>{number(low)}-{number(high)}</small>"


def number(value: float | None) -> str:
    """Write a number; what cannot be said is a dash."""
    return "-" if value is None else f"{value:.4f}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Make a table; cells are HTML already."""
    head = "".join(f"<th>{escaped(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{each}</td>' for each in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def escaped(value: object) -> str:
    """Write anything as text."""
    return html.escape(str(value))
