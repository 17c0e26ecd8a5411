"""Imports point upwards in the table of rows, without a circle; what is slow is loaded where it is needed."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

#: A package uses only rows above its own; inside a package anything without a circle.
ROWS = [
    {"shell"},
    {"errors"},
    {"fields", "characters", "normalization", "masks", "patterns", "extras"},
    {"config", "tokenizer_file", "avoided_words"},
    {"vocabulary", "spelling", "blanks"},
    {"tasks", "tokenizer", "data"},
    {"networks", "decoding", "storage"},
    {"models"},
    {"plots"},
    {"evaluation"},
    {"training"},
    {"integrations", "server", "tour"},
    {"cli"},  # and __main__, which starts it
]
ROW = {name: number for number, names in enumerate(ROWS) for name in names}
#: Imports that do not point up and are still to be mended, as "FILE imports MODULE". It stays empty.
TO_MEND: frozenset[str] = frozenset()
#: The only modules that may import by a name that is made of text: elsewhere a string would be a way round the rows.
RESOLVERS = {"seqtext", "seqtext.tasks", "seqtext.cli.commands"}

LEARNING = {"torch"}
SLOW = {
    "datasets",
    "huggingface_hub",
    "lxml",
    "matplotlib",
    "openpyxl",
    "pandas",
    "polib",
    "pyarrow",
    "sacrebleu",
    "scipy",
    "transformers",
    "zstandard",
}


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
    found = [f"{start}.{alias.name}" for alias in node.names]
    if start == "seqtext" or node.module is None:  # from seqtext import config; from . import options
        return found
    return list(dict.fromkeys(name if name in MODULES else start for name in found))  # a module, or a name of one


def imports_of(text: str, file: str, module: str) -> list[Import]:
    row = module.replace("__main__", "cli").split(".")[1] if "." in module else "__init__"
    return [
        Import(file, row, node.lineno, target, at)
        for node, at in visit(ast.parse(text), "module")
        for target in targets(node, module, file.endswith("__init__.py"))
    ]


def all_modules() -> dict[str, Path]:
    """The files of all modules, by name."""
    found = {}
    for folder, package in (("seqtext", "seqtext"), ("cli", "seqtext.cli")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [part for part in path.relative_to(ROOT / folder).with_suffix("").parts if part != "__init__"]
            found[".".join([package, *parts])] = path
    return found


MODULES = all_modules()


def all_imports() -> dict[str, list[Import]]:
    """What each module imports."""
    return {
        module: imports_of(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix(), module)
        for module, path in MODULES.items()
    }


IMPORTS_OF = all_imports()
IMPORTS = [one for imports in IMPORTS_OF.values() for one in imports]


def is_package(module: str) -> bool:
    return MODULES[module].name == "__init__.py"


def room(module: str) -> str:
    """The package of a module; a module beside packages is a room of its own."""
    parent = module.rpartition(".")[0]
    alone = any(is_package(other) and other.startswith(f"{parent}.") for other in MODULES)
    return module if is_package(module) or alone else parent


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The groups of names that can reach each other."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            waiting += (new := edges.get(waiting.pop(), set()) - seen)
            seen |= new
        return seen

    reach = {name: reached(name) for name in edges}
    groups = {tuple(sorted({*(b for b in reach[a] if a in reach.get(b, ())), a})) for a in edges if a in reach[a]}
    return [list(group) for group in sorted(groups)]


def points_up(one: Import) -> bool:
    """Whether an import inside seqtext goes to a row above, or stays in its own package."""
    source, target = one.row, one.target_row
    if target not in ROW:  # another project, or a name of seqtext itself such as __version__
        return True
    return source == target or ROW[target] < ROW.get(source, 0)


def loads_torch(one: Import) -> bool:
    return one.package in LEARNING or one.target_row == "training"


def faults(imports: list[Import]) -> list[str]:
    found = []
    for one in imports:
        if one.row == "__init__":
            if one.at != "types" and one.target_row is not None:
                found.append(f"{one}; seqtext/__init__.py resolves its names on first use")
            continue
        if not points_up(one) and f"{one.file} imports {one.target}" not in TO_MEND:
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
    assert modules | packages <= {*ROW, "__main__"}


def test_imports_are_found() -> None:
    assert len(IMPORTS) > 100
    assert {one.at for one in IMPORTS} == {"module", "function", "types"}
    assert {one.row for one in IMPORTS} >= {"__init__", "cli", "config", "storage", "training"}


def test_imports_point_up() -> None:
    assert len(ROWS) == 13
    assert faults(IMPORTS) == []
    assert not TO_MEND


def edges_between(name: Callable[[str], str]) -> dict[str, set[str]]:
    """Who imports whom, modules named by a function of their names; without what only type checkers read."""
    edges: dict[str, set[str]] = {}
    for module, imports in IMPORTS_OF.items():
        wanted = {name(one.target) for one in imports if one.target in MODULES and one.at != "types"}
        edges.setdefault(name(module), set()).update(wanted - {name(module)})
    return edges


def test_no_circle() -> None:
    assert circles(edges_between(lambda module: module)) == []
    assert circles(edges_between(room)) == []


def test_circles_are_found() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}, "e": {"e"}}
    assert circles(edges) == [["b", "c"], ["e"]]
    rooms = [
        room(module) for module in ("seqtext.storage.hub", "seqtext.storage", "seqtext.training.loop", "seqtext.config")
    ]
    assert rooms == ["seqtext.storage", "seqtext.storage", "seqtext.training.loop", "seqtext.config"]


def test_names_made_of_text_are_imported_in_few_places() -> None:
    users = {module for module, path in MODULES.items() if re.search(r"import_module|__import__", path.read_text())}
    assert users == RESOLVERS


@pytest.mark.parametrize(
    ("module", "text", "fault"),
    [
        ("seqtext.tokenizer", "from seqtext.storage.catalog import load", "not in a row above"),
        ("seqtext.tokenizer", "def f():\n    import seqtext.models.blank_filler", "not in a row above"),
        (
            "seqtext.tokenizer",
            "class A:\n    def f(self):\n        from seqtext import models",
            "not in a row above",
        ),
        ("seqtext.decoding.beam", "from seqtext.networks.cells import Array", "not in a row above"),
        ("seqtext.storage.catalog", "from ..models.blank_filler import BlankFiller", "not in a row above"),
        ("seqtext.fields", "from . import models", "not in a row above"),
        ("seqtext.training.loop", "from seqtext.cli import output", "not in a row above"),
        ("seqtext.models.base", "def f():\n    import torch.nn", "only seqtext/training does"),
        (
            "seqtext.models.base",
            "try:\n    from torch import nn\nexcept ImportError:\n    pass",
            "only seqtext",
        ),
        ("seqtext.cli.train", "from seqtext.training.train import train", "inside a function"),
        ("seqtext.cli.train", "def f():\n    import torch", "only seqtext/training does"),
        ("seqtext.data.corpus", "import datasets", "which is slow"),
        ("seqtext.plots.figures", "from matplotlib.figure import Figure", "which is slow"),
        ("seqtext.plots.figures", "from seqtext.evaluation.league import League", "not in a row above"),
        ("seqtext", "from seqtext.storage.catalog import load", "resolves its names on first use"),
    ],
)
def test_what_points_down_is_found(module, text, fault) -> None:
    (found,) = faults(imports_of(text, "a.py", module))
    assert fault in found


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("seqtext.tokenizer", "from seqtext.config import TokenizerConfig\nfrom seqtext import __version__"),
        ("seqtext.data.corpus", "from seqtext.data.lines import read_lines\ndef f():\n    import datasets"),
        ("seqtext.training.loop", "import torch\nfrom seqtext.training.events import Step\nfrom . import batches"),
        ("seqtext.cli.train", "from . import output\ndef f():\n    from seqtext.training.train import train"),
        (
            "seqtext.cli.a",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from seqtext.training.train import train",
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
