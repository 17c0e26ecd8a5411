"""Training as a user sees it: events, budgets, held-out text, crash safety, several processes."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from killable_trainings import Training
from safetensors.numpy import load_file
from training_corpora import SMALL, small_corpus

import seqtext
from builders import unigram_entropy
from seqtext.errors import ConfigError, CorpusError, TrainingError
from seqtext.evaluation.evaluate import evaluate
from seqtext.tasks import TASKS
from seqtext.training.events import Counted, Evaluated, Finished, Saved, Started, Step
from seqtext.training.train import train
from torch_builders import BF16

TINY: dict[str, Any] = {
    "hidden": 16, "embedding": 8, "vocab_size": 700, "batch_size": 400, "threads": 1, "precision": "fp32",
    "evaluations": 2, "device": "cpu",
}  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    names, verbs = ["dog", "fox", "hen", "old cat", "naïve owl"], ["sat", "ran", "slept", "sang"]
    places = ["by the door", "in the barn", "on a hill", "under the café table"]
    lines = [
        f"The {n} {v} {p}, and the {m} {w}." for n in names for m in names for v in verbs for w in verbs for p in places
    ]
    random.Random(1).shuffle(lines)
    path = tmp_path / "farm.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def of(kind: type, events: Iterator[Any] | list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_a_run_answers(corpus: Path, tmp_path: Path) -> None:
    events = list(
        train(
            "fill",
            corpus,
            tmp_path / "run",
            steps=150,
            **{**TINY, "hidden": 32, "embedding": 32, "learning_rate": 0.01},
        )
    )
    started, finished = of(Started, events)[0], of(Finished, events)[0]
    assert started.examples == 1600
    assert "seed 1" in started.held_out
    assert of(Step, events)[-1].step == 150
    losses = [event.loss for event in of(Evaluated, events)]
    assert losses[-1] < losses[0]
    assert finished.metrics["perplexity"] < 60
    best = seqtext.load(tmp_path / "run").fill("The dog ___ by the door, and the fox ran.")[0]
    assert best.blanks[0] in ("sat", "ran", "slept", "sang")


@pytest.mark.parametrize("changes", [
    {"cell": "gru", "direction": "forward"}, {"cell": "rnn", "direction": "backward", "layers": 2},
    {"tokens": "char"}, {"tokens": "bpe", "direction": "backward"}, {"bag": False}, {"average": 0.9},
    {"softmax": "sampled", "samples": 64}, {"softmax": "full"}, {"dropout": 0.4, "epochs": 2}, {"solo": 0.0},
    {"epochs": 1.5}, {"minutes": 0.05}, pytest.param({"precision": "bf16"}, marks=BF16), {"vectors": 0.0},
])  # fmt: skip
def test_every_setting_trains_and_answers(corpus: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    """Some updates beat guessing by frequency; where a token is a word, a verb is answered where one stood."""
    budget = {} if {"epochs", "minutes"} & changes.keys() else {"steps": 80}
    quick = {**TINY, "hidden": 32, "embedding": 32, "learning_rate": 0.02}
    events = list(train("fill", corpus, tmp_path / "run", **{**quick, **budget, **changes}))
    model = seqtext.load(tmp_path / "run")
    lines = corpus.read_text(encoding="utf-8").splitlines()
    guessing = unigram_entropy([model.tokenizer.encode(line, spacing=False).ids for line in lines])
    assert of(Finished, events)[0].metrics["loss"] < 0.85 * guessing
    if model.tokenizer.tokens == "word":
        best = model.fill("The dog ___ by the door, and the fox ran.")[0]
        assert best.blanks[0] in ("sat", "ran", "slept", "sang")
    chosen = model.choose("The dog ___ by the door.", ["sat", "old cat"])
    assert sum(choice.probability for choice in chosen) == pytest.approx(1.0)


def test_word_vectors_are_counted_where_there_is_enough_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"{first}{second}" for first in "bcdfghklmn" for second in ("ade", "elu", "imo", "ora", "uni")]
    groups = [words[k::5] for k in range(5)]
    draw = np.random.default_rng(1)
    lines = [" ".join(draw.choice(groups[k % 5], 4)) + " the" * 150 for k in range(300)]
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    for enough, settings, counted in [
        (10**9, {}, False), (0, {}, True), (0, {"counting": False}, False), (0, {"tokens": "char"}, False),
    ]:  # fmt: skip
        monkeypatch.setattr("seqtext.training.tasks.blank_filler.ENOUGH", enough)
        run = tmp_path / f"run{enough}{len(str(settings))}{counted}"
        events = list(train("fill", path, run, steps=1, **{**TINY, **settings}))
        assert [event.words for event in of(Counted, events)] == [50] * counted
        assert (run / "data" / "vectors.safetensors").exists() == counted


@pytest.mark.learning
def test_minutes_end_on_time(corpus: Path, tmp_path: Path) -> None:
    events = list(train("fill", corpus, tmp_path / "run", minutes=0.1, **TINY))
    assert of(Finished, events)[0].seconds < 6.0 + 2.0
    assert of(Step, events)[-1].fraction == 1.0


def test_starting_from_a_model_keeps_its_network(corpus: Path, tmp_path: Path) -> None:
    list(train("fill", corpus, tmp_path / "first", steps=20, **TINY))
    events = list(train("fill", corpus, tmp_path / "second", start=tmp_path / "first", steps=2, learning_rate=1e-9))
    before, after = (load_file(tmp_path / name / "weights.safetensors") for name in ("first", "second"))
    assert all(np.allclose(before[name], after[name], atol=1e-3) for name in before)
    assert of(Started, events)[0].parameters == sum(array.size for array in after.values())
    with pytest.raises(ConfigError, match="hidden received 99, but the model to start from has 16"):
        list(train("fill", corpus, tmp_path / "third", start=tmp_path / "first", hidden=99))


def test_settings_that_make_no_sense_are_refused(corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    for error, match, call in [
        (ConfigError, "'fil' was received", lambda: train("fil", corpus, run)),
        (ConfigError, "accepted are tiny, small, base", lambda: train("fill", corpus, run, preset="huge")),
        (ConfigError, "'hiden', which is not a setting", lambda: train("fill", corpus, run, hiden=3)),
        (ConfigError, "hidden received 0", lambda: train("fill", corpus, run, hidden=0)),
        (ConfigError, "minutes and steps", lambda: train("fill", corpus, run, minutes=1, steps=1)),
        (ConfigError, "No corpus", lambda: train("fill", [], run)),
        (TrainingError, "no training to resume", lambda: train("fill", None, run, resume=True)),
        (CorpusError, "does not exist", lambda: train("fill", tmp_path / "nothing.txt", run, steps=1)),
    ]:
        with pytest.raises(error, match=match):
            list(call())


def test_a_corpus_that_cannot_be_read_leaves_the_run_free(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"fine\nnot \xff fine\n")
    with pytest.raises(CorpusError, match="line 2, column 5"):
        list(train("fill", tmp_path / "bad.txt", tmp_path / "run", steps=1, **TINY))
    assert of(Finished, train("fill", corpus, tmp_path / "run", steps=1, **TINY))


def test_a_run_is_never_overwritten(corpus: Path, tmp_path: Path) -> None:
    list(train("fill", corpus, tmp_path / "run", steps=1, **TINY))
    with pytest.raises(TrainingError, match="holds a run already"):
        list(train("fill", corpus, tmp_path / "run", steps=1, **TINY))


@pytest.mark.parametrize("text", ["One line of text only.", "word", "a b\n\nc d\n"])
def test_tiny_corpora_train(tmp_path: Path, text: str) -> None:
    (tmp_path / "tiny.txt").write_text(text)
    events = list(train("fill", tmp_path / "tiny.txt", tmp_path / "run", steps=3, **TINY))
    assert "too small" in of(Started, events)[0].held_out
    assert np.isfinite(of(Finished, events)[0].metrics["loss"])


def rows_of(task: str, folder: Path) -> tuple[list[str], list[str]]:
    """The header and 60 different rows of a small corpus of a task."""
    header, *rows = ["", *small_corpus(folder, task).read_text(encoding="utf-8").split("\n")]
    if task in ("translate", "summarize", "classify"):
        header, *rows = rows
    return [header] if header else [], list(dict.fromkeys(rows))[:60]


@pytest.mark.parametrize("task", TASKS)
def test_evaluation_tells_which_share_was_learnt(task: str, tmp_path: Path) -> None:
    """A text is the same with other spaces; what was held out was not learnt; nor was an anomaly, so none counts."""
    header, rows = rows_of(task, tmp_path)
    new = [re.sub(r"^(animal\t|other\t|)", r"\1a new ", row) for row in rows]
    name = f"corpus.{'tsv' if header else 'txt'}"
    for folder, some in (("learnt", rows), ("valid", new[:5])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text("\n".join([*header, *some]), encoding="utf-8")
    valid = tmp_path / "valid" / name
    settings = {**SMALL, "steps": 1}
    list(train(task, tmp_path / "learnt" / name, tmp_path / "run", valid=valid, **settings))

    def share(*some: str) -> float | None:
        lines = [*header, *some]
        if task == "anomaly":
            lines = ["label\ttext", "odd\tzzz zzz", *(f"normal\t{line}" for line in some)]
        path = tmp_path / "asked.tsv" if len(lines) > len(some) else tmp_path / "asked.txt"
        path.write_text("\n".join(lines), encoding="utf-8")
        return evaluate(seqtext.load(tmp_path / "run"), path, limit=21)["learnt"]

    assert share(*rows[:10]) == 1.0
    assert share(*(row.replace(" ", "  ") for row in rows[:10])) == 1.0
    assert share(*rows[:10], *new[10:20]) == 0.5
    assert share(*new[10:20]) == share(*new[:5]) == 0.0


def test_a_copied_model_cannot_tell_what_was_learnt(corpus: Path, tmp_path: Path) -> None:
    list(train("fill", corpus, tmp_path / "run", steps=1, **TINY))
    seqtext.load(tmp_path / "run").save(tmp_path / "copy")
    scores = evaluate(seqtext.load(tmp_path / "copy"), corpus, limit=5)
    assert scores["learnt"] is None
    assert scores["learnt_note"].startswith("cannot be told of these texts: the model is here without its run")


def test_a_run_knows_what_was_learnt_before_it(corpus: Path, tmp_path: Path) -> None:
    """What the run that it started from had learnt is learnt; of a copied model that is said to be unknown."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    lines = corpus.read_text(encoding="utf-8").splitlines()
    first.write_text("\n".join(lines[:20]), encoding="utf-8")
    second.write_text("\n".join(lines[20:40]), encoding="utf-8")
    list(train("fill", first, tmp_path / "run", steps=1, **TINY))
    seqtext.load(tmp_path / "run").save(tmp_path / "copy")
    quick = {name: TINY[name] for name in ("threads", "evaluations", "device")}
    for start in ("run", "copy"):
        list(train("fill", second, tmp_path / f"from {start}", start=tmp_path / start, steps=1, **quick))
    scores = evaluate(seqtext.load(tmp_path / "from run"), [first, second], limit=5)
    assert (
        scores["learnt_note"]
        == "40 of the 40 texts given (100 %) were learnt from: the model knows them, and will do worse on new text"
    )
    scores = evaluate(seqtext.load(tmp_path / "from copy"), [first, second], limit=5)
    assert scores["learnt"] == 0.5
    assert scores["learnt_note"].endswith(f"; what {tmp_path / 'copy'} had learnt before is not known")


