"""`kindred train`: learn from what people did, and say what that brought."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.clock import utc_now
from app.commands.opening import opened, settings_here
from app.commands.terminal import console

if TYPE_CHECKING:
    from app.services import Services
    from indexer.jobs import Job


def train(
    force: Annotated[  # noqa: FBT002 - typer makes it the flag --force
        bool, typer.Option("--force", help="Use it even if it is worse than what there is.")
    ] = False,
    wait: Annotated[  # noqa: FBT002 - typer makes it the flags --wait and --no-wait
        bool, typer.Option("--wait/--no-wait", help="Follow it to its end, or only ask for it.")
    ] = True,
) -> None:
    """Learn from what people did, compare with the live index, and swap unless it is worse."""
    from app.commands.jobs import follow
    from app.telemetry import configure_logging
    from indexer.timetable import request_training

    settings = settings_here()
    configure_logging(settings, stream=sys.stderr, least="error")
    with opened(settings) as services:
        job = request_training(services.jobs, force=force, now=utc_now())
        if wait:
            for sentence in told(follow(services, console, job).progress):
                console.print(sentence, highlight=False, soft_wrap=True)
        else:
            console.print(_asked(services, job), highlight=False, soft_wrap=True)


def _asked(services: "Services", job: "Job") -> str:
    alive = services.jobs.alive(services.engine, now=utc_now())
    who = "a service or worker does it" if alive else "the next service or worker to start does it"
    return f"training is asked for as job {job.job_id}: {who}"


def told(report: Mapping[str, Any]) -> list[str]:
    """Say in sentences what a training found.

    Args:
        report: Of a job that is done: `indexer.reindex.RebuildReport`, as JSON.
    """
    training = report["training"]
    sentences = [
        f"learned from {training['interactions']:,} interactions of {training['people']:,} people "
        f"with {training['items']:,} items, in {training['passes']} passes"
    ]
    dropped = [f"{count:,} {rule}" for rule, count in training["dropped"].items() if count]
    if dropped:
        left = f"left out of {training['read']:,} interactions: {', '.join(dropped)}"
        sentences.append(left)
    sentences.append(_judged(training["judged"]))
    sentences.append(
        f"generation {report['generation']} answers now; `kindred reindex --rollback` goes back"
    )
    return sentences


def _judged(judged: Mapping[str, Any] | None) -> str:
    if judged is None:
        return "too little was done of late to say how good it is"
    theirs = "the index before" if judged["against"] == "live" else "content alone"
    return (
        f"nDCG@10 {judged['ndcg']:.4f}, {theirs} {judged['against_ndcg']:.4f}: a difference of "
        f"{judged['ndcg'] - judged['against_ndcg']:+.4f} (95 % interval {judged['low']:+.4f} to "
        f"{judged['high']:+.4f}) over {judged['answers']:,} interactions of {judged['people']:,} "
        "people that neither had learned from"
    )
