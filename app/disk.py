"""The disk: how much of it is left."""

import shutil
from pathlib import Path

MEGABYTE = 10**6

DISK_FULL = 200 * MEGABYTE
"""A rebuild writes a second index, and SQLite needs room for its log: below this they fail."""


def free_bytes(folder: Path) -> int:
    """Tell how much may still be written in a folder, or would be if it were there."""
    return shutil.disk_usage(nearest(folder)).free


def nearest(folder: Path) -> Path:
    """Return a folder, or where it is not there yet the nearest one above it."""
    place = folder.absolute()
    while not place.is_dir() and place != place.parent:
        place = place.parent
    return place
