"""A run's files come back as they were written, also those of a later version; damaged ones are named."""

import dataclasses
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqtext.config import FillConfig, TokenizerConfig, TrainingConfig
from seqtext.errors import ConfigError, ModelError, TrainingError
from seqtext.training.prepared import Prepared
from seqtext.training.progress import Position, RunProgress
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import LINEAR, OUT_OF_FOLD, Run
from seqtext.training.train import train

REQUEST = Request("fill", ("a.txt", "hf:name"), ("v.txt",), {"text": "review"}, None, "replace", "skip", True)
CONFIG = RunConfig(TokenizerConfig(), FillConfig(hidden=8), TrainingConfig(steps=3))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run(tmp_path / "run")
    run.make()
    run.write_settings(REQUEST, CONFIG)
    return run


def prepare(run: Run, text: str) -> None:
    """Leave a tokenizer and a report in the data."""
    with run.preparing() as scratch:
        scratch.write_data("tokenizer.json", text)
        scratch.write_report(Prepared(3, {"blank": 1}, "none"))


def prepare_in_vain(run: Run) -> None:
    """Leave a tokenizer, and then fail."""
    with run.preparing() as scratch:
        scratch.write_data("tokenizer.json", "new")
        raise KeyError


def replaced_by_a_pipe(path: Path) -> None:
    """Put a pipe in the place of a file; whoever opens it waits for ever."""
    path.unlink()
    os.mkfifo(path)


def change(path: Path, *keys: str, **values: Any) -> None:
    """Put something that this version does not know into a JSON file, or other values, below some keys."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    place = facts
    for key in keys:
        place = place[key]
    place |= values or {"later": [1]}
    path.write_text(json.dumps(facts), encoding="utf-8")


def test_request_and_settings_come_back(run: Run) -> None:
    assert run.read_settings() == (REQUEST, CONFIG)


def test_a_later_version_may_have_written_more(run: Run) -> None:
    prepare(run, "{}")
    change(run.folder / "settings.json", "request")
    change(run.data / "report.json")
    assert run.read_settings()[0] == REQUEST
    assert run.read_report()[:3] == (3, {"blank": 1}, "none")


def test_an_earlier_version_said_nothing_of_files_at_fault_or_paragraphs(run: Run) -> None:
    path = run.folder / "settings.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    del facts["request"]["on_error"], facts["request"]["paragraphs"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert run.read_settings()[0] == dataclasses.replace(REQUEST, on_error="", paragraphs=False)


def test_paragraphs_are_joined_where_the_task_reads_prose(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("It rains\nall day.\n\nNo.\n", encoding="utf-8")
    whole, lines = ["It rains all day.", "No."], ["It rains", "all day.", "No."]
    for paragraphs, expected in ((True, whole), (False, lines)):
        request = Request("fill", (str(path),), paragraphs=paragraphs)
        assert list(request.texts(request.corpora)) == expected
    with pytest.raises(ConfigError, match="only fill and generate read texts whose lines are joined"):
        next(train("translate", "a.tsv", tmp_path / "run", paragraphs=True))


def test_an_earlier_version_left_no_digest(run: Run) -> None:
    prepare(run, "{}")
    report = json.loads((run.data / "report.json").read_text())
    del report["digest"], report["bytes"]
    (run.data / "report.json").write_text(json.dumps(report))
    (run.data / "tokenizer.json").write_text("[]")
    run.check_data()


def test_corpora_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Run("run").make()
    kept, _ = Run("run").begin(REQUEST, CONFIG)
    assert (kept.corpora, kept.valid) == ((str(tmp_path / "a.txt"), "hf:name"), (str(tmp_path / "v.txt"),))


def test_settings_count_when_what_came_through_a_pipe_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every write, what a kill leaves there is nothing to go on with, or all of it."""
    run, seen = Run(tmp_path / "run"), []
    run.make()
    replaced = os.replace

    def look(source: Path, target: Path) -> None:
        seen.append(run.is_begun())
        replaced(source, target)
        seen.append(run.is_begun())

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    monkeypatch.setattr(os, "replace", look)
    kept, copies = run.begin(Request("fill", ("-", "a.txt")), CONFIG)
    assert copies == [run.data.absolute() / "stdin.txt"]
    assert kept.corpora[0] == str(copies[0])
    assert seen == [False, False, False, True, True, True]  # hidden settings, the copy, settings
    assert run.read_settings() == (kept, CONFIG)


