"""A run goes on exactly where it was, or is added to; nothing it needs is lost, and nothing damaged is gone on with."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqtext.errors import ConfigError, CorpusError, TrainingError
from seqtext.storage.model_folder import read_folder
from seqtext.training.events import Evaluated, Event, Finished, Saved, Started, Step
from seqtext.training.state_files import seal
from seqtext.training.train import train

TINY: dict[str, Any] = {
    "hidden": 8, "embedding": 8, "vocab_size": 700, "batch_size": 200, "threads": 1, "precision": "fp32",
    "evaluations": 2, "save_seconds": 0.0, "valid_share": 0.1, "device": "cpu",
}  # fmt: skip
STEPS = 12
ROWS = [f"{mood}\tthe {who} is {mood} on day {day}" for who in ("dog", "fox") for mood in "ab" for day in range(30)]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(ROWS), encoding="utf-8")
    return path


def started(corpus: Path, run: Path, task: str = "classify", steps: int = 5) -> Path:
    """A run that was left after some steps of STEPS, its checkpoint on disk."""
    settings = {name: value for name, value in TINY.items() if name != "hidden" or task != "classify"}
    events = train(task, corpus, run, steps=STEPS, **settings)
    assert any(isinstance(event, Saved) and event.step == steps for event in events)
    events.close()
    return run


def last(events: Any) -> Finished:
    found: list[Event] = list(events)
    assert isinstance(found[-1], Finished)
    return found[-1]


def resumed(run: Path, task: str = "classify", **settings: Any) -> Finished:
    return last(train(task, None, run, resume=True, **settings))


def weights_of(run: Path) -> bytes:
    return (run / "weights.safetensors").read_bytes()


def pipe_in(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("task", ["fill", "generate", "classify", "translate", "anomaly"])
def test_lost_data_are_prepared_again_and_the_weights_are_the_same(corpus: Path, tmp_path: Path, task: str) -> None:
    whole = started(corpus, tmp_path / "whole", task)
    shutil.copytree(whole, tmp_path / "lost")
    resumed(whole, task)
    shutil.rmtree(tmp_path / "lost" / "data")
    resumed(tmp_path / "lost", task)
    assert weights_of(tmp_path / "lost") == weights_of(whole)


def test_a_hint_is_quoted_as_a_shell_wants_it(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "my run")
    with pytest.raises(TrainingError) as error:
        resumed(run, "fill")
    assert error.value.typed()[1] == f"seqtext train classify --run '{run}' --resume"
    assert error.value.hint == f"train('classify', None, '{run}', resume=True)"
    with pytest.raises(TrainingError) as error:
        last(train("classify", corpus, run))
    assert error.value.typed()[1].startswith(f"--run '{run}' --resume ")


def test_a_run_that_goes_on_counts_from_its_beginning(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    pointer = run / "checkpoint" / "state.json"
    state = json.loads(pointer.read_text(encoding="utf-8"))
    state["progress"]["seconds"] = 5000.0
    pointer.write_bytes(seal(state))
    first, *_, end = train("classify", None, run, resume=True)
    assert isinstance(first, Started)
    assert isinstance(end, Finished)
    assert (first.step, end.step) == (5, STEPS)
    assert end.seconds > 5000.0


def test_while_the_data_are_whole_the_corpus_may_move_and_grow(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    corpus.unlink()
    assert resumed(run).step == STEPS


def test_a_corpus_that_is_gone_leaves_everything(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    shutil.rmtree(run / "data")
    text = corpus.read_text()
    corpus.unlink()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(CorpusError, match=r"data must be prepared again, but: .* does not exist") as error:
        resumed(run)
    assert "put the corpus back" in error.value.hint
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    corpus.write_text(text)
    assert resumed(run).step == STEPS


@pytest.mark.parametrize("task", ["fill", "generate", "classify", "translate", "anomaly"])
def test_a_changed_corpus_is_refused_unless_it_is_accepted(corpus: Path, tmp_path: Path, task: str) -> None:
    run = started(corpus, tmp_path / "run", task)
    tokenizer = (run / "checkpoint" / "tokenizer.json").read_text()
    shutil.rmtree(run / "data")
    corpus.write_text("\n".join(row.replace("fox", "new word") for row in ROWS), encoding="utf-8")
    for _ in range(2):  # the refusal leaves nothing that would be taken for the old data
        with pytest.raises(TrainingError, match="the corpus has changed") as error:
            resumed(run, task)
        assert not (run / "data" / "report.json").exists()
    assert error.value.hint.endswith(f"run='{run}', resume=True, accept_changed_corpus=True")
    assert error.value.typed()[1].endswith(f"--run {run} --resume --accept-changed-corpus")
    events = train(task, None, run, resume=True, accept_changed_corpus=True)
    assert any(isinstance(event, Step) for event in events)
    events.close()
    assert resumed(run, task).step == STEPS  # once is enough
    assert read_folder(run).tokenizer == tokenizer


def test_a_changed_corpus_is_learnt_in_the_epochs_that_are_left(corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    events = train("fill", corpus, run, epochs=1, **{**TINY, "batch_size": 64})
    assert any(isinstance(event, Saved) and event.step == 3 for event in events)
    events.close()
    shutil.rmtree(run / "data")
    corpus.write_text("\n".join(row.replace("the", "teh") for row in ROWS), encoding="utf-8")
    assert resumed(run, "fill", accept_changed_corpus=True).step > 10


def test_other_labels_are_refused_even_if_a_change_is_accepted(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    shutil.rmtree(run / "data")
    corpus.write_text("\n".join(row.replace("b\t", "c\t") for row in ROWS), encoding="utf-8")
    with pytest.raises(TrainingError, match="it has other labels"):
        resumed(run, accept_changed_corpus=True)


def test_an_acceptance_that_changes_nothing_is_refused(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    with pytest.raises(ConfigError, match="data is whole, so that no corpus is read again"):
        resumed(run, accept_changed_corpus=True)
    with pytest.raises(ConfigError, match="without resume"):
        list(train("classify", corpus, tmp_path / "new", accept_changed_corpus=True))


def test_steps_are_added_to_an_interrupted_and_to_a_finished_run(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    shutil.copytree(run, tmp_path / "once")
    assert resumed(run, steps=8).step == STEPS + 8
    assert resumed(run, steps=4).step == STEPS + 12
    history = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    state = json.loads((run / "checkpoint" / "state.json").read_text())
    assert [line["added"] for line in state["progress"]["history"] if "added" in line] == [{"steps": 8}, {"steps": 4}]
    assert all("loss" in line or "added" in line for line in history)
    assert state["settings"][2]["steps"] == STEPS + 12
    assert state["progress"]["best"] == min(line["loss"] for line in state["progress"]["history"] if "loss" in line)


def test_what_is_added_stands_before_the_first_update(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    shutil.copytree(run, tmp_path / "whole")
    events = train("classify", None, run, resume=True, steps=8)
    next(events)
    events.close()
    assert resumed(run).step == STEPS + 8
    assert resumed(tmp_path / "whole", steps=8).step == STEPS + 8
    assert weights_of(run) == weights_of(tmp_path / "whole")


def test_evaluations_are_spread_over_what_is_added(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    resumed(run)
    events = list(train("classify", None, run, resume=True, steps=4 * STEPS))
    assert len([event for event in events if isinstance(event, Evaluated)]) > 1
    assert [event for event in events if isinstance(event, Step)][-1].fraction == 1.0


@pytest.mark.learning
def test_with_more_time_more_of_the_held_out_texts_are_measured(corpus: Path, tmp_path: Path) -> None:
    """A best of few texts says nothing beside one of all."""
    settings = {**TINY, "hidden": 8, "minutes": 0.05}
    list(train("fill", corpus, tmp_path / "run", **settings))
    state("progress", texts=2, best=-9.0)(tmp_path / "run")
    resumed(tmp_path / "run", "fill", minutes=0.05)
    found = json.loads((tmp_path / "run" / "checkpoint" / "state.json").read_text())["progress"]
    assert found["texts"] is None
    assert found["best"] > 0


def test_only_the_unit_of_the_run_can_be_added(corpus: Path, tmp_path: Path) -> None:
    run = started(corpus, tmp_path / "run")
    with pytest.raises(ConfigError, match="the run is measured in steps") as error:
        resumed(run, minutes=3)
    assert error.value.typed()[1].endswith("--resume --steps 3")
    for wrong in (0, -1, 2.5):
        with pytest.raises(ConfigError):
            resumed(run, steps=wrong)
    with pytest.raises(TrainingError, match="a training of 'classify', not of 'fill'"):
        resumed(run, "fill")


def test_a_folder_that_is_removed_ends_the_training(corpus: Path, tmp_path: Path) -> None:
    events = train("classify", corpus, tmp_path / "run", steps=5_000, **{**TINY, "save_seconds": 600.0})
    next(events)
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(TrainingError, match="was removed while the training wrote to it"):
        list(events)
    assert not (tmp_path / "run").exists()


def test_one_process_trains_at_a_time(corpus: Path, tmp_path: Path) -> None:
    events = train("classify", corpus, tmp_path / "run", steps=50, **TINY)
    next(events)
    with pytest.raises(TrainingError, match="is being written by process"):
        resumed(tmp_path / "run")
    with pytest.raises(TrainingError, match="is being written by process"):
        list(train("classify", corpus, tmp_path / "run", steps=50, **TINY))
    events.close()
    assert resumed(tmp_path / "run").step == 50


def test_standard_input_is_kept_for_a_resume(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe_in(monkeypatch, corpus.read_bytes())
    run = started(Path("-"), tmp_path / "run")
    (run / "data" / "report.json").unlink()
    resumed(run)
    whole = started(corpus, tmp_path / "whole")
    resumed(whole)
    assert weights_of(run) == weights_of(whole)


def test_a_fault_keeps_what_came_through_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe_in(monkeypatch, b"a\tfine\nb\t\xff\n")
    with pytest.raises(CorpusError, match=r"is kept in .*stdin.txt") as error:
        list(train("classify", "-", tmp_path / "run", steps=1, **TINY))
    assert error.value.hint.endswith("stdin.utf8.txt, if it is from Windows, or encoding_errors='replace'")
    kept = tmp_path / "run" / "data" / "stdin.txt"
    again = train("classify", kept, tmp_path / "run", steps=1, encoding_errors="replace", **TINY)
    assert last(again).step == 1
    assert kept.read_bytes() == b"a\tfine\nb\t\xff\n"


def test_a_copy_of_a_pipe_that_is_lost_is_named(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe_in(monkeypatch, corpus.read_bytes())
    run = started(Path("-"), tmp_path / "run")
    shutil.rmtree(run / "data")
    with pytest.raises(CorpusError) as error:
        resumed(run)
    assert error.value.hint.startswith(f"put the text that came through a pipe back as {run / 'data' / 'stdin.txt'}")


def test_an_interruption_keeps_what_came_through_a_pipe(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe_in(monkeypatch, corpus.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr("seqtext.training.batches.label_files._check_labels", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(train("classify", "-", tmp_path / "run", steps=1, **TINY))
    assert resumed(tmp_path / "run").step == 1


def test_an_interruption_leaves_the_run_free(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("seqtext.training.batches.label_files._check_labels", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(train("classify", corpus, tmp_path / "run", steps=1, **TINY))
    assert last(train("classify", corpus, tmp_path / "run", steps=1, **TINY)).step == 1


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def state(*keys: str, **values: Any) -> Callable[[Path], None]:
    """Put values below some keys of the checkpoint's JSON, with a check that fits."""

    def damage(run: Path) -> None:
        path = run / "checkpoint" / "state.json"
        facts = place = json.loads(path.read_text())
        for key in keys:
            place = place[key]
        place |= values
        path.write_bytes(seal(facts))

    return damage


