"""Imports point upwards in the table of rows, and what is slow to load is loaded where it is needed."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

#: A module uses only rows above its own.
ROWS = [
    {"errors"},
    {"config", "files", "several"},
    {
        "text",
        "corpus",
        "tables",
        "lines",
        "metrics",
        "ngrams",
        "layers",
        "weights",
        "hub",
        "counting",
        "sentences",
        "extracting",
        "confusion",
    },
    {"adapting", "attending", "beam", "decoding", "folder", "pairs", "readers", "encoders"},
    {"spelling", "model"},
    {"fill", "language", "seq2seq", "classify"},
    {"anomaly"},
    {"evaluate", "measuring", "detecting", "comparing", "labelling", "drawing", "plotting", "inspecting", "league"},
    {"training"},
    {"cli"},
    {"__main__"},
]
ROW = {name: number for number, names in enumerate(ROWS) for name in names}
#: Reading corpora takes three modules of one row: lines of text, tables made of lines, corpora of either.
#: Evaluating takes five: what all tasks share, how language models are measured, how detectors, classifiers, and
#: translators and summarizers are. What is extracted from a text are its sentences. Every picture is
#: written alike.
BESIDE = {
    ("corpus", "tables"),
    ("corpus", "lines"),
    ("tables", "lines"),
    ("evaluate", "measuring"),
    ("evaluate", "detecting"),
    ("evaluate", "comparing"),
    ("evaluate", "labelling"),
    ("extracting", "sentences"),
    ("plotting", "drawing"),
    ("labelling", "drawing"),
    ("labelling", "plotting"),
    ("league", "drawing"),
}

LEARNING = {"torch", "accelerate"}
SLOW = {"datasets", "huggingface_hub", "matplotlib", "pandas", "pyarrow", "sacrebleu", "transformers"}


class Import(NamedTuple):
    """One imported module, and where and how it is imported."""

    file: str
    row: str  # the name of ROWS that the importing file belongs to
    line: int
    target: str  # "torch.nn", "seqtext.training.events"
    at: str  # "module", "function" or "types" (for type checkers only)

    @property
    def package(self) -> str:
        return self.target.split(".")[0]

    @property
    def target_row(self) -> str | None:
        """The name of ROWS that the target belongs to; None outside of seqtext."""
        parts = self.target.split(".")
        return parts[1] if parts[0] == "seqtext" and len(parts) > 1 else None

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.target}"


def visit(node: ast.AST, at: str) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    for child in ast.iter_child_nodes(node):
        inner = at
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, at
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner = "function"
        elif isinstance(child, ast.If) and at == "module" and "TYPE_CHECKING" in ast.dump(child.test):
            for statement in child.body:
                yield from visit(ast.Module([statement], []), "types")
            for statement in child.orelse:
                yield from visit(ast.Module([statement], []), at)
            continue
        yield from visit(child, inner)


def targets(node: ast.Import | ast.ImportFrom, module: str, is_package: bool) -> list[str]:
    """The full names of what a statement imports; `module` is the importing one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = module.split(".") if is_package else module.split(".")[:-1]
    base = base[: len(base) - node.level + 1] if node.level else []
    start = ".".join([*base, *([node.module] if node.module else [])])
    if start == "seqtext" or node.module is None:  # from seqtext import layers; from . import options
        return [f"{start}.{alias.name}" for alias in node.names]
    return [start]


def imports_of(text: str, file: str, module: str) -> list[Import]:
    row = module.split(".")[1] if "." in module else "__init__"
    is_package = file.endswith("__init__.py")
    return [
        Import(file, row, node.lineno, target, at)
        for node, at in visit(ast.parse(text), "module")
        for target in targets(node, module, is_package)
    ]


