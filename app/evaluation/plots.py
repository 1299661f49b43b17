"""Plots as SVG, by matplotlib (extra `evaluate`)."""

import io
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from app.evaluation.errors import MethodUnavailable

Estimates = Mapping[str, Any]
"""An estimate of a run as JSON: mean, low, high, people."""

_WIDE = 7.5
_ROW = 0.32
_COLOUR = "#2f6f9f"

_UNSAID = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""Nothing about when and by what a plot was made."""

_STYLE = {
    "svg.fonttype": "none",  # words stay words: they can be searched, and files stay small
    "svg.hashsalt": "kindred",  # the same run gives the same bytes
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def intervals(title: str, rows: Sequence[tuple[str, Estimates]]) -> str:
    """Draw means with their intervals, one row each, the first on top.

    Args:
        title: Of the axis.
        rows: Name and estimate; one without a mean gets an empty row.

    Returns:
        An `<svg>` element.

    Raises:
        MethodUnavailable: matplotlib is not installed.
    """
    figure, axes = _figure(len(rows))
    for place, (_, each) in enumerate(rows):
        if each["mean"] is not None:
            axes.plot([each["low"], each["high"]], [place, place], color=_COLOUR, linewidth=2)
            axes.plot([each["mean"]], [place], "o", color=_COLOUR)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(f"{title}, mean and 95 % interval")
    axes.grid(visible=True, axis="x", alpha=0.3)
    return _svg(figure)


def scatter(titles: tuple[str, str], rows: Sequence[tuple[str, float | None, float | None]]) -> str:
    """Draw methods by two numbers, named beside their points; arguments as `intervals`."""
    figure, axes = _figure(9)
    for name, across, up in rows:
        if across is not None and up is not None:
            axes.plot([across], [up], "o", color=_COLOUR)
            axes.annotate(name, (across, up), xytext=(4, 3), textcoords="offset points")
    axes.set_xlabel(titles[0])
    axes.set_ylabel(titles[1])
    axes.grid(visible=True, alpha=0.3)
    return _svg(figure)


def _figure(rows: int) -> tuple[Any, Any]:
    matplotlib, figures = _library("matplotlib"), _library("matplotlib.figure")
    with matplotlib.rc_context(_STYLE):
        # Not pyplot: it keeps figures, and looks for a screen.
        figure = figures.Figure(figsize=(_WIDE, 0.9 + _ROW * rows), layout="constrained")
        return figure, figure.subplots()


def _svg(figure: Any) -> str:  # noqa: ANN401 - matplotlib may not be there
    out = io.StringIO()
    with _library("matplotlib").rc_context(_STYLE):
        figure.savefig(out, format="svg", metadata=_UNSAID)
    drawn = out.getvalue()
    return drawn[drawn.index("<svg") :]


def _library(name: str) -> Any:  # noqa: ANN401 - matplotlib may not be there
    try:
        return import_module(name)
    except ImportError as error:
        raise MethodUnavailable(
            "the report's plots need matplotlib: pip install 'kindred[evaluate]'"
        ) from error
