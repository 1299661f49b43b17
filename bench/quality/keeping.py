"""What was measured, kept part by part, so that an interruption loses little."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.clock import utc_now
from app.commands.evaluation_options import apart
from app.evaluation.log import Log
from app.laboratory import Laboratory, Progress
from app.settings import Settings

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawer:
    """A folder of JSON files, one a part."""

    folder: Path

    def kept(self, part: str) -> Part | None:
        """Read a part, or None."""
        file = self._file(part)
        if not file.exists():
            return None
        held: Part = json.loads(file.read_text(encoding="utf-8"))
        return held

    def keep(self, part: str, values: Mapping[str, Any]) -> None:
        """Write a part whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._file(part).with_suffix(".unfinished")
        unfinished.write_text(json.dumps(values) + "\n", encoding="utf-8")
        unfinished.replace(self._file(part))

    def _file(self, part: str) -> Path:
        return self.folder / f"{part}.json"


@dataclass(frozen=True, slots=True)
class Houses:
    """Laboratories of one data set, whose items are embedded once for all of them.

    Each is a copy of a folder with items alone, put where that folder was made: SQL notes by its
    path which index answers.

    Attributes:
        folder: Where; there is one laboratory at a time.
        environment: Variables of all of them.
        progress: Told how far it is.
    """

    folder: Path
    environment: Mapping[str, str]
    progress: Progress

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a laboratory."""
        here = self._here
        return {**apart(str(here), repeats=False), **self.environment}

    @property
    def settings(self) -> Settings:
        """What that says."""
        return Settings.from_environment(self.variables)

    def empty(self, log: Log) -> None:
        """Put a folder there that holds the items of a log, and nothing that people did."""
        if not self._stocked.exists():
            shutil.rmtree(self._here, ignore_errors=True)
            with Laboratory(self.settings, clock=utc_now) as laboratory:
                laboratory.stock(log, self.progress)
            self._here.rename(self._stocked)
        shutil.rmtree(self._here, ignore_errors=True)
        shutil.copytree(self._stocked, self._here)

    @contextmanager
    def filled(
        self, purpose: str, log: Log, fill: Callable[[Laboratory], None], *, exact: bool = False
    ) -> Iterator[Laboratory]:
        """Give a laboratory that is filled, by what was filled before for the same purpose if so.

        Args:
            purpose: Names what it is filled with.
            log: Whose items it has.
            fill: Is given the laboratory, empty of what people did.
            exact: Whether what is there is searched exactly.
        """
        note = self._here / "filled-for"
        there = note.exists() and note.read_text(encoding="utf-8") == purpose
        if there or exact:
            if not there:
                with self.filled(purpose, log, fill):
                    pass
            with Laboratory(self.settings, clock=utc_now, exact=exact) as laboratory:
                laboratory.resume(self.progress)
                yield laboratory
            return
        self.empty(log)
        with Laboratory(self.settings, clock=utc_now) as laboratory:
            laboratory.resume(self.progress)
            fill(laboratory)
            note.write_text(purpose, encoding="utf-8")
            yield laboratory

    @property
    def _here(self) -> Path:
        return self.folder / "laboratory"

    @property
    def _stocked(self) -> Path:
        return self.folder / "stocked"
