"""Comparing settings: each learns in a run of its own, what is there is not learnt again, all see the same texts."""

import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import seqtext
from seqtext.errors import ConfigError, CorpusError, TrainingError
from seqtext.evaluation.league import League, Row, Turn
from seqtext.training.compare import compare, latency
from seqtext.training.events import Evaluated, Finished, Saved, Started, Step

BAG, RNN = {"encoder": "bag", "pooling": "mean"}, {"encoder": "rnn", "hidden": 8}
TINY: dict[str, Any] = {"preset": "tiny", "threads": 1, "precision": "fp32", "seed": 3, "device": "cpu"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """60 texts with one of two labels, which a word tells."""
    path = tmp_path / "labelled.tsv"
    words = [("rain", "wet clouds and a long storm"), ("sun", "dry heat and a clear sky")]
    path.write_text("".join(f"{label}\t{text} {k}\n" for k in range(30) for label, text in words), encoding="utf-8")
    return path


def turns(events: list[Any]) -> list[tuple[str, str]]:
    return [(event.name, event.state) for event in events if isinstance(event, Turn)]


def test_a_league_from_corpus_to_table(corpus: Path, tmp_path: Path) -> None:
    events = list(compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[BAG, RNN], **TINY))
    league = events[-1]
    assert isinstance(league, League)
    assert league == League.read(tmp_path / "run")
    assert turns(events) == [("bag-pooling-mean", "new"), ("rnn-hidden-8", "new")]
    assert [event.number for event in events if isinstance(event, Turn)] == [1, 2]
    assert {type(event) for event in events} >= {Started, Step, Evaluated, Saved, Finished, Row}
    assert (league.metric, league.precision) == ("accuracy", "fp32")
    assert league.held_out.startswith("6 texts, 10.0% of each label")
    for row in league.ranked():
        place = tmp_path / "run" / row.name
        config = json.loads((place / "config.json").read_text(encoding="utf-8"))
        assert row.metrics == config["scores"]
        assert row.score == config["scores"]["accuracy"] == max(score for _, score in row.curve)
        assert row.file_bytes == (place / "weights.safetensors").stat().st_size
        assert row.parameters * 2 < row.file_bytes < row.parameters * 2 + 2_000  # in fp16
        assert 0 < row.milliseconds < 1_000
        assert row.interval is None  # of six texts
        assert row.tokens_per_second is None or row.tokens_per_second > 0
        assert row.seconds > 0.3
        assert [seconds for seconds, _ in row.curve] == sorted(seconds for seconds, _ in row.curve)
        assert config["training"]["minutes"] == 0.01
        assert config["training"]["seed"] == 3
    assert seqtext.load(tmp_path / "run" / "rnn-hidden-8").config.hidden == 8
    held = [(tmp_path / "run" / name / "data" / "valid" / "labels.npy").read_bytes() for name in league.rows]
    assert held[0] == held[1]
    assert list(league.p_values.values()) == [1.0]  # six texts tell nothing apart


def test_what_is_there_is_not_learnt_again(corpus: Path, tmp_path: Path) -> None:
    asked = ("classify", corpus, tmp_path / "run")
    *_, before = compare(*asked, minutes=0.01, each=[BAG], **TINY)
    more = list(compare(*asked, minutes=0.01, each=[RNN], **TINY))
    assert turns(more) == [("bag-pooling-mean", "finished"), ("rnn-hidden-8", "new")]
    assert more[-1].rows["bag-pooling-mean"] == before.rows["bag-pooling-mean"]
    again = list(compare("classify", None, tmp_path / "run", resume=True))
    assert [type(event) for event in again] == [Turn, Row, Turn, Row, League]
    assert again[-1] == more[-1]


def press_ctrl_c(events: Iterator[Any], turn: int, step: int) -> int:
    """Press Ctrl-C when a checkpoint of a setting is saved from some step on; the step that was saved last."""
    number = reached = 0
    try:
        for event in events:
            if isinstance(event, Turn):
                number = event.number
            if isinstance(event, Saved):
                reached = event.step
                if number == turn and reached == step:
                    os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        return reached
    raise AssertionError("nothing was interrupted")


