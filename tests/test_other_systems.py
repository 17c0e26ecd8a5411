"""macOS and Windows: what they lack is not asked for, their consoles and their rules for open files are heeded."""

import ast
import ctypes
import io
import itertools
import mmap
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sacrebleu  # noqa: F401  loads, as others do, what of Unix its own system has

import seqtext
from lacking import lacks, needed_but_lacking
from pretended_windows import GONE_FROM_OS, GONE_FROM_SIGNAL, GONE_MODULES, pretended_windows
from seqtext.config import TrainingConfig
from seqtext.networks.threads import count_cores
from seqtext.storage import atomic
from seqtext.storage.atomic import replace_file
from seqtext.tasks import TASKS

ROOT = Path(__file__).parents[1]
SOURCES = {
    path: path.read_text(encoding="utf-8") for folder in ("seqtext", "cli") for path in (ROOT / folder).rglob("*.py")
}
CONSTANTS = ("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC")

on_linux = pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="Linux alone tells which files are open")


def unguarded(text: str) -> list[str]:
    """What of Unix alone a module asks for outside of a test or a `try` that names it."""
    modules = {*GONE_MODULES} - {"readline"}  # only readline itself calls what asks for it
    gone = {("os", name) for name in (*GONE_FROM_OS, *CONSTANTS)} | {("signal", name) for name in GONE_FROM_SIGNAL}
    found: list[str] = []
    if not any(name in text for name in (*(name for _, name in gone), *modules)):  # of most: nothing to be read slowly
        return found

    def visit(node: ast.AST, guards: str) -> None:
        if isinstance(node, ast.If | ast.IfExp):
            guards += ast.unparse(node.test)
        if isinstance(node, ast.Try):
            guards += "".join(ast.unparse(one.type) for one in node.handlers if one.type)
        if isinstance(node, ast.With):
            guards += "".join(ast.unparse(item.context_expr) for item in node.items)
        guarded = "AttributeError" in guards or f"'{getattr(node, 'attr', '')}'" in guards
        if isinstance(node, ast.Attribute) and not guarded and (ast.unparse(node.value), node.attr) in gone:
            found.append(ast.unparse(node))
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        found.extend(name for name in names if name in modules and "ImportError" not in guards)
        for child in ast.iter_child_nodes(node):
            visit(child, guards)

    visit(ast.parse(text), "")
    return found


def test_what_is_unguarded_is_found() -> None:
    assert unguarded("import os\nos.fork()") == ["os.fork"]
    assert unguarded("import os\nx = os.fork() if hasattr(os, 'fork') else 0") == []
    assert unguarded("import os\nif hasattr(os, 'fork'):\n    os.fork()\n    os.nice(1)") == ["os.nice"]
    assert unguarded("def f():\n    import fcntl") == ["fcntl"]
    assert unguarded("try:\n    import fcntl\nexcept ImportError:\n    pass") == []


def test_what_only_unix_has_is_guarded() -> None:
    found = {path.relative_to(ROOT).as_posix(): unguarded(text) for path, text in SOURCES.items()}
    assert {path: names for path, names in found.items() if names} == {}


def carelessly_written(text: str) -> list[int]:
    """The lines that read or write text without its encoding, or write it without its line ends."""
    found = []
    for node in ast.walk(ast.parse(text)):
        name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
        if not isinstance(node, ast.Call) or name not in ("open", "read_text", "write_text"):
            continue
        given = {one.arg for one in node.keywords}
        builtin = name == "open" and isinstance(node.func, ast.Name)
        first = node.args[builtin : builtin + 1]  # the mode, where there is one: behind the path, or behind nothing
        said = first[0].value if first and isinstance(first[0], ast.Constant) and name == "open" else "r"
        mode = "w" if name == "write_text" else said if set(str(said)) <= set("rwxabt+") else "r"
        if "b" in mode or (name == "open" and not builtin and not {"encoding", *"wxa"} & {*given, *mode}):
            continue  # of bytes; or the `open` of an archive, a model, the system
        if "encoding" not in given or (set(mode) & set("wxa") and "newline" not in given):
            found.append(node.lineno)
    return found


def test_text_written_carelessly_is_found() -> None:
    lines = [
        'open("a")',
        'open("a", "w", encoding="utf-8")',
        'path.open("x")',
        "path.read_text()",
        'path.write_text("a")',
    ]
    assert carelessly_written("\n".join(lines)) == [1, 2, 3, 4, 5]
    good = [
        'open("a", "rb")',
        'open("a", encoding="utf-8")',
        'archive.open("a.xml")',
        'path.read_text(encoding="utf-8")',
    ]
    assert carelessly_written("\n".join(good)) == []


#: Functions of ours that have such a name.
OURS = {"seqtext/training/state_files.py", "seqtext/training/lock.py", "seqtext/training/checkpoint.py"}
OURS |= {"seqtext/training/run.py", "seqtext/models/blank_filler.py", "seqtext/tour/walk.py"}


def test_encodings_and_line_ends_are_said() -> None:
    names = {path: path.relative_to(ROOT).as_posix() for path in SOURCES}
    texts = {
        names[path]: text.replace("read_text(", "ours(" if names[path] in OURS else "read_text(")
        for path, text in SOURCES.items()
    }
    found = {name: carelessly_written(text) for name, text in texts.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_tests_of_what_a_system_lacks_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "mkfifo", raising=False)
    assert "os.mkfifo" in lacks()
    assert {"os.kill(", "symlink_to("} <= set(lacks("win32"))
    assert needed_but_lacking("    os.mkfifo(path)", lacks()) == "os.mkfifo"
    assert needed_but_lacking("    assert True", lacks("win32")) == ""


