"""Runs a case: makes its files, asks what there is to ask, and raises where an invariant is broken.

Each function takes a case and an empty folder, and says in a word how it ended: "answered", "refused" (by a
SeqtextError that is as it should be) or, of a run, "went on".
"""

import gzip
import io
import json
import lzma
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import seeds
from answers import Broken, ask_twice, check_error, check_text, hold
from cases import Case, document, text_of
from edits import Files, edit_files, encoded, write_files

from seqtext.data.corpus import parse_columns, read_labelled, read_rows, read_texts
from seqtext.data.lines import LINE_LIMIT, Report
from seqtext.data.questions import Question, read_questions
from seqtext.errors import SeqtextError
from seqtext.storage.catalog import load
from seqtext.storage.model_folder import describe

_EXAMPLES = 400  # that are read of a corpus, at most
_EVENTS = 60  # that are followed of a training, at most


def snapshot(folder: Path) -> dict[str, Any]:
    """What stands in a folder, to see whether it was changed: bytes of small files, sizes of others."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            size = path.stat().st_size
            found[name] = path.read_bytes() if size < 1 << 24 else size
        else:
            found[name] = None
    return found


# Model folders


def folder(case: Case, place: Path) -> str:
    """Read a damaged model folder and ask the model."""
    files = seeds.folder_files(case["seed"], case["precision"])
    for edit in case["edits"]:
        files = edit_files(files, edit, seeds.folder_files)
    write_files(place, files, case["edits"])
    before = snapshot(place)
    outcome = "refused"
    try:
        describe(place)
    except SeqtextError as error:
        check_error(error)
    try:
        model = load(place)
    except SeqtextError as error:
        check_error(error)
    else:
        found = ask_twice(model, case["method"], case["text"], {})
        outcome = "refused" if isinstance(found, str) and "Error: " in found else "answered"
        try:
            json.dumps(model.contents.history)
        except SeqtextError as error:
            check_error(error)
    hold(snapshot(place) == before, "reading has changed the folder")
    return outcome


# Texts


@cache
def _model(seed: str) -> Any:
    from seqtext.tasks import TASKS, resolve

    contents = seeds.model_contents(seed)
    return resolve(TASKS[contents.config["task"]].model).from_folder(contents)


def text(case: Case, place: Path) -> str:
    """Ask a sound model."""
    found = ask_twice(_model(case["seed"]), case["method"], text_of(case["text"]), case["options"])
    return "refused" if isinstance(found, str) and "Error: " in found else "answered"


# Corpora


def _plain(content: Case, long: int) -> str:
    """The text of a file of lines."""
    if "objects" in content:
        from edits import write_json

        return "".join(write_json(one) + "\n" for one in content["objects"])
    rows = [[text_of(cell) for cell in row] for row in content["rows"]]
    if content["header"]:
        rows.insert(0, list(content["header"]))
    if long:
        rows.append(["goose " * ((1 << long) // 6)])
    if content["quote"]:
        rows = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    text = content["end"].join(content["between"].join(row) for row in rows)
    return text + content["end"] * content["last"]


def _parquet(content: Case) -> bytes:
    """A Parquet file of some objects; of those that it cannot hold, their text."""
    import pyarrow
    from pyarrow import parquet

    if "objects" not in content:
        return encoded(_plain(content, 0))
    names = sorted({name for one in content["objects"] for name in one})
    columns: dict[str, Any] = {}
    for name in names:
        values = [one.get(name) for one in content["objects"]]
        try:
            columns[name] = pyarrow.array(values)
        except (pyarrow.ArrowException, TypeError, ValueError, OverflowError, UnicodeError):
            columns[name] = pyarrow.array([repr(value)[:99].encode("ascii", "replace").decode() for value in values])
    sink = io.BytesIO()
    try:
        parquet.write_table(pyarrow.table(columns), sink)
    except (pyarrow.ArrowException, UnicodeError):
        return b"PAR1"
    return sink.getvalue()


def _packed(data: bytes, name: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(data, 1, mtime=0)
    if name.endswith(".xz"):
        return lzma.compress(data, preset=0)
    if name.endswith(".zst"):
        import zstandard

        return zstandard.ZstdCompressor(level=1).compress(data)
    return data


def corpus_bytes(case: Case) -> bytes:
    """The bytes of a corpus: written, encoded, packed, with damage before packing or after it."""
    if case["name"].startswith("corpus.parquet"):
        data = _parquet(case["content"])
    else:
        plain = _plain(case["content"], case["long"])
        encoding = case["encoding"]
        data = encoded(plain) if encoding == "utf-8" else plain.encode(encoding, "replace")
    for stage in (False, True):
        if stage:
            data = _packed(data, case["name"])
        if case["packed"] == stage:
            for edit in case["edits"]:
                data = edit_files({"corpus": data}, edit)["corpus"]
    return data


def _examples(case: Case, path: Path, report: Report) -> Iterator[Any]:
    options: dict[str, Any] = {"encoding_errors": case["errors"], "report": report}
    if case["read"] == "questions":
        return read_questions(path, **options)
    options["columns"] = parse_columns(case["columns"])
    if case["read"] in ("texts", "blank lines"):
        return read_texts(path, blank_lines=case["read"] == "blank lines", **options)
    if case["read"] == "pairs":
        return read_rows(path, ("source", "target"), **options)
    return read_labelled(path, several=case["read"] == "several", **options)


def _read(case: Case, path: Path) -> tuple[list[Any], str, Report]:
    """The first examples of a corpus, and the error at their end."""
    report, found = Report(), []
    try:
        for example in islice(_examples(case, path, report), _EXAMPLES):
            found.append(example)
    except SeqtextError as error:
        check_error(error)
        return found, f"{type(error).__name__}: {error}", report
    return found, "", report


def _check_example(example: Any) -> None:
    if isinstance(example, Question):
        parts: Any = (example.text, *example.options)
        hold(0 <= example.answer < len(example.options), "an answer that is no option", example)
    else:
        parts = example.values() if isinstance(example, dict) else (example,) if isinstance(example, str) else example
    for part in parts:
        check_text(part)


def _expected(case: Case, data: bytes) -> list[str] | None:
    """The lines of a sound text file, as anybody would read them; None for another kind of file."""
    if case["name"] not in ("corpus.txt", "corpus.log", "corpus") or case["read"] != "texts" or case["columns"]:
        return None
    if case["edits"] or case["encoding"] != "utf-8" or len(data) > LINE_LIMIT or b"\0" in data:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    lines = (text if "\n" in text else text.replace("\r", "\n")).split("\n")  # carriage returns alone are ends
    lines = [line.rstrip("\r").lstrip("\ufeff") for line in lines]  # of files that were joined
    return [line for line in lines if line.strip()]


def corpus(case: Case, place: Path) -> str:
    """Read a file of a corpus, twice."""
    data = corpus_bytes(case)
    path = place / case["name"]
    path.write_bytes(data)
    found, error, report = _read(case, path)
    for example in found:
        _check_example(example)
    hold(bool(found) or error != "", "neither an example nor an error")
    hold(report.examples == len(found), "the report counts otherwise", report.examples, len(found))
    hold(path.read_bytes() == data, "reading has changed the corpus")
    expected = _expected(case, data)
    if expected and not error:
        hold(found == expected[:_EXAMPLES], "other lines than the file has", found[:9], expected[:9])
    if len(data) < 1 << 20 or error:
        hold(_read(case, path)[:2] == (found, error), "read twice, it differs")
    return "refused" if error else "answered"


# States of a run


def state_documents(runs: Path) -> dict[str, dict[str, Any]]:
    """Of each task, the files of its run, and what the JSON of each holds."""
    found: dict[str, dict[str, Any]] = {}
    for task in sorted(seeds.TASK_NAMES):
        run = seeds.run_of(task, runs)
        found[task] = {}
        for path in sorted(run.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(run))
                try:
                    found[task][name] = document(name, path.read_bytes())[0]
                except ValueError:
                    found[task][name] = None
    return found


@cache
def _run_files(runs: Path, task: str) -> Files:
    run = seeds.run_of(task, runs)
    return {str(path.relative_to(run)): path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}


def state(case: Case, place: Path) -> str:
    """Go on with a run of which some files are damaged."""
    import torch

    from seqtext.training.events import Finished
    from seqtext.training.train import train

    files = _run_files(Path(os.environ["SEQTEXT_FUZZ_RUNS"]), case["task"])
    for edit in case["edits"]:
        files = edit_files(files, edit)
    run = place / "run"
    run.mkdir()
    write_files(run, files, case["edits"])
    before = {name for name, value in snapshot(run).items() if value is not None}
    settings = run / "settings.json"
    asked = settings.read_bytes() if settings.is_file() and settings.stat().st_size < 1 << 24 else None
    outcome = "refused"
    events = train(case["task"], None, run, resume=True)
    try:
        for event in islice(events, _EVENTS):
            if isinstance(event, Finished):
                outcome = "went on"
    except SeqtextError as error:
        check_error(error)
        after = set(snapshot(run))
        hold(before <= after, "an error has deleted files", sorted(before - after))
        hold(asked is None or settings.read_bytes() == asked, "an error has changed settings.json")
    finally:
        events.close()
        torch.set_flush_denormal(False)
    if outcome == "went on" and not any(
        "/" not in edit["on"] and edit["on"] != "settings.json" for edit in case["edits"]
    ):
        _check_run(run)
    return outcome


def _check_run(run: Path) -> None:
    """Hold what a run that went on has left to a model that answers."""
    try:
        load(run)
    except SeqtextError as error:
        raise Broken(f"a run went on and left a model that cannot be loaded: {error}") from error


TARGETS: dict[str, Callable[[Case, Path], str]] = {"folder": folder, "text": text, "corpus": corpus, "state": state}


def run_case(case: Case, place: Path) -> str:
    """Run a case in a folder that is empty before and after."""
    if case["target"] == "text":
        return text(case, place)
    place.mkdir(parents=True, exist_ok=True)
    try:
        return TARGETS[case["target"]](case, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