def all_imports() -> list[Import]:
    found = []
    for folder, package in (("seqtext", "seqtext"), ("cli", "seqtext.cli")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [part for part in path.relative_to(ROOT / folder).with_suffix("").parts if part != "__init__"]
            file = path.relative_to(ROOT).as_posix()
            found += imports_of(path.read_text(encoding="utf-8"), file, ".".join([package, *parts]))
    return found


IMPORTS = all_imports()


def points_up(one: Import) -> bool:
    """Whether an import inside seqtext goes to a row above, or stays in its own package or beside an allowed module."""
    source, target = one.row, one.target_row
    if target not in ROW:  # another project, or a name of seqtext itself such as __version__
        return True
    return source == target or (source, target) in BESIDE or ROW[target] < ROW.get(source, 0)


def loads_torch(one: Import) -> bool:
    return one.package in LEARNING or one.target_row == "training"


def faults(imports: list[Import]) -> list[str]:
    found = []
    for one in imports:
        if one.row == "__init__":
            if one.at != "types" and one.target_row is not None:
                found.append(f"{one}; seqtext/__init__.py resolves its names on first use")
            continue
        if not points_up(one):
            found.append(f"{one}, which is not in a row above")
        if one.package in LEARNING and one.row != "training":
            found.append(f"{one}; only seqtext/training does")
        if one.target_row == "training" and one.row == "cli" and one.at == "module":
            found.append(f"{one}, which loads torch; inside a function it would not slow every command down")
        if one.package in SLOW and one.at == "module" and one.row != "training":
            found.append(f"{one}, which is slow; import it inside the function that needs it")
    return found


def test_every_module_has_a_row() -> None:
    modules = {path.stem for path in (ROOT / "seqtext").glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in (ROOT / "seqtext").glob("*/__init__.py")}
    assert modules | packages <= set(ROW)


def test_imports_are_found() -> None:
    assert len(IMPORTS) > 100
    assert {one.at for one in IMPORTS} == {"module", "function", "types"}
    assert {one.row for one in IMPORTS} >= {"__init__", "__main__", "cli", "config", "folder", "training"}


def test_imports_point_up() -> None:
    assert faults(IMPORTS) == []


@pytest.mark.parametrize(
    ("module", "text", "fault"),
    [
        ("seqtext.text", "from seqtext.folder import load", "not in a row above"),
        ("seqtext.text", "def f():\n    import seqtext.fill", "not in a row above"),
        ("seqtext.text", "class A:\n    def f(self):\n        from seqtext import metrics", "not in a row above"),
        ("seqtext.lines", "from seqtext.corpus import read_texts", "not in a row above"),
        ("seqtext.folder", "from .fill import BlankFiller", "not in a row above"),
        ("seqtext.folder", "from . import fill", "not in a row above"),
        ("seqtext.training.loop", "from seqtext.cli import output", "not in a row above"),
        ("seqtext.fill", "def f():\n    import torch.nn", "only seqtext/training does"),
        (
            "seqtext.fill",
            "try:\n    from accelerate import PartialState\nexcept ImportError:\n    pass",
            "only seqtext",
        ),
        ("seqtext.cli.train", "from seqtext.training import train", "inside a function"),
        ("seqtext.cli.train", "def f():\n    import torch", "only seqtext/training does"),
        ("seqtext.corpus", "import datasets", "which is slow"),
        ("seqtext.drawing", "from matplotlib.figure import Figure", "which is slow"),
        ("seqtext.drawing", "from seqtext.plotting import gradient_text", "not in a row above"),
        ("seqtext", "from seqtext.folder import load", "resolves its names on first use"),
    ],
)
def test_what_points_down_is_found(module, text, fault) -> None:
    (found,) = faults(imports_of(text, "a.py", module))
    assert fault in found


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("seqtext.text", "from seqtext.config import TokenizerConfig\nfrom seqtext import __version__"),
        ("seqtext.corpus", "from seqtext.lines import read_lines\ndef f():\n    import datasets"),
        ("seqtext.training.loop", "import torch\nfrom seqtext.training.events import Step\nfrom . import batches"),
        ("seqtext.cli.train", "from . import output\ndef f():\n    from seqtext.training import train"),
        (
            "seqtext.cli.a",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from seqtext.training import train",
        ),
    ],
)
def test_what_points_up_is_accepted(module, text) -> None:
    assert faults(imports_of(text, "a.py", module)) == []


def test_every_package_is_installed() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 cannot read TOML by itself")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "seqtext").rglob("__init__.py")}
    assert {*(".".join(folder.parts) for folder in folders), "seqtext.cli"} == set(settings["packages"])
    assert settings["package-dir"] == {"seqtext.cli": "cli"}
