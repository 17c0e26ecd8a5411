"""pyproject.toml names every file of data that an installed seqtext needs, and says who, what and for which Python."""

import ast
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
#: Files of the folders that only those who work on seqtext read.
NOT_INSTALLED = {"seqtext/README.md"}


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return found


def test_every_file_that_is_no_module_is_packed(pyproject: dict[str, Any]) -> None:
    files = {path for folder in ("seqtext", "cli") for path in (ROOT / folder).rglob("*") if path.is_file()}
    data = {path.relative_to(ROOT).as_posix() for path in files if path.suffix not in (".py", ".pyc")}
    patterns = pyproject["tool"]["setuptools"]["package-data"]["seqtext"]
    packed = {path.relative_to(ROOT).as_posix() for line in patterns for path in (ROOT / "seqtext").glob(line)}
    assert data - packed == NOT_INSTALLED
    assert "seqtext/py.typed" in packed


def test_the_metadata_is_whole(pyproject: dict[str, Any]) -> None:
    project = pyproject["project"]
    assert project["authors"] == [{"name": "The seqtext developers"}]
    versions = [line.rpartition(" ")[2] for line in project["classifiers"] if ":: Python :: 3." in line]
    assert versions == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={versions[0]}"  # no upper bound: nothing is known that would fail
    assert "torch>=2.6" in project["optional-dependencies"]["train"]
    assert (ROOT / project["readme"]).is_file()


@pytest.mark.parametrize("folder", ["seqtext", "cli"])
def test_no_named_tuple_is_generic(folder: str) -> None:
    """Python 3.10 refuses such a class when its module is imported."""
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).partition("[")[0] for base in node.bases}
                assert not {"NamedTuple", "Generic"} <= bases, f"{path}:{node.lineno}: {node.name}"