def test_an_interrupted_one_goes_on_where_it_stopped(corpus: Path, tmp_path: Path) -> None:
    asked = {"minutes": 0.03, "each": [BAG, RNN], "save_seconds": 0.0, **TINY}
    reached = press_ctrl_c(compare("classify", corpus, tmp_path / "run", **asked), turn=2, step=3)
    assert list(League.read(tmp_path / "run").rows) == ["bag-pooling-mean"]
    rest = list(compare("classify", None, tmp_path / "run", resume=True))
    assert turns(rest) == [("bag-pooling-mean", "finished"), ("rnn-hidden-8", "interrupted")]
    assert next(event.step for event in rest if isinstance(event, Saved)) == reached + 1 > 3
    assert set(rest[-1].rows) == {"bag-pooling-mean", "rnn-hidden-8"}


def test_a_run_killed_before_its_first_checkpoint_begins_anew(corpus: Path, tmp_path: Path) -> None:
    events = compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[RNN], **TINY)
    while not isinstance(next(events), Started):
        pass
    events.close()
    assert (tmp_path / "run" / "rnn-hidden-8" / "settings.json").is_file()
    rest = list(compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[RNN], **TINY))
    assert turns(rest) == [("rnn-hidden-8", "interrupted")]
    assert rest[-1].rows["rnn-hidden-8"].steps > 0


def test_a_corpus_that_cannot_be_read_leaves_nothing_behind(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "one.tsv").write_text("rain\twet\nrain\tcold\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="only the label 'rain'"):
        list(compare("classify", tmp_path / "one.tsv", tmp_path / "run", minutes=0.01, each=[RNN], **TINY))
    *_, league = compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[RNN], **TINY)
    assert league.rows


@pytest.mark.parametrize(
    ("task", "rung", "metric"),
    [("fill", "gru", "top1"), ("generate", "mingru", "bits_per_character"), ("anomaly", "rnn", "bits_per_character")],
)
def test_other_tasks(task: str, rung: str, metric: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("The door is open.\nShe sat by the old door.\n" * 40, encoding="utf-8")
    sizes = {"hidden": 8, "embedding": 8, "counting": False} if task == "fill" else {"hidden": 8, "embedding": 8}
    *_, league = compare(task, tmp_path / "text.txt", tmp_path / "run", minutes=0.01, rungs=[rung], **sizes, **TINY)
    assert league.metric == metric
    assert league.rows[rung].score == league.rows[rung].metrics[metric]


def test_pairs(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("a red car\tune voiture rouge\na car\tune voiture\n" * 30, encoding="utf-8")
    sizes = {"hidden": 8, "embedding": 8, "vocab_size": 300, "max_length": 16}
    *_, league = compare(
        "translate", tmp_path / "pairs.tsv", tmp_path / "run", minutes=0.01, rungs=["additive"], **sizes, **TINY
    )
    assert league.metric == "bleu"
    assert league.rows["additive"].milliseconds > 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"steps": 5}, "steps was given; all settings learn for the same minutes."),
        ({"each": [{"encoder": "bag", "seed": 2}]}, "'bag-seed-2' has seed for itself"),
        ({"each": [RNN], "hidden": 16}, "All were given hidden = 16, but the setting 'rnn-hidden-8' has 8."),
        ({"each": [BAG, {"encoder": "tree"}]}, "encoder received 'tree'"),
        ({"colour": 1}, "the settings given hold 'colour'"),
        ({"minutes": 0.0}, "minutes received 0.0"),
        ({"preset": "huge"}, "preset received 'huge'"),
    ],
)
def test_faults_are_said_before_anything_is_learnt(corpus: Path, tmp_path: Path, asked: dict, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        next(compare("classify", corpus, tmp_path / "run", **asked))
    assert message in caught.value.message
    assert not (tmp_path / "run").exists()


def test_another_comparison_is_left_alone(corpus: Path, tmp_path: Path) -> None:
    asked = ("classify", corpus, tmp_path / "run")
    list(compare(*asked, minutes=0.01, each=[BAG], **TINY))
    for changed, message in (
        ({"minutes": 0.02}, "another comparison: minutes 0.01, not 0.02"),
        ({"seed": 4}, "another comparison: common"),
        ({"valid": corpus}, "another comparison: valid None"),
    ):
        with pytest.raises(TrainingError, match=message):
            next(compare(*asked, **{"minutes": 0.01, "each": [BAG], **TINY, **changed}))
    with pytest.raises(TrainingError, match="another comparison: corpora"):
        next(compare("classify", tmp_path / "other.tsv", tmp_path / "run", minutes=0.01, each=[BAG], **TINY))
    with pytest.raises(ConfigError, match="minutes was given with resume"):
        next(compare("classify", None, tmp_path / "run", resume=True, minutes=2.0))
    with pytest.raises(TrainingError, match="holds a run"):
        next(compare("classify", corpus, tmp_path / "run" / "bag-pooling-mean", minutes=0.01, each=[BAG]))
    with pytest.raises(TrainingError, match="holds a comparison for 'classify', not for 'fill'"):
        next(compare("fill", None, tmp_path / "run", resume=True))
    with pytest.raises(TrainingError, match="holds no comparison to resume"):
        next(compare("classify", None, tmp_path / "none", resume=True))


def test_one_process_compares(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="Several processes"):
        next(compare("classify", corpus, tmp_path / "run"))


def test_two_do_not_compare_in_one_folder(corpus: Path, tmp_path: Path) -> None:
    events = compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[BAG], **TINY)
    next(events)
    with pytest.raises(TrainingError, match="is being written by process"):
        next(compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[BAG], **TINY))
    events.close()