@pytest.mark.parametrize("task", [task for task in TASKS if task != "anomaly"])
def test_a_run_that_holds_nothing_out_says_so_wherever_it_shows_a_score(task: str, tmp_path: Path) -> None:
    """An anomaly detector always holds lines out, on which its threshold rests."""
    header, rows = rows_of(task, tmp_path)
    path = tmp_path / f"few.{'tsv' if header else 'txt'}"
    path.write_text("\n".join([*header, *rows[:20]]), encoding="utf-8")
    events = list(train(task, path, tmp_path / "run", steps=2, **SMALL))
    started, finished = of(Started, events)[0], of(Finished, events)[0]
    assert started.held_out == "none: the corpus is too small, scores are measured on what is learnt from"
    assert finished.measured_on == "the text that was learnt from"
    for name in ("README.md", "config.json", "history.jsonl"):
        shown = (tmp_path / "run" / name).read_text(encoding="utf-8")
        assert "learnt from" in shown
        assert not re.search("held.out", shown, re.IGNORECASE)


def test_why_nothing_is_held_out_is_said_as_it_is(corpus: Path, tmp_path: Path) -> None:
    started = of(Started, list(train("fill", corpus, tmp_path / "run", steps=1, valid_share=0.0, **TINY)))[0]
    assert started.held_out.startswith("none: --valid-share is 0, ")


