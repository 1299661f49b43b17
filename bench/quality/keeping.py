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
from app.evaluations import Trial
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
        return {**apart(str(here), Trial()), **self.environment}

    @property
    def settings(self) -> Settings:
        """What that says."""
        return Settings.from_environment(self.variables)

    def empty(self, log: Log) -> None:
        """Put a folder there that holds the items of a log, and nothing that people did."""
        self._put_away()
        if not self._stocked.exists():
            with Laboratory(self.settings, clock=utc_now) as laboratory:
                laboratory.stock(log, self.progress)
            self._here.rename(self._stocked)
        shutil.copytree(self._stocked, self._here)

    @contextmanager
    def filled(
        self,
        purpose: str,
        log: Log,
        fill: Callable[[Laboratory], None],
        *,
        exact: bool = False,
        once: bool = False,
    ) -> Iterator[Laboratory]:
        """Give a laboratory that is filled, by what was filled before for the same purpose if so.

        Args:
            purpose: Names what it is filled with, as a folder can be called.
            log: Whose items it has.
            fill: Is given the laboratory, empty of what people did.
            exact: Whether what is there is searched exactly.
            once: Whether it will be changed, so that it is not to be used again.
        """
        if self._purpose() != purpose:
            self._fetch(purpose, log, fill)
        if once:
            self._note.unlink()
        with Laboratory(self.settings, clock=utc_now, exact=exact) as laboratory:
            laboratory.resume(self.progress)
            yield laboratory

    def _fetch(self, purpose: str, log: Log, fill: Callable[[Laboratory], None]) -> None:
        """Put the laboratory of a purpose there: that which was put away, or one that is filled."""
        away = self.folder / purpose
        if away.exists():
            self._put_away()
            away.rename(self._here)
            return
        self.empty(log)
        with Laboratory(self.settings, clock=utc_now) as laboratory:
            laboratory.resume(self.progress)
            fill(laboratory)
        self._note.write_text(purpose, encoding="utf-8")

    def _put_away(self) -> None:
        """Keep what is there for its purpose; without one, it was not finished."""
        purpose = self._purpose()
        if purpose is not None:
            self._here.rename(self.folder / purpose)
        shutil.rmtree(self._here, ignore_errors=True)

    def _purpose(self) -> str | None:
        return self._note.read_text(encoding="utf-8") if self._note.exists() else None

    @property
    def _note(self) -> Path:
        return self._here / "filled-for"

    @property
    def _here(self) -> Path:
        return self.folder / "laboratory"

    @property
    def _stocked(self) -> Path:
        return self.folder / "stocked"