def test_standard_input_is_kept_and_gone_on_with(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, two = tmp_path / "run", {"minutes": 0.01, "each": [BAG, RNN], **TINY}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(corpus.read_bytes())))
    with monkeypatch.context() as patch:
        patch.setattr("seqtext.training.batches.label_files._check_labels", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(compare("classify", "-", run, **two))  # type: ignore[arg-type]
    assert (run / "data" / "stdin.txt").read_bytes() == corpus.read_bytes()
    with pytest.raises(TrainingError, match="- can be read only once"):
        next(compare("classify", "-", run, **two))  # type: ignore[arg-type]
    run = run.rename(tmp_path / "renamed")
    *_, league = compare("classify", None, run, resume=True)
    assert isinstance(league, League)
    assert len(league.rows) == 2


def test_a_run_that_was_cut_off_before_the_league_is_gone_on_with(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("seqtext.training.run.Run.forget", lambda run: None)  # as kill -9 leaves it
        patch.setattr("seqtext.training.batches.label_files._check_labels", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[BAG], **TINY))
    *_, league = compare("classify", corpus, tmp_path / "run", minutes=0.01, each=[BAG], **TINY)
    assert isinstance(league, League)
    assert len(league.rows) == 1


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_it_is_exported() -> None:
    assert seqtext.compare is compare


def test_an_answer_is_timed() -> None:
    assert 0 < latency("fill", Path("fill-en"), "The ___ is open.") < 1_000


def test_what_is_common_need_not_do_without_what_each_has(tmp_path: Path) -> None:
    """A summarizer copies unless told otherwise, which separate vocabularies cannot."""
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"a long text about rain {k}\train {k}\n" for k in range(30)), encoding="utf-8")
    how = {"minutes": 0.01, "each": [{"copy": False}], "vocabulary": "separate", "hidden": 8, "embedding": 8, **TINY}
    *_, league = compare("summarize", pairs, tmp_path / "run", **how)
    assert list(league.rows) == ["copy-False"]


