"""Outside opponents: the real libraries learn the same rows; one that is missing or fails leaves the rest in peace."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext.errors import ConfigError
from seqtext.evaluation.league import League, Row, Turn
from seqtext.training import opponents
from seqtext.training.batches.label_files import split_texts
from seqtext.training.compare import compare
from seqtext.training.comparison import outside_opponents
from seqtext.training.opponents import OPPONENTS, TRANSFORMER, Opponent
from seqtext.training.run import Run

BAG = {"encoder": "bag", "pooling": "mean", "hidden": 8, "embedding": 8}
TINY: dict[str, Any] = {"preset": "tiny", "threads": 1, "precision": "fp32", "minutes": 0.02, "device": "cpu"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """300 texts with one of two labels, which a word tells."""
    path = tmp_path / "labelled.tsv"
    words = [("rain", "wet clouds and a long storm"), ("sun", "dry heat and a clear sky")]
    path.write_text("".join(f"{label}\t{text} {k}\n" for k in range(150) for label, text in words), encoding="utf-8")
    return path


def asked(**more: Any) -> dict[str, Any]:
    rows = [(k % 2, ("wet storm" if k % 2 else "dry heat") + f" {k}") for k in range(80)]
    return {"minutes": 0.05, "threads": 1, "seed": 1, "learnt": rows[:60], "held": rows[60:], **more}


@pytest.mark.parametrize("name", [name for name in OPPONENTS if name != TRANSFORMER])
def test_the_real_library_learns_and_answers(name: str, tmp_path: Path) -> None:
    pytest.importorskip(OPPONENTS[name].module)
    played = OPPONENTS[name].play(asked(), tmp_path)
    assert played["answers"] == [label for label, _ in asked()["held"]]
    assert played["bytes"] > 1_000
    assert played["seconds"] < 15
    assert played["milliseconds"] > 0
    assert played["parameters"] > 0


@pytest.mark.learning
def test_they_learn_the_rows_of_the_runs(corpus: Path, tmp_path: Path) -> None:
    # fastText fails where no trial ends within its time: three seconds are enough on a busy machine, too.
    settings = {**TINY, "minutes": 0.05}
    events = list(compare("classify", corpus, tmp_path / "run", each=[BAG], opponents=True, **settings))
    league = events[-1]
    assert isinstance(league, League)
    turns = [(event.name, event.state, event.why) for event in events if isinstance(event, Turn)][1:]
    assert [name for name, _, _ in turns] == list(OPPONENTS), turns
    run = Run(tmp_path / "run" / next(iter(league.request.settings)))
    learnt, held = split_texts(run)
    assert len(learnt) == 270
    labels = run.read_data("labels.json")
    stored = np.load(run.data / "valid" / "labels.npy")
    assert [labels[number] for number in stored] == [label for label, _ in held]
    for name, opponent in OPPONENTS.items():
        assert (name in league.rows) == opponent.is_installed
    outside = [row for row in league.rows.values() if row.outside]
    assert {row.name for row in outside} >= {TRANSFORMER}
    fitted = [row for row in outside if row.name != TRANSFORMER]  # three seconds are little for that one
    assert {row.name: (row.score, row.interval) for row in fitted} == {
        row.name: (1.0, pytest.approx([0.025 ** (1 / 30), 1.0])) for row in fitted
    }
    row = league.rows[TRANSFORMER]
    assert row.settings["beside"] == next(iter(league.request.settings))
    assert row.file_bytes > 2 * row.parameters
    assert len(league.p_values) == len(league.rows) - 1
    again = list(compare("classify", None, tmp_path / "run", resume=True))
    assert [event.state for event in again if isinstance(event, Turn)][1:] == [
        "finished" if name in league.rows else "missing" for name in OPPONENTS
    ]
    assert again[-1] == league


def test_a_missing_package_is_named_and_a_failure_told(corpus: Path, tmp_path: Path, monkeypatch: Any) -> None:
    there = {"fasttext": Opponent("no_such_package", lambda *_: {}), "tf-idf": Opponent("json", lambda *_: {})}
    monkeypatch.setattr("seqtext.training.compare.OPPONENTS", there)
    monkeypatch.setattr("seqtext.training.comparison.OPPONENTS", there)
    monkeypatch.setattr("seqtext.extras.EXTRAS", {"no_such_package": "bench"})
    monkeypatch.setattr(opponents, "_play_apart", lambda *_: "it ended with status 9: out of memory")
    events = list(compare("classify", corpus, tmp_path / "run", each=[BAG], opponents=True, **TINY))
    left_out = {event.name: event.why for event in events if isinstance(event, Turn) and event.state == "missing"}
    assert left_out["fasttext"].endswith('is not installed. pip install "seqtext[bench]"')
    assert left_out["tf-idf"] == "it ended with status 9: out of memory"
    assert len([event for event in events if isinstance(event, Row)]) == 1


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    found = opponents._play_apart("nobody", asked())
    assert found == "it ended with status 1: KeyError: 'nobody'"


def test_who_plays(corpus: Path, tmp_path: Path) -> None:
    installed = [name for name, opponent in OPPONENTS.items() if find_spec(opponent.module)]
    assert outside_opponents("classify", None, False) == installed
    assert outside_opponents("classify", None, True) == outside_opponents("classify", False, False) == []
    assert outside_opponents("classify", True, True) == list(OPPONENTS)
    assert outside_opponents("fill", None, False) == []
    with pytest.raises(ConfigError, match="only classify has outside opponents"):
        next(compare("fill", corpus, tmp_path / "run", opponents=True))


@pytest.mark.learning
def test_the_weights_of_fasttext_are_initialised_as_a_whole(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    file = tmp_path / "learnt.txt"
    file.write_text("".join(f"__label__{k % 2} word{k}\n" for k in range(1000)), encoding="utf-8")
    model = fasttext.train_supervised(str(file), epoch=1, lr=0.0001, thread=opponents.FASTTEXT_THREADS, verbose=0)
    weights = model.get_input_matrix()
    assert len(weights) >= 1000
    assert (np.abs(weights).max(1) > 0).all()
    assert np.abs(weights).max() <= 1.1 / weights.shape[1]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system cannot be told")
def test_cores_are_given_back() -> None:
    before = os.sched_getaffinity(0)
    with opponents.keep_to_cores(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
