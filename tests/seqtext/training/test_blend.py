"""Two classifiers whose scores are added up, by factors fitted on held-out text and in a trained model."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqtext
from seqtext.config import ClassifyConfig
from seqtext.training.blend import blend
from seqtext.training.held_out_scores import HeldOutScores
from seqtext.training.linear import nats, one_hot
from seqtext.training.ngrams import Linear
from seqtext.training.tasks import conclusion
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


def _both_kinds(path: Path) -> Path:
    """Texts whose label is told by two words being the same, or by a word after the 24 that a network reads here."""
    draw, rows = np.random.default_rng(5), []
    for k in range(1200):
        first, second = (("sun", "rain")[one] for one in draw.integers(0, 2, 2))
        up = first == second
        same = f"{first} and {second} n{draw.integers(1000)}"
        late = f"n{draw.integers(1000)} {'it ' * 40}{'early' if up else 'late'}"
        rows.append(f"{'up' if up else 'down'}\t{same if k % 2 else late}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.learning
def test_a_linear_part_is_folded_into_the_model(tmp_path: Path) -> None:
    corpus = _both_kinds(tmp_path / "c.tsv")
    small = {"encoder": "convolution", "widths": "3", "hidden": 16, "embedding": 16, "threads": 1, "device": "cpu"}
    learning = {"steps": 150, "dropout": 0.0, "learning_rate": 1e-2, "max_length": 24}
    list(train("classify", corpus, tmp_path / "plain", **small, **learning))
    events = list(train("classify", corpus, tmp_path / "both", **small, **learning, blend=True))
    assert _told(events).startswith("A linear part beside the network")
    plain, both = (json.loads((tmp_path / name / "config.json").read_text())["scores"] for name in ("plain", "both"))
    assert both["loss"] < plain["loss"] - 0.05
    assert events[-1].metrics["accuracy"] == both["accuracy"] > plain["accuracy"]
    plain_model, model = (seqtext.load(tmp_path / name) for name in ("plain", "both"))
    assert (model.contents.weights["embedding.weight"] == plain_model.contents.weights["embedding.weight"]).all()
    assert model.config.wide
    late = ["n1 " + "it " * 40 + word for word in ("early", "late")]
    early_one, late_one = model.log_probs(late)[:, model.labels.index("up")]
    assert early_one > late_one + 0.5
    assert plain_model.log_probs(late[:1]).tolist() == plain_model.log_probs(late[1:]).tolist()
    assert model.classify("sun and rain n3")[0].label == "down"
    assert (plain_model.longest, model.longest) == (24, 240)


def _told(events: list[Any]) -> str:
    (told,) = (str(event.told) for event in events if getattr(event, "subject", "") == "Blend")
    return told


def test_a_network_that_adds_nothing_is_left_out(tmp_path: Path) -> None:
    events = _train(tmp_path, "run", blend=True)
    assert _told(events).startswith("The linear part alone")
    model = seqtext.load(tmp_path / "run")
    assert model.config.linear
    assert set(model.contents.weights) >= {"wide.weight", "idf", "output.bias"}
    assert "embedding.weight" not in model.contents.weights
    assert events[-1].metrics["accuracy"] == 1.0
    assert model.classify("it 3 goes down then up")[0].label == "down"


@pytest.mark.parametrize(("balance", "before", "linear"), [(1.0, 1.1, False), (1.0, 0.9, True), (0.0, 1.1, True)])
def test_where_rare_labels_count_no_linear_part_may_cost_macro_f1(
    balance: float, before: float, linear: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss that a blend is fitted by counts every text alike."""
    monkeypatch.setattr(conclusion, "macro_f1", lambda true, answered: before)
    events = _train(tmp_path, "run", blend=True, balance=balance)
    model = seqtext.load(tmp_path / "run")
    assert model.config.linear == linear
    if not linear:
        assert _told(events).startswith("The network alone: a linear part would lower macro_f1 from 1.1000 to 1.0000")
        assert "wide.weight" not in model.contents.weights
        assert events[-1].metrics["accuracy"] < 1.0


def test_what_a_run_has_fitted_is_read_again(tmp_path: Path) -> None:
    linear = Linear(np.zeros((8, 2), np.float32), np.ones(2, np.float32), np.zeros(8, np.float32), [])
    linear.weights[[1, 5]] = [[1, 2], [3, 4]]
    linear.idf[[1, 5]] = 0.5, 2.0
    config = ClassifyConfig(encoder="bag", wide=8, weighting="tfidf", letters=5)
    linear.write(tmp_path, config)
    found = Linear.read(tmp_path, config, 2)
    assert found is not None
    assert all((one == other).all() for one, other in zip(found[:3], linear[:3], strict=True))
    for other in ({"wide": 4}, {"letters": 0}, {"ngrams": 3}):
        assert Linear.read(tmp_path, replace(config, **other), 2) is None
    assert Linear.read(tmp_path, config, 3) is Linear.read(tmp_path / "no", config, 2) is None
    (tmp_path / "linear.safetensors").write_bytes(b"damaged")
    assert Linear.read(tmp_path, config, 2) is None


def test_a_blended_run_goes_on(tmp_path: Path) -> None:
    _train(tmp_path, "run", blend=True)
    events = list(train("classify", None, tmp_path / "run", resume=True, steps=5))
    assert "inear part" in _told(events) or "As before" in _told(events)
    assert seqtext.load(tmp_path / "run").classify("it 3 goes up then down")[0].label == "up"


def test_scores_of_two_trials_are_blended_text_by_text(tmp_path: Path) -> None:
    texts = np.arange(400)
    HeldOutScores(texts, _GOOD, _TARGETS).write(tmp_path / "scores")
    good, order = HeldOutScores.read(tmp_path / "scores"), np.random.default_rng(2).permutation(400)
    assert good is not None
    other = HeldOutScores(order, _OTHER[order], _TARGETS[order])
    found = good.beside(other, several=False)
    assert found is not None
    expected = blend(_GOOD, _OTHER, _TARGETS)
    assert np.allclose(found, expected, rtol=1e-3)
    assert good.beside(HeldOutScores(texts + 1, _OTHER, _TARGETS), several=False) is None
    assert HeldOutScores.read(tmp_path / "none") is None
