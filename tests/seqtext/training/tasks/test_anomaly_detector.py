"""Training an anomaly detector: kinds of lines, what is held out, what is saved, bad corpora."""

import json
from pathlib import Path
from typing import Any

import pytest

import seqtext
from seqtext.errors import ConfigError, CorpusError
from seqtext.evaluation.evaluate import evaluate
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.training.events import Finished, Started
from seqtext.training.train import train

CORPORA = Path(__file__).parents[4] / "corpora"

TINY: dict[str, Any] = {
    "hidden": 16, "embedding": 8, "batch_size": 256, "max_length": 16, "threads": 1, "precision": "fp32",
    "evaluations": 1, "steps": 40, "device": "cpu",
}  # fmt: skip

SESSIONS = ["open read close", "open write write close", "open close"] * 40


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    path = tmp_path / "sessions.txt"
    path.write_text("\n".join(SESSIONS) + "\n\n", encoding="utf-8")
    return path


def run_of(corpus: Path, folder: Path, **settings: Any) -> tuple[Started, Finished]:
    events = list(train("anomaly", corpus, folder, **{**TINY, **settings}))
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    return started, finished


def test_sessions_are_read_as_words_and_odd_ones_found(sessions: Path, tmp_path: Path) -> None:
    started, finished = run_of(sessions, tmp_path / "run", steps=150, hidden=32, embedding=32, learning_rate=0.02)
    assert started.examples == 120
    assert started.skipped == {"empty line": 1}
    detector = seqtext.load(tmp_path / "run")
    assert isinstance(detector, AnomalyDetector)
    assert detector.language.tokenizer.tokens == "word"
    assert detector.threshold == finished.metrics["threshold"]
    assert f"{len(detector.held_out)} lines, 20.0% chosen by seed 1; the threshold rests on them" in started.held_out
    assert "too few for --false-alarms 0.01, which asks for 100" in started.held_out
    assert detector.counting.lines + len(detector.held_out) == 120
    assert not detector.detect("open read close").anomalous
    for odd in ("open explode close", "close open", "open read read read read read close", "write"):
        one = detector.detect(odd)
        assert one.anomalous, odd
        assert one.spans
    assert "that finds lines which do not belong" in (tmp_path / "run" / "README.md").read_text()


def test_lines_of_a_log_are_masked_characters(tmp_path: Path) -> None:
    run_of(CORPORA / "service.log", tmp_path / "run", steps=80, batch_size=512, max_length=32, learning_rate=0.01)
    detector = seqtext.load(tmp_path / "run")
    assert detector.language.tokenizer.tokens == "char"
    line = "2031-05-04 08:44:17.851 answered 200 in 17 ms"
    assert detector.read(line) == "<date> <time> answered 200 in <duration>"
    found = evaluate(detector, CORPORA / "service-labelled.tsv")
    assert (found["lines"], found["anomalies"]) == (200, 15)
    assert found["auroc"] > 0.8  # after seconds; counting does most of it


def test_held_out_lines_of_another_file(sessions: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("open close\nopen steal close\n" * 10, encoding="utf-8")
    started, _ = run_of(sessions, tmp_path / "run", valid=other, false_alarms=0.1)
    assert f"20 lines, of {other}" in started.held_out
    assert "too few" not in started.held_out
    detector = seqtext.load(tmp_path / "run")
    assert detector.counting.lines == 120
    assert "steal" not in detector.counting.words
    assert sum(row[1] > 0 for row in detector.held_out.tolist()) == 10
    assert detector.false_alarms == 0.1


def test_no_held_out_line_is_learnt(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(f"event{chr(97 + k // 10)}{chr(97 + k % 10)}" for k in range(100)), encoding="utf-8")
    run_of(path, tmp_path / "run", tokens="word", min_count=1, steps=2)
    data = json.loads((tmp_path / "run" / "data" / "normal.json").read_text())
    learnt, held = set(data["counting"]["words"]), set(data["lines"])
    assert len(learnt) + len(held) == 100
    assert not learnt & held
    assert json.loads((tmp_path / "run" / "data" / "train" / "stream.json").read_text())["texts"] == len(learnt)


def test_two_lines_are_enough_and_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "few.txt"
    path.write_text("all is well\nall is fine\n", encoding="utf-8")
    run_of(path, tmp_path / "run", steps=2)
    assert len(seqtext.load(tmp_path / "run").held_out) == 1
    path.write_text("all is well\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="hold 1 line; 2 normal lines or more are needed"):
        run_of(path, tmp_path / "one")
    assert not (tmp_path / "one" / "settings.json").exists()
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(CorpusError, match="holds no text"):
        run_of(path, tmp_path / "none")


def test_lines_must_be_held_out(sessions: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="valid_share received 0") as caught:
        run_of(sessions, tmp_path / "run", valid_share=0.0)
    assert caught.value.hint == "valid_share=0.2"


@pytest.mark.parametrize("rate", [0, 1, 2, -0.1, float("nan"), "often"])
def test_a_rate_of_false_alarms_is_a_small_share(sessions: Path, tmp_path: Path, rate: Any) -> None:
    with pytest.raises(ConfigError, match="false_alarms received"):
        run_of(sessions, tmp_path / "run", false_alarms=rate)


def test_a_very_long_line_and_unknown_symbols(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("all is well today\n" * 30 + "x" * 300_000 + "\n\x01\x02 naïve 語 🂡\n", encoding="utf-8")
    run_of(path, tmp_path / "run", steps=2)
    detector = seqtext.load(tmp_path / "run")
    assert detector.detect("🂡🂡🂡").score > detector.detect("all is well today").score


def test_an_interrupted_run_goes_on(sessions: Path, tmp_path: Path) -> None:
    events = train("anomaly", sessions, tmp_path / "run", save_seconds=0, **{**TINY, "steps": 60})
    for event in events:
        if type(event).__name__ == "Saved" and event.step >= 5:
            break
    events.close()  # type: ignore[attr-defined]
    finished = list(train("anomaly", None, tmp_path / "run", resume=True))[-1]
    assert isinstance(finished, Finished)
    assert finished.step == 60
    assert seqtext.load(tmp_path / "run").detect("open explode close").anomalous


def test_a_run_starts_from_another(sessions: Path, tmp_path: Path) -> None:
    run_of(sessions, tmp_path / "first", steps=2)
    run_of(sessions, tmp_path / "second", steps=2, start=tmp_path / "first", false_alarms=0.2)
    assert seqtext.load(tmp_path / "second").false_alarms == 0.2
    with pytest.raises(ConfigError, match="a model for 'anomaly'; one for 'generate' is needed"):
        list(train("generate", sessions, tmp_path / "third", start=tmp_path / "first", steps=2))


@pytest.mark.learning
def test_planted_anomalies_are_found_and_better_than_by_counting(tmp_path: Path) -> None:
    settings = {"hidden": 64, "embedding": 32, "batch_size": 1024, "max_length": 64, "steps": 1200, "evaluations": 2}
    run_of(CORPORA / "service.log", tmp_path / "run", learning_rate=0.005, **settings)
    found = evaluate(seqtext.load(tmp_path / "run"), CORPORA / "service-labelled.tsv")
    assert found["auroc"] > 0.95
    assert found["recall"] >= 0.6
    assert found["false_positive_rate"] < 0.03
    assert found["auroc"] > found["baseline"]["auroc"] + 0.05
    assert found["f1"] > found["baseline"]["f1"]