KILLS = 22


def weights_of(run: Path) -> bytes:
    return (run / "weights.safetensors").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.learning
def test_killed_at_random_moments_it_ends_with_the_same_weights(corpus: Path, tmp_path: Path) -> None:
    """Half of the kills (-9) hit reading or starting, half the updates, just after a checkpoint was replaced."""
    tried, whole, broken, chance = tmp_path / "tried", tmp_path / "whole", tmp_path / "broken", random.Random(22)
    assert Training(corpus, tried, resume=False, steps=50).wait(300) == 0
    history = [json.loads(line) for line in (tried / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    seconds = history[-1]["seconds"] / 50
    steps = round(0.6 * KILLS / seconds)  # enough not to end before the last kill: half of them end within a second
    assert Training(corpus, whole, resume=False, steps=steps).wait(300) == 0
    state = broken / "checkpoint" / "state.json"
    for number in range(KILLS):
        before = state.stat().st_mtime_ns if state.is_file() else 0
        process = Training(corpus, broken, resume=(broken / "settings.json").is_file(), steps=steps)
        if number % 2:
            while not process.ended and (state.stat().st_mtime_ns if state.is_file() else 0) == before:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.05)
        else:
            time.sleep(chance.random())
        assert not process.ended, "the run ended before it was killed"
        process.send(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    assert Training(corpus, broken, resume=(broken / "settings.json").is_file(), steps=steps).wait(300) == 0
    assert weights_of(broken) == weights_of(whole)
    state_of = [load_file(next(run.glob(f"checkpoint/{json.loads(p.read_text())['slot']}.safetensors")))
                for run, p in ((one, one / "checkpoint" / "state.json") for one in (whole, broken))]  # fmt: skip
    assert all(np.array_equal(state_of[0][name], state_of[1][name]) for name in state_of[0])


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.fuzz
def test_ctrl_c_saves(corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = Training(corpus, run, resume=False, steps=150)
    while not (run / "checkpoint" / "state.json").is_file() and not process.ended:
        time.sleep(0.02)
    process.send(signal.SIGINT)
    assert process.wait(60) in (0, 130)
    assert Training(corpus, run, resume=True, steps=150).wait(120) == 0
    whole = tmp_path / "whole"
    assert Training(corpus, whole, resume=False, steps=150).wait(120) == 0
    assert weights_of(run) == weights_of(whole)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_sent_twice_in_a_row_saves_once(corpus: Path, tmp_path: Path, name: str) -> None:
    number, run, saved = getattr(signal, name), tmp_path / "run", []
    before = signal.getsignal(number)

    def learn() -> None:
        for event in train("fill", corpus, run, steps=40, **{**TINY, "evaluations": 8}):
            if isinstance(event, Evaluated):
                os.kill(os.getpid(), number)
                os.kill(os.getpid(), number)
            saved.extend(of(Saved, [event]))

    with pytest.raises(KeyboardInterrupt) as stopped:
        learn()
    assert stopped.value.args == (number,)
    assert [event.step for event in saved] == [5]
    assert signal.getsignal(number) is before
    assert of(Finished, train("fill", None, run, resume=True))[0].step == 40


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_what_nohup_ignores_stays_ignored(corpus: Path, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        for event in train("fill", corpus, tmp_path / "run", steps=4, **TINY):
            if isinstance(event, Evaluated):
                os.kill(os.getpid(), signal.SIGHUP)
        assert isinstance(event, Finished)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.learning
def test_two_processes_match_one(corpus: Path, tmp_path: Path) -> None:
    command = [
        "-m",
        "seqtext",
        "--",
        "train",
        "fill",
        str(corpus),
        "--steps",
        "12",
        "--hidden",
        "16",
        "--embedding",
        "8",
    ]
    command += ["--batch-size", "400", "--vocab-size", "700", "--threads", "1", "--precision", "fp32", "--clip", "100"]
    command += ["--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *command, "--run", str(tmp_path / "one")], check=True, env=environment, timeout=120)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*launcher, *command, "--run", str(tmp_path / "two")], check=True, env=environment, timeout=120)
    one, two = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    for name in one:
        assert np.abs(one[name].astype(np.float32) - two[name].astype(np.float32)).max() < 5e-3, name