def test_cores_are_counted_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert count_cores() == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert count_cores() == 1


@pytest.mark.parametrize("fault", [TypeError, OSError, AttributeError])
def test_a_device_is_chosen_without_glibc(monkeypatch: pytest.MonkeyPatch, fault: type[Exception]) -> None:
    from seqtext.training.device import choose_device

    def refuse(_: object) -> None:
        raise fault

    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert choose_device(TrainingConfig(device="cpu", precision="fp32"), 2).threads == 3


def in_use(times: int, winerror: int | None) -> Any:
    """A stand-in for os.replace that fails some times, as Windows does while a file is open."""
    turns = itertools.count()

    def step(source: Path, target: Path) -> None:
        if next(turns) < times:
            error = PermissionError(13, "Permission denied")
            error.winerror = winerror
            raise error
        Path(source).rename(target)

    return step


def test_a_file_that_another_process_reads_is_replaced_once_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for winerror in (5, 32):
        (tmp_path / "new").write_bytes(b"new")
        monkeypatch.setattr(os, "replace", in_use(3, winerror))
        replace_file(tmp_path / "new", tmp_path / "old")
        assert (tmp_path / "old").read_bytes() == b"new"
    monkeypatch.setattr(os, "replace", in_use(1, None))  # a fault of rights is told at once
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "new", tmp_path / "old")
    monkeypatch.setattr(atomic, "_READING", 0.0)
    monkeypatch.setattr(os, "replace", in_use(10**6, 32))
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "new", tmp_path / "old")


def test_training_and_commands_heed_signals_without_sighup(monkeypatch: pytest.MonkeyPatch) -> None:
    from seqtext.cli import process
    from seqtext.training.loop import Interruption

    monkeypatch.delattr(signal, "SIGHUP", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGTERM)
    assert interruption.requested == signal.SIGTERM
    with process.terminable(lambda: "Stopped."), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_console_of_windows_gets_utf8_and_no_carriage_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    from seqtext.cli.commands import run

    printed, told = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, "cp1252", newline="\r\n"))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(told, "cp1252", newline="\r\n"))
    assert run(["fill", "─ é 😀 The quick brown ___ jumped.", "--json"]) == 0
    assert run(["fill", "─ é 😀"]) == 1
    assert '{"text": "─ é 😀 The quick'.encode() in printed.getvalue()
    assert b"Error: " in told.getvalue()
    assert b"\r" not in printed.getvalue() + told.getvalue()


@pytest.mark.parametrize("encoding", ["cp1252:strict", "ascii:strict", "cp850"])
def test_signs_that_a_console_has_not_are_no_fault(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "seqtext", "classify", "Où est 😀 le café ─ là ?", "--top", "1"],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"French" in done.stdout


@on_linux
def test_the_pretended_windows_refuses_what_windows_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"data")
    with pretended_windows():
        with path.open("rb") as file:
            with pytest.raises(PermissionError, match="is being used"):
                path.unlink()
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fsync(file.fileno())
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        with pytest.raises(PermissionError, match="is being used"):
            os.replace(tmp_path, tmp_path.with_name("moved"))
        mapped.close()
        with pytest.raises(PermissionError):
            os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(TypeError):
            ctypes.CDLL(None)
        assert not hasattr(os, "sched_getaffinity")
        path.unlink()
    assert hasattr(os, "fork")


@pytest.fixture
def corpora(tmp_path: Path) -> dict[str, Path]:
    """A small corpus for each task."""
    lines = {
        "text": "The cat {0} sat on mat {0}.",
        "pairs": "a cat {0}\teine Katze {0}",
        "labels": "{1}\ta {1} film {0}",
    }
    made = {name: tmp_path / f"{name}.tsv" for name in lines} | {"text": tmp_path / "text.txt"}
    for name, line in lines.items():
        rows = (line.format(number, ("fine", "sad")[number % 2]) for number in range(200))
        made[name].write_text("\n".join(rows), encoding="utf-8")
    kinds = {"translate": "pairs", "summarize": "pairs", "classify": "labels"}
    return {task: made[kinds.get(task, "text")] for task in TASKS}


def learnt_and_saved(task: str, corpus: Path, run: Path) -> Iterator[None]:
    """Train, go on, save over a save, and measure."""
    yield from (None for _ in seqtext.train(task, corpus, run, preset="tiny", steps=2, threads=1))
    yield from (None for _ in seqtext.train(task, None, run, resume=True, steps=1))
    model = seqtext.load(run, task)
    for _ in range(2):
        model.save(run / "again")


@on_linux
@pytest.mark.learning
@pytest.mark.parametrize("task", TASKS)
def test_a_model_is_trained_and_saved_on_a_pretended_windows(
    task: str, corpora: dict[str, Path], tmp_path: Path
) -> None:
    with pretended_windows():
        assert sum(1 for _ in learnt_and_saved(task, corpora[task], tmp_path / "run")) > 3


@on_linux
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_is_answered_on_a_pretended_windows(kind: str, tmp_path: Path) -> None:
    table = tmp_path / f"mails.{kind}"
    if kind == "csv":
        table.write_text("text\nWo ist er?\n", encoding="utf-8")
    else:
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.table({"text": ["Wo ist er?"]}), table)
    model = seqtext.load("language-id")
    with pretended_windows():
        report = seqtext.answer_table(table, model.classify, tmp_path / f"out.{kind}", top=1)
    assert report.rows == 1
    assert (tmp_path / f"out.{kind}").stat().st_size > 0
