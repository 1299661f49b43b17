"""A run as one page of HTML: no other file and no network needed to read it."""

from collections.abc import Mapping
from typing import Any

from app.evaluation import audit_page, plots
from app.evaluation.cells import cell, escaped, number, table
from app.evaluation.comparing import Compared, against
from app.evaluation.result import SAMPLED

Run = Mapping[str, Any]
"""As `app.evaluation.result.as_json` gives it."""

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 68rem; padding: 0 1rem }
h2 { margin-top: 2.2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block;
        overflow-x: auto }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap;
         border-bottom: 1px solid #8884 }
th:first-child, td:first-child { text-align: left }
td small { opacity: .65 }
svg { max-width: 100%; height: auto; background: #fff; border-radius: .4rem }
"""

_MEANINGS = {
    "ndcg": "places weighed by 1 / log2(place + 1), divided by the best possible",
    "recall": "share of what was to be found that is in the list",
    "precision": "share of the list that was to be found",
    "map": "precision at each hit, summed, divided by what was to be found",
    "mrr": "1 / place of the first hit",
    "hit": "share of people with a hit",
    "novelty": "how rare the items are, in bits",
    "diversity": "1 - cosine between the items of a list, in words and categories",
    "serendipity": "hits that are unlike what the person touched",
    "miscalibration": "divergence of the list's categories from the person's; 0 is best",
    "new_items": "share of places held by items nobody had touched",
    "coverage": "share of the catalogue that is in anybody's list",
    "gini": "unevenness of how often items are shown; 0 is even",
}


def page(run: Run) -> str:
    """Write a run as a page.

    Raises:
        MethodUnavailable: matplotlib is not installed.
    """
    main = f"ndcg@{run['ks'][0]}"
    parts = [
        f"<h1>Evaluation of {escaped(run['about'].get('dataset', ''))}</h1>",
        *([f"<p><strong>{escaped(SAMPLED)}</strong></p>"] if run["about"].get("negatives") else []),
        _facts(run),
        f"<h2>{escaped(main)}</h2>",
        plots.intervals(main, [(each["name"], each["overall"][main]) for each in run["methods"]]),
        "<h2>Right and surprising</h2>",
        _scatters(run, main),
        *(_overall(run, k) for k in run["ks"]),
        "<h2>Segments</h2>",
        "<p>People by how much was known of them; items by how many people had liked them: there "
        "only such items count as to be found, among lists of all.</p>",
        *(_segment(run, name) for name in _segments(run)),
        "<h2>Who is shown</h2>",
        "<p>Shares of the catalogue, of what was liked before, and of what was to be found, beside "
        "the share of places each method gives. What is far below its share of what was to be "
        "found is held back.</p>",
        _exposure(run),
        "<h2>Audit</h2>",
        *audit_page.sections(run["methods"][-1], run["ks"][0]),
        "<h2>Differences</h2>",
        *(_differences(run, each["name"], main) for each in run["methods"][-1:]),
        "<h2>What the numbers mean</h2>",
        table(("", ""), [[escaped(name), escaped(meaning)] for name, meaning in _MEANINGS.items()]),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Evaluation</title><style>{_STYLE}</style><body>{''.join(parts)}</body></html>"
    )


def _facts(run: Run) -> str:
    facts = {**run["about"], **run["asked"]}
    return table(
        ("", ""), [[escaped(name.replace("_", " ")), escaped(facts[name])] for name in facts]
    )


def _scatters(run: Run, main: str) -> str:
    k = run["ks"][0]

    def points(name: str, part: str) -> list[tuple[str, float | None, float | None]]:
        return [
            (each["name"], _mean(each[part].get(name)), _mean(each["overall"][main]))
            for each in run["methods"]
        ]

    coverage, novelty = f"coverage@{k}", f"novelty@{k}"
    return plots.scatter((coverage, main), points(coverage, "catalogue")) + plots.scatter(
        (novelty, main), points(novelty, "overall")
    )


def _overall(run: Run, k: int) -> str:
    suffix = f"@{k}"
    first = run["methods"][0]
    names = [each for each in first["overall"] if each.endswith(suffix)]
    counted = [each for each in first["catalogue"] if each.endswith(suffix)]
    rows = [
        [
            escaped(each["name"]),
            *(cell(each["overall"][name]) for name in names),
            *(number(each["catalogue"][name]) for name in counted),
            escaped(each["seconds"]),
        ]
        for each in run["methods"]
    ]
    heads = ("method", *names, *counted, "seconds")
    return f"<h2>The first {k} places</h2>{table(heads, rows)}"


def _segment(run: Run, group: str) -> str:
    there = [each for each in run["methods"] if group in each["segments"]]
    names = list(there[0]["segments"][group])
    people = there[0]["segments"][group][names[0]]["people"]
    rows = [
        [escaped(each["name"]), *(cell(each["segments"][group][name]) for name in names)]
        for each in there
    ]
    return f"<h3>{escaped(group)}: {people:,} people</h3>{table(('method', *names), rows)}"


def _exposure(run: Run) -> str:
    groups: Mapping[str, Mapping[str, float]] = run["methods"][0]["exposure"]
    rows = [
        [escaped(name), *(number(shares[part]) for shares in groups.values())]
        for part, name in (
            ("catalogue", "(of the catalogue)"),
            ("liked", "(of what was liked)"),
            ("to_be_found", "(of what was to be found)"),
        )
    ]
    rows += [
        [escaped(each["name"]), *(number(shares["shown"]) for shares in each["exposure"].values())]
        for each in run["methods"]
    ]
    return table(("share of places", *groups), rows)


def _segments(run: Run) -> list[str]:
    return list(dict.fromkeys(name for each in run["methods"] for name in each["segments"]))


def _differences(run: Run, method: str, metric: str) -> str:
    rows = [difference_row(each) for each in against(run, method, metric)]
    heads = ("method", f"better by {metric}", "from", "to", "p", "p, adjusted")
    return (
        f"<p>Every method against <b>{escaped(method)}</b>, over the same people: 95 % bootstrap "
        "intervals, two-sided sign-flip tests, adjusted for their number after Holm.</p>"
        f"{table(heads, [[escaped(each) for each in row] for row in rows])}"
    )


def difference_row(row: Compared) -> list[str]:
    """Write a comparison as cells: method, mean, low, high, p, adjusted p."""
    gap = row.gap
    return [
        row.method,
        f"{gap.mean:+.4f}",
        f"{gap.low:+.4f}",
        f"{gap.high:+.4f}",
        f"{gap.p:.4f}",
        f"{row.adjusted:.4f}",
    ]


def _mean(given: object) -> float | None:
    value = given.get("mean") if isinstance(given, Mapping) else given
    return float(value) if isinstance(value, int | float) else None
