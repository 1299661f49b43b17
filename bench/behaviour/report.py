"""Results as Markdown."""

from bench.behaviour.contest import BEHAVIOUR, Result
from bench.behaviour.marks import Marks, better


def table(result: Result) -> str:
    """Write one exam's marks, best first, with what behaviour adds to each."""
    ours = result.marks[BEHAVIOUR]
    lines = [
        f"### {result.exam[0].upper()}{result.exam[1:]} ({result.people} people)",
        "",
        "| method | nDCG@10 | recall@10 | behaviour adds, nDCG@10 |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, held in sorted(result.marks.items(), key=lambda pair: -pair[1].ndcg):
        lines.append(
            f"| {name} | {_value(held.ndcg, held.ndcg_interval)} "
            f"| {_value(held.recall, held.recall_interval)} | {_added(name, ours, held)} |"
        )
    return "\n".join(lines)


def _value(mean: float, interval: tuple[float, float]) -> str:
    return f"{mean:.4f} ({interval[0]:.4f} to {interval[1]:.4f})"


def _added(name: str, ours: Marks, held: Marks) -> str:
    if name == BEHAVIOUR:
        return ""
    low, high = better(ours, held)
    return f"{low:+.4f} to {high:+.4f}"