def test_data_are_complete_with_their_report(run: Run) -> None:
    assert not run.is_prepared()
    prepare(run, "{}")
    assert run.is_prepared()
    run.forget()
    with pytest.raises(TrainingError, match="holds no training to resume") as error:
        run.check_begun("classify")
    assert error.value.typed()[1].startswith("seqtext train classify ")


def test_a_preparation_that_fails_leaves_what_was_there(run: Run) -> None:
    prepare(run, "old")
    (run.data / "stdin.txt").write_text("the only copy")
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    with pytest.raises(KeyError):
        prepare_in_vain(run)
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    prepare(run, "new")
    assert run.read_tokenizer() == "new"
    assert (run.data / "stdin.txt").read_text() == "the only copy"


def test_new_data_leave_nothing_of_the_old(run: Run) -> None:
    prepare(run, "old")
    (run.data / "train").mkdir()
    (run.data / "train" / "ids.bin").write_bytes(b"12")
    prepare(run, "new")
    run.check_data()
    assert not (run.data / "train").exists()
    assert not (run.folder / "data.new").exists()


def test_a_disk_that_is_full_is_said(run: Run) -> None:
    with pytest.raises(ModelError, match="cannot be written: No space left"), run.preparing():
        raise OSError(28, "No space left on device", str(run.folder / "data.new" / "ids.bin"))


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda folder: (folder / "settings.json").write_text("{"), "settings.json is damaged: it is not JSON"),
        (lambda folder: (folder / "settings.json").write_text("[" * 100_000), "is damaged: it is not JSON"),
        (lambda folder: (folder / "settings.json").write_bytes(b"\xff"), "settings.json is damaged: it is not UTF-8"),
        (lambda folder: (folder / "settings.json").write_text("[]"), "an object is expected"),
        (lambda folder: os.truncate(folder / "settings.json", 1 << 33), "8,589,934,592 bytes; at most 268,435,456"),
        (lambda folder: replaced_by_a_pipe(folder / "settings.json"), "is not a regular file"),
        (lambda folder: (folder / "settings.json").write_text("{}"), "it holds None; an object is expected"),
        (lambda folder: change(folder / "settings.json", "request", task="fly"), "task is 'fly'; one of fill"),
        (lambda folder: change(folder / "settings.json", "request", task=["fill"]), "task is .'fill'.; one of fill"),
        (lambda folder: change(folder / "settings.json", "request", corpora="a.txt"), "a list of files is expected"),
        (lambda folder: change(folder / "settings.json", "request", corpora=[]), "a list of files is expected"),
        (lambda folder: change(folder / "settings.json", "request", valid=[1]), "a list of files, or null is expected"),
        (lambda folder: change(folder / "settings.json", "request", columns=["a"]), "columns is .'a'."),
        (lambda folder: change(folder / "settings.json", "request", start=3), "start is 3; a model"),
        (lambda folder: change(folder / "settings.json", "request", encoding_errors="x"), "strict or replace"),
        (lambda folder: change(folder / "settings.json", settings=[{}, {}]), "settings is"),
        (lambda folder: change(folder / "settings.json", settings=[{}, {}, {}]), "neither minutes nor"),
        (lambda folder: change(folder / "settings.json", settings=[{}, {"hidden": "x"}, {}]), "hidden received 'x'"),
        (lambda folder: change(folder / "settings.json", settings=[{}, {"hiden": 1}, {}]), "'hiden'"),
    ],
)  # fmt: skip
def test_damaged_settings_are_named(run: Run, damage: Callable[[Path], None], match: str) -> None:
    damage(run.folder)
    with pytest.raises(TrainingError, match=match):
        run.read_settings()


