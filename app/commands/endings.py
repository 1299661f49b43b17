"""How a command ends: its exit status, and one sentence for people when it could not be done."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from app.errors import AppError, CommandFailed, SettingsError
from embedders.errors import EmbedderError
from indexer.errors import IndexerError

INTERRUPTED = 130
"""As a shell says of a program ended by Ctrl-C."""

MOST = 300
"""Characters shown of an error nobody foresaw."""


@dataclass(slots=True)
class Invocation:
    """One run of the command line.

    Attributes:
        debug: Whether errors are shown with where they happened.
    """

    debug: bool = False


def ended(run: Callable[[Invocation], object], complaints: Console) -> int:
    """Run a command line to its end, and return its exit status.

    Args:
        run: Parses and does what was asked for; ends by SystemExit, an error, or returning.
        complaints: Where errors are told.

    Returns:
        0: done; 1: it could not be done; 2: the settings or arguments cannot be used; 130: Ctrl-C.
    """
    invocation = Invocation()
    try:
        run(invocation)
    except SystemExit as ending:
        return _status(ending.code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return 141
    except SettingsError as error:
        return _told(str(error), 2, error, invocation, complaints)
    except (IndexerError, EmbedderError, AppError, CommandFailed) as error:
        return _told(str(error), 1, error, invocation, complaints)
    except OSError as error:
        return _told(_worded(error), 1, error, invocation, complaints)
    except Exception as error:  # noqa: BLE001 - the last one to catch it; nothing is hidden by --debug
        return _told(_unforeseen(error), 1, error, invocation, complaints)
    return 0


def _status(code: object) -> int:
    if code is None:
        return 0
    return code if isinstance(code, int) else 1


def _told(
    message: str, status: int, error: Exception, invocation: Invocation, complaints: Console
) -> int:
    if invocation.debug:
        text = "".join(traceback.format_exception(error))
        complaints.print(text, markup=False)
    complaints.print(message, markup=False)
    return status


def _worded(error: OSError) -> str:
    """Write what the system says without its number."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{reason}: {error.filename}" if error.filename else reason


def _unforeseen(error: Exception) -> str:
    said = " ".join(str(error).split())[:MOST]
    return (
        f"Kindred stopped on an error nobody foresaw, {type(error).__name__}: {said}. "
        "`kindred --debug …` shows where; please report it with that."
    )
