"""What a type checker knows of an installed seqtext: every name, and which class `load` gives."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
import typing
import venv
import zipfile
from pathlib import Path
from shutil import which
from typing import Any

import pytest

import seqtext
from seqtext.models import loading
from seqtext.storage.catalog import bundled
from seqtext.storage.model_folder import describe
from seqtext.tasks import TASKS

ROOT = Path(__file__).parents[1]
USER = ROOT / "tests" / "typed" / "user.py"


def names_for_type_checkers() -> dict[str, str]:
    """The names that seqtext/__init__.py imports for type checkers, and the modules that it takes them from."""
    tree = ast.parse((ROOT / "seqtext" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom) and node.module != "typing"]
    assert all(alias.asname == alias.name for node in imports for alias in node.names)  # else it is no public name
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_type_checkers_and_python_know_the_same_names() -> None:
    assert names_for_type_checkers() == seqtext._HOMES
    assert set(seqtext.__all__) == {*seqtext._HOMES, "__version__"}
    assert len(seqtext.__all__) == len(set(seqtext.__all__))


@pytest.mark.parametrize("name", sorted(seqtext._HOMES))
def test_names_stand_where_type_checkers_look(name: str) -> None:
    assert getattr(seqtext, name) is getattr(importlib.import_module(seqtext._HOMES[name]), name)


def test_a_star_gives_all_names() -> None:
    found: dict[str, Any] = {}
    exec("from seqtext import *", found)
    assert set(seqtext.__all__) <= set(found)


def test_help_names_what_there_is() -> None:
    named = set(re.findall(r"seqtext\.(\w+)", str(seqtext.__doc__)))
    assert {"load", "train", "evaluate", "compare", "check", "answer_table", "SeqtextError"} <= named
    assert [name for name in named - {"config"} if not hasattr(seqtext, name)] == []
    assert {class_of(task) for task in TASKS} <= set(re.findall(r"\w+", str(seqtext.load.__doc__)))


def overloads() -> list[dict[str, str]]:
    """The annotations of the overloads of `load`, as typed."""
    tree = ast.parse(Path(loading.__file__).read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    return [
        {one.arg: ast.unparse(one.annotation or one) for one in node.args.args}
        | {"returns": ast.literal_eval(node.returns) if isinstance(node.returns, ast.Constant) else "Any"}
        for node in functions
    ]


def literals(annotation: str) -> list[str]:
    """The texts that an annotation names."""
    known = vars(loading).get(annotation) or eval(annotation, {**vars(typing), **vars(loading)})
    return [one for one in typing.get_args(known) if isinstance(one, str)]


def class_of(task: str) -> str:
    return TASKS[task].model.partition(":")[2]


def test_every_task_has_an_overload_with_its_class() -> None:
    found = {task: one["returns"] for one in overloads() for task in literals(one["task"]) if one["name"] == "_Name"}
    assert found == {task: class_of(task) for task in TASKS}


def test_every_bundled_name_has_an_overload_with_its_class() -> None:
    found = {name: one["returns"] for one in overloads() for name in literals(one["name"])}
    assert found == {name: class_of(describe(path)["task"]) for name, path in bundled().items()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The Python of an environment that has seqtext from its wheel, and a user's file in a folder without seqtext."""
    place = tmp_path_factory.mktemp("installed")
    source = place / "source"  # a copy: what building leaves behind would go into the next wheel, too
    for folder in ("seqtext", "cli"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", place, source]
    subprocess.run(build, check=True, timeout=300)
    venv.create(place / "venv", symlinks=True)
    (packages,) = (place / "venv").rglob("site-packages")
    with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
        wheel.extractall(packages)
    others = "".join(f"{path}\n" for path in sys.path if path.endswith("site-packages"))
    (packages / "others.pth").write_text(others, encoding="utf-8")
    user = place / "user.py"
    user.write_text(USER.read_text(encoding="utf-8") + "reveal_type(seqtext.load('fill-en', 'fill'))\n", "utf-8")
    (python,) = [path for path in (place / "venv").glob("*/python*") if path.stem == "python"]
    return python, user


def told(command: list[Any], folder: Path) -> tuple[int, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=280)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.learning  # the wheel alone takes ten seconds
def test_mypy_finds_no_fault_in_a_users_file(installed: tuple[Path, Path]) -> None:
    python, user = installed
    strict = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable", python]
    status, said = told([*strict, user], user.parent)
    assert (status, 'Revealed type is "seqtext.models.blank_filler.BlankFiller"' in said) == (0, True), said
    wrong = user.with_name("wrong.py")
    wrong.write_text("import seqtext\nseqtext.laod('fill-en')\nseqtext.load('fill-en').fil('a ___')\n", "utf-8")
    status, said = told([*strict, wrong], user.parent)
    found = [one in said for one in ('Module has no attribute "laod"', '"BlankFiller" has no attribute "fil"')]
    assert (status, found) == (1, [True, True]), said


@pytest.mark.learning
@pytest.mark.skipif(which("pyright") is None, reason="pyright fetches itself from the network at its first start")
def test_pyright_finds_no_fault_in_a_users_file(installed: tuple[Path, Path]) -> None:
    python, user = installed
    (user.parent / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    status, said = told(["pyright", "--pythonpath", python, user], user.parent)
    found = [one in said for one in ("0 errors, 0 warnings", 'is "BlankFiller"')]
    assert (status, found) == (0, [True, True]), said
