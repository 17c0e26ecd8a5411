"""The map, seqtext/README.md, names what is there and leaves no module out; links between documents lead somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAP = (ROOT / "seqtext" / "README.md").read_text(encoding="utf-8")
TREE = MAP.split("```tree\n")[1].split("```")[0]
#: `folder/`, `folder/file.py` or `folder/file.py:name`, in backticks.
PATHS = re.findall(r"`((?:[\w.-]+/)*(?:[\w.-]+/|[\w-]+\.(?:py|md)))(?::([\w.]+))?`", MAP)
DOCUMENTS = [
    path
    for pattern in ("*.md", "seqtext/README.md", "tests/**/*.md", "corpora/README.md")
    for path in sorted(ROOT.glob(pattern))
    if path.parent.name != "marked"  # samples, whose links lead nowhere
]
QUESTIONS = 20


def resolved(path: str) -> Path:
    """A path of the map in the working tree: cli and tests lie beside the folder of the map."""
    return ROOT / path if path.split("/")[0] in ("cli", "tests", "corpora") else ROOT / "seqtext" / path


def tree_paths(tree: str) -> Iterator[str]:
    """The files and folders of an indented tree, as paths; a line has one name and a text, or names only."""
    folders: list[str] = []
    for line in tree.splitlines():
        names = line.split()
        names = names if all(name.endswith(".py") for name in names) else names[:1]
        folders = folders[: (len(line) - len(line.lstrip())) // 2]
        yield from ("".join([*folders, name]) for name in names)
        folders.append(names[-1])


def defined(path: Path) -> set[str]:
    """The names that a module defines at its top, and those of its classes as Class.name; none of a missing file."""
    found: set[str] = set()

    def collect(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                collect(node.body, f"{node.name}.")
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            found.update(prefix + target.id for target in targets if isinstance(target, ast.Name))

    collect(ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else [], "")
    return found


def anchors(text: str) -> set[str]:
    """The anchors that headings make: "Generate, next, score" is #generate-next-score."""
    titles = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_trees_are_read() -> None:
    assert list(tree_paths("a/   one\n  b/ two\n    c.py d.py\n  e.py  three\nf.py\n")) == [
        "a/", "a/b/", "a/b/c.py", "a/b/d.py", "a/e.py", "f.py",
    ]  # fmt: skip


def test_every_path_of_the_map_exists() -> None:
    assert len(PATHS) > 80
    missing = [path for path, _ in PATHS if not resolved(path).exists()]
    missing += [path for path in tree_paths(TREE) if not resolved(path).exists()]
    assert sorted(set(missing)) == []


def test_every_name_of_the_map_is_defined_where_it_says() -> None:
    named = [(path, name) for path, name in PATHS if name]
    assert len(named) > 60
    assert [f"{path}:{name}" for path, name in named if name not in defined(resolved(path))] == []


def test_every_module_and_package_stands_in_the_tree() -> None:
    drawn = list(tree_paths(TREE))
    assert len(drawn) == len(set(drawn))
    modules = [path for folder in ("seqtext", "cli") for path in sorted((ROOT / folder).rglob("*.py"))]
    wanted = {path for path in modules if path.name != "__init__.py"}
    wanted |= {path.parent for path in modules if path.parent != ROOT / "seqtext"} | {ROOT / "seqtext" / "pretrained"}
    assert sorted(str(path.relative_to(ROOT)) for path in wanted - {resolved(path) for path in drawn}) == []


def test_twenty_questions_have_files() -> None:
    rows = MAP.split("## Where is …?\n")[1].split("\n\n## ")[0].strip().splitlines()[2:]
    assert len(rows) == QUESTIONS
    assert [row for row in rows if not re.search(r"`[\w/]+\.py:\w+`", row.split("|")[2])] == []


def test_rows_are_those_of_the_import_test() -> None:
    tests = (ROOT / "tests" / "seqtext" / "test_imports.py").read_text(encoding="utf-8")
    rows = tests.split("\nROWS = [\n")[1].split("\n]\n")[0].splitlines()
    enforced = [set(re.findall(r'"(\w+)"', row)) for row in rows]
    drawn = re.findall(r"^\| \d+ \| ([\w, ]+) \|", MAP, re.M)
    assert [set(row.split(", ")) for row in drawn] == enforced


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = document.parent / place if place else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []
