from collections.abc import Iterator

import pytest
import torch

from embedders.arithmetic import prepare
from embedders.options import EmbedderOptions


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("precision", "narrow"), [("float32", False), ("bfloat16", True)])
def test_a_precision_that_was_asked_for_is_used(precision: str, *, narrow: bool) -> None:
    assert prepare(EmbedderOptions(precision=precision, device="cpu")).bfloat16 is narrow


def test_by_itself_bfloat16_is_used_on_a_processor_with_amx_alone() -> None:
    amx = bool(torch.cpu.get_capabilities().get("amx_bf16", False))

    assert prepare(EmbedderOptions(device="cpu")).bfloat16 is amx


def test_the_thread_count_is_torchs() -> None:
    prepare(EmbedderOptions(threads=2))

    assert torch.get_num_threads() == 2


def test_values_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="precision is auto, float32 or bfloat16, not 'float8'"):
        prepare(EmbedderOptions(precision="float8"))
    with pytest.raises(ValueError, match="device is auto, cpu or cuda, not 'tpu'"):
        prepare(EmbedderOptions(device="tpu"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="finds no GPU"):
        prepare(EmbedderOptions(device="cuda"))
    assert prepare(EmbedderOptions(device="auto")).device == "cpu"
