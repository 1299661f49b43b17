import subprocess
import sys

import pytest

PROGRAMS = {
    "text": (
        "make('text:all-MiniLM-L6-v2', EmbedderOptions()).embed([Content('a lamp')]); "
        "import torchvision.models"
    ),
    "image": "make('image:resnet18:untrained', EmbedderOptions()); import torchvision.transforms",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_model_loads_in_a_fresh_process_without_a_word(program: str) -> None:
    imports = (
        "from embedders.factory import make, EmbedderOptions; from embedders.items import Content; "
    )

    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", imports + PROGRAMS[program]],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (printed.returncode, printed.stdout, printed.stderr) == (0, "", "")