@pytest.mark.parametrize(
    "changes",
    [{"texts": -1}, {"texts": True}, {"skipped": [1]}, {"skipped": {"a": "b"}}, {"held_out": None}, {"longest": [1, 2]},
     {"longest": {"source": 3}}, {"digest": 4}],
)  # fmt: skip
def test_a_damaged_report_is_named_with_the_way_out(run: Run, changes: dict[str, Any]) -> None:
    prepare(run, "{}")
    change(run.data / "report.json", **changes)
    with pytest.raises(TrainingError, match=f"{next(iter(changes))} is") as error:
        run.read_report()
    assert error.value.hint.startswith(f"rm {run.data / 'report.json'}")


def test_data_that_are_not_those_prepared_are_refused(run: Run) -> None:
    prepare(run, "{}")
    run.check_data()
    (run.data / "tokenizer.json").write_text("[]")
    with pytest.raises(TrainingError, match="its files are not those that were prepared"):
        run.check_data()


def test_a_file_of_the_data_that_has_grown_without_bound_is_not_read(run: Run) -> None:
    prepare(run, "{}")
    os.truncate(run.data / "tokenizer.json", 1 << 40)
    with pytest.raises(TrainingError, match="its files are not those that were prepared"):
        run.check_data()


def test_options_that_resume_does_not_take_are_refused_before_anything_is_read(run: Run) -> None:
    (run.folder / "settings.json").write_text("{", encoding="utf-8")
    for given in ({"hidden": 3}, {"valid": "v.txt"}, {"preset": "tiny"}, {"start": "fill-en"}):
        with pytest.raises(ConfigError, match="was given with resume"):
            list(train("fill", None, run.folder, resume=True, **given))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["data/thesis.txt", "data.new/a", "checkpoint/a", "README.md", "tokenizer.json"])
def test_what_no_run_has_written_is_in_the_way(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(TrainingError, match=f"{name.split('/')[0]} is in the way"):
        Run(tmp_path).make()
    assert path.read_text() == "mine"


def test_what_came_through_pipes_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("stdin.txt", "stdin-2.txt", "pipe-0.tsv.gz", ".stdin.txt.new"):
        (tmp_path / "data" / name).write_text("kept")
    (tmp_path / "notes.txt").write_text("mine")
    Run(tmp_path).make()


@pytest.mark.parametrize("content", ["", "null", "{}"])
def test_a_damaged_report_is_made_again_by_the_hint(run: Run, content: str) -> None:
    prepare(run, "{}")
    (run.data / "report.json").write_text(content)
    with pytest.raises(TrainingError, match=r"report\.json is damaged") as fault:
        run.read_report()
    assert fault.value.typed()[1].startswith(f"rm {run.data / 'report.json'}, then --run {run.folder} --resume")


def test_what_other_texts_scored_is_not_the_best_of_a_changed_corpus(run: Run) -> None:
    prepare(run, "{}")
    run.checkpoint.folder.mkdir()
    progress = RunProgress(step=9, best=0.5, without_gain=2, position=Position(1, 2, 3))
    run.checkpoint.pointer.write_text(json.dumps({"slot": "a", "progress": progress.to_dict()}))
    run.accept_data()
    assert run.progress() == RunProgress(step=9, position=Position(1))


def test_a_damaged_checkpoint_is_named_before_anything_is_added(run: Run) -> None:
    prepare(run, "{}")
    run.checkpoint.folder.mkdir()
    state = {"slot": "a", "settings": CONFIG.to_list(), "progress": {"step": 3}}
    run.checkpoint.pointer.write_text(json.dumps(state))
    for change_it in (run.accept_data, lambda: run.extend("steps", 2)):
        with pytest.raises(TrainingError, match="seconds is missing"):
            change_it()


def test_a_hint_quotes_the_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as fault:
        Run(tmp_path / "my run").check_begun("classify")
    assert fault.value.typed()[1] == f"seqtext train classify CORPUS --run '{tmp_path / 'my run'}'"


def test_what_was_fitted_to_former_data_goes_with_them(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.folder.mkdir()
    for name in (LINEAR, OUT_OF_FOLD):
        (run.folder / name).write_bytes(b"of the former data")
    with run.preparing():
        pass
    assert not (run.folder / LINEAR).exists()
    assert not (run.folder / OUT_OF_FOLD).exists()
