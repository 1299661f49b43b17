"""Learns the behaviour space in a process of its own.

So that people are answered meanwhile, the process is nice, and what it used of memory is given back
when it ends. It ends with the one that started it, too.

    python -m embedders.behaviour_apart FOLDER

reads from a folder what `learn_apart` wrote there, tells how far it is in lines of JSON, and leaves
what it learned. Arrays travel as .npy files, without pickle.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np

from embedders.behaviour import BehaviourModel
from embedders.errors import EmbedderError, LearningFailed, TooLittleToLearn
from embedders.learning import Learned, Progress, TrainingSettings, Trial
from embedders.options import EmbedderOptions
from embedders.sequences import Sequences
from embedders.spaces import Array

NICENESS = 10
"""On a busy machine it then gets about a tenth of what somebody who waits for an answer gets."""

LOOK_EVERY_SECONDS = 0.5

MODULE = "embedders.behaviour_apart"

LAST_WORDS = 2_000
"""Characters of what it complained of that go into an error."""

SEQUENCES = ("starts", "items", "weights", "days")
TRIAL = ("rows", "starts", "gains")


def learn_apart(
    sequences: Sequences,
    content: Array,
    settings: TrainingSettings,
    options: EmbedderOptions,
    progress: Callable[[Progress], None],
    *,
    since: float | None = None,
) -> Learned:
    """Learn in another process: see `embedders.behaviour_training.learn`.

    Args:
        sequences: As there.
        content: As there; may be a file mapped into memory.
        settings: As there.
        options: As there.
        progress: Called after every pass and twice a second; when it raises, the process is killed.
        since: As there.

    Raises:
        TooLittleToLearn: As there.
        LearningFailed: It ended before it was done, or could not begin.
    """
    with TemporaryDirectory(prefix="kindred-learning-") as name:
        folder = Path(name)
        for column in SEQUENCES:
            np.save(folder / f"{column}.npy", getattr(sequences, column), allow_pickle=False)
        np.save(folder / "content.npy", content, allow_pickle=False)
        asked = {"settings": asdict(settings), "options": asdict(options), "since": since}
        (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
        told = _followed(folder, Progress("finding", 0, settings.passes, 0.0, None), progress)
        return found(folder, told)


def _followed(
    folder: Path, before: Progress, progress: Callable[[Progress], None]
) -> Mapping[str, object]:
    """Run the process and pass on how far it is; return the last it said."""
    complaints = folder / "complaints.txt"
    command = [sys.executable, "-m", MODULE, str(folder)]
    with (
        complaints.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 - this program, and a folder made here
            command,
            # It ends when this pipe does, which is when this process ends, however that happens.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=Path(__file__).parents[1],  # -m looks there first: it runs this very code
        ) as process,
    ):
        try:
            last = _listened(process, before, progress)
            code = process.wait()
        finally:
            process.kill()
    if code != 0 or last is None:
        said = complaints.read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        reason = "was killed, perhaps for want of memory" if code == -9 else f"ended with {code}"
        raise LearningFailed(f"the process that was learning {reason}: {said or 'it said nothing'}")
    return last


def _listened(
    process: "subprocess.Popen[bytes]", now: Progress, progress: Callable[[Progress], None]
) -> Mapping[str, object] | None:
    """Pass on progress until the process closes its output; return its last line, if it is one."""
    lines: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(
        target=_pass_on, args=(process.stdout, lines), name="learning", daemon=True
    ).start()
    last: Mapping[str, object] | None = None
    while True:
        progress(now)
        try:
            line = lines.get(timeout=LOOK_EVERY_SECONDS)
        except queue.Empty:
            continue
        if line is None:
            return last
        told = json.loads(line)
        if "progress" in told:
            now = Progress(**told["progress"])
        else:
            last = told


def _pass_on(output: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    for line in output:
        lines.put(line)
    lines.put(None)


def found(folder: Path, told: Mapping[str, object]) -> Learned:
    """Read what `main` left; large arrays stay files, which are deleted when they are let go.

    Args:
        folder: Of the files.
        told: The last that it said.

    Raises:
        TooLittleToLearn, LearningFailed: As it said.
    """
    if told["error"] == TooLittleToLearn.__name__:
        raise TooLittleToLearn(str(told["message"]))
    if told["error"] is not None:
        raise LearningFailed(str(told["message"]))
    ndcg, passes = told["ndcg"], told["passes"]
    trial = None
    if told["tried"]:
        held = {name: np.load(folder / f"trial_{name}.npy", allow_pickle=False) for name in TRIAL}
        trial = Trial(**held)
    return Learned(
        BehaviourModel.from_bytes((folder / "model").read_bytes()),
        np.load(folder / "candidates.npy", mmap_mode="r", allow_pickle=False),
        np.load(folder / "evidence.npy", mmap_mode="r", allow_pickle=False),
        ndcg if isinstance(ndcg, float) else None,
        passes if isinstance(passes, int) else 0,
        trial,
    )


def main(folder: Path, said: IO[str]) -> None:
    """Learn what a folder asks for; the other side of `learn_apart`."""

    def tell(line: Mapping[str, object]) -> None:
        said.write(json.dumps(line) + "\n")
        said.flush()

    error: str | None = None
    message = ""
    made: Learned | None = None
    try:
        made = _learned(folder, lambda each: tell({"progress": asdict(each)}))
    except (EmbedderError, ValueError) as wrong:
        error, message = type(wrong).__name__, str(wrong)
    if made is not None:
        _write(folder, made)
    tell(
        {
            "error": error,
            "message": message,
            "ndcg": None if made is None else made.ndcg,
            "passes": None if made is None else made.passes,
            "tried": made is not None and made.trial is not None,
        }
    )


def _learned(folder: Path, progress: Callable[[Progress], None]) -> Learned:
    from embedders.behaviour_training import learn  # torch, which only this process needs

    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    columns = {
        # "c": torch warns of arrays that cannot be written to, though it does not write to these.
        name: np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False)
        for name in (*SEQUENCES, "content")
    }
    content = columns.pop("content")
    return learn(
        Sequences(**columns),
        content,
        TrainingSettings(**asked["settings"]),
        EmbedderOptions(**asked["options"]),
        progress,
        since=asked["since"],
    )


def _write(folder: Path, made: Learned) -> None:
    (folder / "model").write_bytes(made.model.to_bytes())
    np.save(folder / "candidates.npy", made.candidates, allow_pickle=False)
    np.save(folder / "evidence.npy", made.evidence, allow_pickle=False)
    if made.trial is not None:
        for name in TRIAL:
            np.save(folder / f"trial_{name}.npy", getattr(made.trial, name), allow_pickle=False)


def end_with(parent: int) -> None:
    """End this process at once when the pipe of the one that started it is closed.

    Args:
        parent: File descriptor of the pipe. Read as such: a reader that Python buffers would be
            held by this thread as the process ends, which Python takes for a fatal error.
    """
    while os.read(parent, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    os.nice(NICENESS)
    threading.Thread(target=end_with, args=(sys.stdin.fileno(),), daemon=True).start()
    out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no progress
    main(Path(sys.argv[1]), out)
