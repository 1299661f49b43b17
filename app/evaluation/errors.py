"""What can be wrong with an evaluation.

EvaluationError (a CommandFailed)
├── DatasetUnreadable   a file of a data set is not as its layout says; names the file and the line
├── NothingToEvaluate   after splitting, nobody is left who has something to be found
├── MethodUnavailable   a baseline's library is not installed, or no method has that name
└── NotComparable       two results do not come from the same question
"""

from app.errors import CommandFailed


class EvaluationError(CommandFailed):
    """Base of what is wrong with an evaluation; the message says what to do."""


class DatasetUnreadable(EvaluationError):
    """A file of a data set is not as its layout says."""


class NothingToEvaluate(EvaluationError):
    """After splitting, nobody is left who has something to be found."""


class MethodUnavailable(EvaluationError):
    """A baseline's library is not installed, or no method has that name."""


class NotComparable(EvaluationError):
    """Two results do not come from the same question."""