def flip(name: str) -> Callable[[Path], None]:
    """Change the last byte of a file."""

    def damage(run: Path) -> None:
        path = next(run.glob(name))
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)

    return damage


def write(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda run: (run / name).write_bytes(data) and None


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (write("checkpoint/state.json", b"{"), "state.json is damaged: it is not JSON"),
        (write("checkpoint/state.json", b"[1]"), "state.json is damaged: it holds"),
        (write("checkpoint/state.json", b"{}"), "slot is missing"),
        (state(slot="c"), "slot is 'c'"),
        (state(slot=["a"]), "slot is"),
        (state(settings=3), "settings is 3"),
        (state(progress=[]), r"progress is \[\]"),
        (state("progress", step=-1), "step is -1"),
        (state("progress", step="3"), "step is '3'"),
        (state("progress", seconds=float("nan")), "seconds is nan"),
        (state("progress", position={"epoch": 0}), "position is"),
        (state("progress", position={"epoch": 0, "pool": 0, "batch": 1.5}), "position is"),
        (state("progress", best="x"), "best is 'x'"),
        (state("progress", history=[3]), "history is"),
        (state("progress", evaluations=None), "evaluations is None"),
        (state(digest="0"), "its bytes are not those that were saved"),
        (lambda run: (run / "checkpoint" / "state.json").write_text(
            (run / "checkpoint" / "state.json").read_text().replace('"step": 5', '"step": 6')), "not what was saved"),
        (flip("checkpoint/a.safetensors"), "its bytes are not those that were saved"),
        (lambda run: (run / "checkpoint" / "a.safetensors").unlink(), "No such file"),
        (flip("data/train/ids.bin"), "its files are not those that were prepared"),
        (flip("data/tokenizer.json"), "its files are not those that were prepared"),
        (write("data/report.json", b"null"), "report.json is damaged"),
        (write("data/labels.json", b'["a"]'), "its files are not those that were prepared"),
    ],
)  # fmt: skip
def test_a_damaged_run_is_refused(tmp_path: Path, damaged: Path, damage: Any, match: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(damaged, run)
    damage(run)
    with pytest.raises(TrainingError, match=match):
        resumed(run)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "corpus.txt").write_text("\n".join(ROWS), encoding="utf-8")
    return started(folder / "corpus.txt", folder / "run")


def test_settings_that_are_lost_stand_in_the_checkpoint(tmp_path: Path, damaged: Path) -> None:
    for damage in (lambda path: path.unlink(), lambda path: path.write_text("{")):
        run = tmp_path / "run"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(damaged, run)
        damage(run / "settings.json")
        assert resumed(run).step == STEPS
