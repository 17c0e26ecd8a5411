"""Two classifiers whose scores are added up, by factors fitted on held-out text and in a trained model."""

import json
from pathlib import Path
from typing import Any

import numpy as np

import seqtext
from seqtext.training.blend import blend
from seqtext.training.linear import nats, one_hot
from seqtext.training.train import train

_DRAW = np.random.default_rng(11)
_LABELS = _DRAW.integers(0, 3, 400)
_TARGETS = one_hot(_LABELS, 3)
_GOOD, _OTHER = (2.0 * _TARGETS + _DRAW.normal(size=(400, 3)) for _ in range(2))


def test_two_that_err_apart_are_better_together() -> None:
    found = blend(_GOOD, _OTHER, _TARGETS)
    assert found.is_better
    assert abs(found.first - found.second) < 0.6  # they are as good as each other
    best = nats(found.first * _GOOD + found.second * _OTHER, _TARGETS)
    for a, b in ((0.05, 0.0), (-0.05, 0.0), (0.0, 0.05), (0.0, -0.05)):
        assert best < nats((found.first + a) * _GOOD + (found.second + b) * _OTHER, _TARGETS)


def test_noise_is_not_added() -> None:
    assert not blend(_GOOD, np.random.default_rng(3).normal(size=(400, 3)), _TARGETS).is_better
    assert blend(_GOOD, -_GOOD, _TARGETS).second == 0.0


def test_of_several_labels_the_decisions_are_blended() -> None:
    assert blend(2 * _GOOD - 1, 2 * _OTHER - 1, _TARGETS, several=True).is_better


def _train(folder: Path, run: str, **settings: Any) -> list[Any]:
    """A bag that sees no order, of texts whose label is told by it for one half and by a word for the other."""
    rows = []
    for k in range(900):
        (a, b), draw = (("up", "down"), ("down", "up"))[k % 2], np.random.default_rng(k)
        rows.append(f"{a}\t{a if draw.random() < 0.3 else 'it'} {draw.integers(40)} goes {a} then {b}")
    (folder / "c.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    tiny = {"hidden": 8, "embedding": 8, "threads": 1, "device": "cpu", "steps": 30, "pooling": "mean"}
    return list(train("classify", folder / "c.tsv", folder / run, encoder="bag", **{**tiny, **settings}))


def test_a_linear_part_is_folded_into_the_model(tmp_path: Path) -> None:
    _train(tmp_path, "plain")
    events = _train(tmp_path, "blended", blend=True)
    (told,) = (event.told for event in events if getattr(event, "subject", "") == "Blend")
    assert "A linear part" in told
    plain, blended = (json.loads((tmp_path / name / "config.json").read_text()) for name in ("plain", "blended"))
    assert blended["scores"]["accuracy"] == 1.0 > plain["scores"]["accuracy"]
    assert events[-1].metrics["accuracy"] == 1.0
    model = seqtext.load(tmp_path / "blended")
    assert model.classify("it 3 goes down then up")[0].label == "down"
    plain_model = seqtext.load(tmp_path / "plain")
    assert (model.contents.weights["embedding.weight"] == plain_model.contents.weights["embedding.weight"]).all()


def test_a_blended_run_goes_on(tmp_path: Path) -> None:
    _train(tmp_path, "run", blend=True)
    events = list(train("classify", None, tmp_path / "run", resume=True, steps=5))
    (told,) = (event.told for event in events if getattr(event, "subject", "") == "Blend")
    assert "inear part" in told or "As before" in told
    assert seqtext.load(tmp_path / "run").classify("it 3 goes up then down")[0].label == "up"
