"""Measuring a classifier that answers as it is told, and the naive Bayes baseline beside it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext.errors import ConfigError, CorpusError
from seqtext.evaluation.classifier import measure_classifier
from seqtext.models.label_names import LabelNames

PAIRS = [
    (label, f"{word} number {k}")
    for k in range(10)
    for label, word in (("good", "lovely"), ("bad", "dull"), ("bad", "dreary"))
]


class Told:
    """Says "good" of whatever is lovely, or of what is in a list."""

    labels, several = ("bad", "good"), False
    names = LabelNames(former={"badd": "bad"})

    def __init__(self, *more: str) -> None:
        self.more = more

    def log_probs(self, texts: list[str]) -> np.ndarray:
        good = np.array(["lovely" in text or text in self.more for text in texts])
        return np.log(np.where(good[:, None], [0.2, 0.8], [0.9, 0.1])).astype(np.float32)


def measured(*more: str, pairs: Any = PAIRS, **settings: Any) -> dict[str, Any]:
    return measure_classifier(Told(*more), pairs, **settings)  # type: ignore[arg-type]


def test_scores_beside_the_baselines() -> None:
    found = measured("dull number 3", "dreary number 4", "dreary number 5")
    assert found["texts"] == 30
    assert found["accuracy"] == pytest.approx(0.9)
    assert found["labels"]["good"]["precision"] == pytest.approx(10 / 13)
    assert found["labels"]["bad"] == {
        "precision": 1.0, "recall": pytest.approx(17 / 20), "f1": pytest.approx(34 / 37), "texts": 20,
    }  # fmt: skip
    assert found["macro_f1"] == pytest.approx((34 / 37 + 20 / 23) / 2)
    assert found["calibration_error"] == pytest.approx((17 * 0.1 + abs(13 * 0.8 - 10)) / 30, abs=1e-6)
    assert found["confusion"].splitlines()[1].split() == ["bad", "17", "3"]
    assert found["baseline"]["usual label"]["accuracy"] == pytest.approx(2 / 3)
    assert found["baseline"]["naive bayes"]["accuracy"] == 1.0
    assert "unknown_labels" not in found


def test_the_baseline_learns_from_what_it_is_given() -> None:
    found = measured(learnt=[("good", "dull"), ("bad", "lovely"), ("odd", "dreary"), ("odd", "dreary")])
    assert found["baseline"]["naive bayes"]["accuracy"] == 0.0
    assert found["baseline"]["usual label"]["accuracy"] == 0.0


def test_labels_that_the_model_does_not_know() -> None:
    found = measured(pairs=[*PAIRS, ("odd", "lovely and dull")])
    assert found["unknown_labels"] == 1
    assert found["accuracy"] == pytest.approx(30 / 31)
    with pytest.raises(CorpusError, match="it knows bad, good, the corpus has 'odd'"):
        measured(pairs=[("odd", "lovely")])


def test_a_former_spelling_of_a_label_counts_as_the_present_one() -> None:
    former = [(label.replace("bad", "badd"), text) for label, text in PAIRS]
    assert measured(pairs=former) == measured()
    assert measured(pairs=former, learnt=former) == measured(learnt=PAIRS)
    several = [(label.replace("bad", "badd"), text) for label, text in MANY]
    assert measured_many(pairs=several, learnt=several) == measured_many(learnt=MANY)


def test_labels_that_are_spelled_otherwise_are_those_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Told, "labels", ("0", "1"))
    monkeypatch.setattr(Told, "names", LabelNames())
    plain = [("1" if label == "good" else "0", text) for label, text in PAIRS]
    floats = [(f"{label}.0", text) for label, text in plain]
    found = measured(pairs=floats, learnt=floats)
    assert found == measured(pairs=plain, learnt=plain)
    assert found["accuracy"] == 1.0


def test_several_labels_may_have_semicolons_between() -> None:
    bars = [("good|bad" if number % 2 else label, text) for number, (label, text) in enumerate(MANY)]
    found = measured_many(pairs=[(label.replace("|", "; "), text) for label, text in bars])
    assert found.pop("labels_note").startswith("semicolons between labels recognized: 'good; bad' is read as")
    assert found == measured_many(pairs=bars)


def test_no_label_is_no_class_where_no_text_lacks_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [pair for pair in PAIRS if pair[0] == "good"]
    monkeypatch.setattr(Told, "names", LabelNames(unknown="bad"))
    found = measured(pairs=[*pairs, ("good", "grey")])
    assert found["macro_f1"] == pytest.approx(20 / 21)
    assert measured()["macro_f1"] == 1.0


def test_rows_of_several_labels_need_a_model_for_them() -> None:
    with pytest.raises(CorpusError, match=r"has the labels 'bad\|good', but the model gives each text one of 2"):
        measured(pairs=[*PAIRS, ("bad|good", "lovely and dull")])
    assert measured(pairs=[*PAIRS, ("odd|good", "lovely")])["unknown_labels"] == 1  # a label like another


def test_a_picture_is_drawn_of_what_was_measured(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    measured("dull number 3", picture=tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {shown} -->" in svg for shown in ("bad", "good", "19", "1", "10"))
    with pytest.raises(ConfigError, match="accepted are"):
        measured(picture=tmp_path / "a.gif")


class Several(Told):
    """Says "good" of what is lovely, "bad" of what is dull; of some both."""

    labels, several = ("bad", "good"), True

    def log_probs(self, texts: list[str]) -> np.ndarray:
        told = [["dull" in text, "lovely" in text or text in self.more] for text in texts]
        return np.log(np.where(told, 0.8, 0.1)).astype(np.float32)

    def chosen(self, log_probs: np.ndarray) -> np.ndarray:
        return log_probs >= np.log(0.5)


MANY = [
    pair
    for k in range(10)
    for pair in (
        ("good|bad", f"lovely {k} yet dull"),
        ("good", f"so lovely {k}"),
        ("bad", f"dull {k}"),
        ("", f"grey {k}"),
    )
]


def measured_many(*more: str, pairs: Any = MANY, **settings: Any) -> dict[str, Any]:
    return measure_classifier(Several(*more), pairs, **settings)


def test_several_labels_beside_the_baselines() -> None:
    found = measured_many("grey 1", "grey 2")
    assert found["texts"] == 40
    assert found["micro_f1"] == pytest.approx(2 * 40 / (40 + 42))
    assert found["macro_f1"] == pytest.approx((1 + 2 * 20 / (20 + 22)) / 2)
    assert found["subset_accuracy"] == pytest.approx(38 / 40)
    assert (found["labels_a_text"], found["answered_a_text"]) == (1.0, pytest.approx(42 / 40))
    assert found["labels"]["good"]["precision"] == pytest.approx(20 / 22)
    assert "confusion" not in found
    assert 0.95 < found["baseline"]["naive bayes"]["micro_f1"] < 1.0
    assert found["baseline"]["usual labels"]["subset_accuracy"] == pytest.approx(1 / 4)


def test_several_labels_learnt_elsewhere_and_unknown_ones() -> None:
    taught = [("good|new", "dull dull"), ("good", "dull"), ("good", "grey"), ("", "lovely")]
    found = measured_many(pairs=[*MANY, ("odd|good", "lovely")], learnt=taught)
    assert found["unknown_labels"] == 1
    assert found["labels"]["odd"]["recall"] == 0.0
    assert found["baseline"]["usual labels"]["micro_f1"] == pytest.approx(2 * 21 / (42 + 41))  # always "good"
    with pytest.raises(CorpusError, match="it knows bad, good, the corpus has 'odd'"):
        measured_many(pairs=[("odd", "lovely"), ("", "grey")])
    with pytest.raises(ConfigError, match="picture was given for a model of several labels"):
        measured_many(picture="a.png")


def test_a_limit_takes_random_ones() -> None:
    assert measured(limit=7)["texts"] == 7
    assert measured(limit=7) == measured(limit=7)
    assert measured(limit=99)["texts"] == 30


@pytest.mark.parametrize("measure", [measured, measured_many])
def test_without_a_labelled_text_nothing_is_measured(measure: Any) -> None:
    with pytest.raises(CorpusError, match="no labelled text"):
        measure(pairs=[])
