"""Where the data sets for tests lie, on machines that have them."""

from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "shared" / "data"


def shared_data(name: str) -> Path:
    """Return the folder of a data set; skip the test where it is absent."""
    folder = _FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"the data set {name} is not on this machine")
    return folder