@pytest.mark.learning
def test_several_seeds_learn_and_are_measured_on_the_same_texts(corpus: Path, tmp_path: Path) -> None:
    """With two seeds after one: what there is stays as it is, and the league has means."""
    asked = {"minutes": 0.03, "each": [BAG, RNN], "valid_share": 0.4, **TINY}
    *_, alone = compare("classify", corpus, tmp_path / "run", **asked)
    facts = json.loads((tmp_path / "run" / "league.json").read_text(encoding="utf-8"))
    assert "seeds" not in facts["request"]
    assert {"seed", "runs", "scores", "spread"}.isdisjoint(facts["rows"][0])
    events = list(compare("classify", corpus, tmp_path / "run", seeds=2, **asked))
    found = [
        (event.name, event.seed, event.state, event.number, event.count) for event in events if type(event) is Turn
    ]
    assert found == [
        ("bag-pooling-mean", 0, "finished", 1, 4), ("bag-pooling-mean", 4, "new", 2, 4),
        ("rnn-hidden-8", 0, "finished", 3, 4), ("rnn-hidden-8", 4, "new", 4, 4),
    ]  # fmt: skip
    league = events[-1]
    assert league == League.read(tmp_path / "run")
    rows = [event for event in events if isinstance(event, Row)]
    assert [row.seed for row in rows] == [0, 4, 0, 4]
    for name, row in league.rows.items():
        assert row.runs == [one for one in rows if one.name == name]
        assert row.runs[0] == alone.rows[name]
        assert row.score == pytest.approx((row.runs[0].score + row.runs[1].score) / 2)
        assert row.interval[0] <= row.score <= row.interval[1]
        places = [tmp_path / "run" / one for one in (name, f"{name}-seed-4")]
        parts = [sorted(one.relative_to(place) for one in (place / "data").rglob("*.npy")) for place in places]
        assert parts[0] == parts[1] != []
        assert all((places[0] / one).read_bytes() == (places[1] / one).read_bytes() for one in parts[0])
        weights = [(place / "weights.safetensors").read_bytes() for place in places]
        assert weights[0] != weights[1]
        assert [json.loads((place / "config.json").read_bytes())["training"]["seed"] for place in places] == [3, 4]
    assert list(compare("classify", None, tmp_path / "run", resume=True))[-1] == league
    with pytest.raises(TrainingError, match="another comparison: seeds 2, not 1"):
        next(compare("classify", corpus, tmp_path / "run", **asked))


@pytest.mark.learning
def test_another_seed_goes_on_where_it_stopped(corpus: Path, tmp_path: Path) -> None:
    asked = {"minutes": 0.03, "seeds": 2, "each": [RNN], "save_seconds": 0.0, **TINY}
    reached = press_ctrl_c(compare("classify", corpus, tmp_path / "run", **asked), turn=2, step=3)
    assert League.read(tmp_path / "run").rows["rnn-hidden-8"].runs == []
    rest = list(compare("classify", None, tmp_path / "run", resume=True))
    assert turns(rest) == [("rnn-hidden-8", "finished"), ("rnn-hidden-8", "interrupted")]
    assert next(event.step for event in rest if isinstance(event, Saved)) == reached + 1 > 3
    assert len(rest[-1].rows["rnn-hidden-8"].runs) == 2


@pytest.mark.parametrize("left", ["nothing", "folder", "settings"])
def test_another_seed_that_was_killed_as_it_began_learns_the_same_texts(
    left: str, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = {"nothing": "make_folder", "folder": "Run.write_settings", "settings": "Run.link_data"}[left]
    asked = {"minutes": 0.01, "each": [RNN], **TINY}
    list(compare("classify", corpus, tmp_path / "run", **asked))
    with monkeypatch.context() as patch:
        patch.setattr(f"seqtext.training.comparison.{target}", interrupted)
        patch.setattr("seqtext.training.compare.make_place", print)  # which uses the same function
        with pytest.raises(KeyboardInterrupt):
            list(compare("classify", corpus, tmp_path / "run", seeds=2, **asked))
    *_, league = compare("classify", corpus, tmp_path / "run", seeds=2, **asked)
    assert len(league.rows["rnn-hidden-8"].runs) == 2
    first, second = ((tmp_path / "run" / name / "data" / "valid" / "labels.npy").read_bytes()
                     for name in ("rnn-hidden-8", "rnn-hidden-8-seed-4"))  # fmt: skip
    assert first == second


def test_the_data_of_the_first_seed_may_be_gone(corpus: Path, tmp_path: Path) -> None:
    asked = {"minutes": 0.01, "each": [RNN], **TINY}
    list(compare("classify", corpus, tmp_path / "run", **asked))
    shutil.rmtree(tmp_path / "run" / "rnn-hidden-8" / "data")
    *_, league = compare("classify", corpus, tmp_path / "run", seeds=2, **asked)
    assert len(league.rows["rnn-hidden-8"].runs) == 2


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"seeds": 0}, "seeds received 0; a whole number from 1 to 100 is accepted.", "seeds=3"),
        ({"seeds": 2.0}, "seeds received 2.0; a whole number", "seeds=3"),
        ({"seeds": 2, "seed": 2**31 - 1}, "seed received 2147483648", "seed=1"),
    ],
)
def test_numbers_of_seeds(corpus: Path, tmp_path: Path, asked: dict, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        next(compare("classify", corpus, tmp_path / "run", each=[BAG], **asked))
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert not (tmp_path / "run").exists()
