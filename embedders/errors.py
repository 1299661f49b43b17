"""What can go wrong in an embedder.

EmbedderError
├── WeightsUnavailable   no weights by that name or path, or their checksum differs
├── UnreadableImage      these bytes are not a picture we decode, or exceed a limit
├── LayoutMismatch       blocks or vectors of another shape than the layout's
├── TooLittleToLearn     nobody did one thing after another
└── LearningFailed       the process that was learning ended before it was done
"""


class EmbedderError(Exception):
    """Base of every error this package raises on purpose."""


class WeightsUnavailable(EmbedderError):
    """No weights by that name or path, or their checksum differs; the message says what to do."""


class UnreadableImage(EmbedderError):
    """The bytes are not a picture we decode, or exceed a limit; trying again does not help."""


class LayoutMismatch(EmbedderError):
    """Blocks or vectors of another shape than the layout's."""


class TooLittleToLearn(EmbedderError):
    """Nobody did one thing after another; trying again helps only when more was done."""


class LearningFailed(EmbedderError):
    """The process that was learning ended before it was done; the message has its last words."""
