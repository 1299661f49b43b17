"""What can be wrong with a whole file; a bad row is no error, it is reported.

FileError (a CommandFailed)
├── FileUnreadable   not of its format, or broken from some place on: mend it, or name its format
├── ColumnsUnclear   its columns cannot be told apart, or `--map` names what is not there
├── ExtraMissing     its format needs packages that are not installed
└── FileExists       an export would write over a file
"""

from typing import Self

from app.errors import CommandFailed


class FileError(CommandFailed):
    """Base of what is wrong with a whole file; the message says what to do."""


class FileUnreadable(FileError):
    """It is not of its format, or broken from some place on; rows before that have landed."""


class ColumnsUnclear(FileError):
    """Its columns cannot be told apart, or the mapping names what is not there."""


class ExtraMissing(FileError):
    """Its format needs packages that are not installed."""

    @classmethod
    def of(cls, what: str) -> Self:
        """Say so of a kind of file."""
        return cls(
            f"{what} files need packages that are not installed: pip install 'kindred[files]'"
        )


class FileExists(FileError):
    """An export would write over a file."""
