"""What can be wrong with tuning.

TuningError (a CommandFailed)
├── NothingToTune      no option makes a difference for this data, or too few people are left
├── StudyMismatch      a study in a file is about another question
└── TunerUnavailable   the library that searches is not installed
"""

from app.errors import CommandFailed


class TuningError(CommandFailed):
    """Base of what is wrong with tuning; the message says what to do."""


class NothingToTune(TuningError):
    """No option makes a difference for this data, or too few people are left."""


class StudyMismatch(TuningError):
    """A study in a file is about another question."""


class TunerUnavailable(TuningError):
    """The library that searches is not installed."""
