"""How many frames a GIF has, counted no further than needed.

A GIF is a header and then blocks; the layout is that of the GIF89a specification, appendix A.
"""

_HEADER = 13
_DESCRIPTOR = 10
_IMAGE = 0x2C
_EXTENSION = 0x21


def count_frames(data: bytes, *, limit: int) -> int:
    """Count a GIF's frames without decoding any.

    Args:
        data: The file. Where it is cut short or broken, the frames before that count.
        limit: Counting stops at one more than this.

    Returns:
        0 to limit + 1.
    """
    frames = 0
    at = _HEADER + _table(data, _HEADER - 3)
    while frames <= limit and at < len(data):
        if data[at] == _IMAGE:
            frames += 1
            # After the descriptor and its colours, one byte says how the pixels are packed.
            at = _skip(data, at + _DESCRIPTOR + _table(data, at + _DESCRIPTOR - 1) + 1)
        elif data[at] == _EXTENSION:
            at = _skip(data, at + 2)
        else:
            break
    return frames


def _table(data: bytes, flags_at: int) -> int:
    """Return the length of the colour table that the flags announce."""
    if flags_at >= len(data) or not data[flags_at] & 0x80:
        return 0
    return int(3 * 2 ** ((data[flags_at] & 0x07) + 1))


def _skip(data: bytes, at: int) -> int:
    """Return where the chain of sub-blocks that begins here ends."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
