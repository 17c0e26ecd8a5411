"""A linear layer over frozen readers: what is fitted, what stays, what is asked for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import seqtext
from seqtext.config import ClassifyConfig
from seqtext.errors import ConfigError
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.label_files import LabelFile
from seqtext.training.blend import Blend, blend
from seqtext.training.device import choose_device
from seqtext.training.events import Step
from seqtext.training.held_out_scores import HeldOutScores
from seqtext.training.networks.classifier import ClassifyNetwork
from seqtext.training.run import OUT_OF_FOLD, Run
from seqtext.training.tasks import conclusion
from seqtext.training.tasks.few_labels import pooled_texts
from seqtext.training.train import train

PROBE: dict[str, Any] = {"encoder": "bag", "pooling": "max,mean", "probe": True, "threads": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def filler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filler")
    text = folder / "text.txt"
    text.write_text("there is a pear on item 3\nthere is no owl or saw\n" * 20, encoding="utf-8")
    small = {"steps": 2, "hidden": 8, "embedding": 6, "vocab_size": 400, "threads": 1, "min_count": 1, "device": "cpu"}
    list(train("fill", text, folder / "fill", counting=False, **small))
    return folder / "fill"


def _corpus(path: Path) -> Path:
    draw = np.random.default_rng(5)
    words = {"fruit": ["pear", "plum"], "tool": ["saw", "drill"]}
    rows = [
        f"{label}\tthere is {'no' if k % 2 else 'a'} {draw.choice(words[label])}" for label in words for k in range(40)
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_only_the_output_layer_is_fitted(filler: Path, tmp_path: Path) -> None:
    events = list(train("classify", _corpus(tmp_path / "c.tsv"), tmp_path / "run", start=filler, **PROBE))
    assert not any(isinstance(event, Step) for event in events)
    assert "fitted" in events[-1].reason
    model, before = seqtext.load(tmp_path / "run"), seqtext.load(filler).contents.weights
    after = model.contents.weights
    for name, value in before.items():
        if name.startswith(("left.layers", "right.layers")):
            assert np.array_equal(after[f"context.{name}"], value)
    assert np.array_equal(after["embedding.weight"][: len(before["embedding.weight"])], before["embedding.weight"])
    assert [model.classify(text)[0].label for text in ("there is a plum", "no saw")] == ["fruit", "tool"]


def test_the_layer_is_that_of_scikit_learn(filler: Path, tmp_path: Path) -> None:
    list(train("classify", _corpus(tmp_path / "c.tsv"), tmp_path / "run", start=filler, **PROBE))
    model, run = seqtext.load(tmp_path / "run"), Run(tmp_path / "run")
    config: ClassifyConfig = model.config
    network = ClassifyNetwork(config, model.tokenizer.size, 2)
    weights = {name: value for name, value in model.contents.weights.items() if name != DOUBT_TABLE}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    _, settings = run.read_settings()
    texts = LabelFile(run.data / "train", config, model.tokenizer, settings.training.max_length)
    pooled = pooled_texts(network, texts, choose_device(settings.training, 1).device)
    features = (pooled - pooled.mean(0)) / (pooled.std(0) + 1e-6) / np.sqrt(pooled.shape[1])
    tried = [line["strength"] for line in model.contents.history if "strength" in line]
    strength = min(tried, key=lambda one: one["loss"])["strength"]
    oracle = LogisticRegression(C=2 * strength, tol=1e-8, max_iter=5000).fit(features, texts.labels)  # see test_linear
    scores = pooled @ weights["output.weight"].T + weights["output.bias"]
    expected = oracle.decision_function(features)
    assert np.abs(scores[:, 1] - scores[:, 0] - expected).max() < 0.05 * np.abs(expected).max()


def test_a_probe_needs_a_model_to_start_from(filler: Path, tmp_path: Path) -> None:
    corpus = _corpus(tmp_path / "c.tsv")
    message = "probe was given, but there is nothing that is known before"
    with pytest.raises(ConfigError, match=message):
        list(train("classify", corpus, tmp_path / "run", encoder="bag", probe=True))
    with pytest.raises(ConfigError, match=message):
        list(train("classify", corpus, tmp_path / "run", start=filler, probe=True))


def test_a_linear_part_is_weighed_by_all_texts(filler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[int] = []

    def counted(first: Any, second: Any, targets: Any, **several: Any) -> Blend:
        weighed.append(len(targets))
        assert first.shape == second.shape == targets.shape
        return blend(first, second, targets, **several)

    monkeypatch.setattr(conclusion, "blend", counted)
    draw, rows = np.random.default_rng(2), []
    for k in range(600):
        label, word = (("fruit", "pear"), ("tool", "saw"))[draw.integers(2)]
        rows.append(f"{label}\tthere is {'a' if k % 2 else 'no'} {word} on item {k}\n")
    (tmp_path / "c.tsv").write_text("".join(rows), encoding="utf-8")
    list(train("classify", tmp_path / "c.tsv", tmp_path / "run", start=filler, blend=True, **PROBE))
    run = Run(tmp_path / "run")
    learnt = LabelFile(run.data / "train", ClassifyConfig(), Tokenizer.from_json(run.read_tokenizer(), "word"), 400)
    fitted = HeldOutScores.read(run.folder / OUT_OF_FOLD)
    assert fitted is not None
    assert (fitted.targets.argmax(1) == learnt.labels).all()
    assert (fitted.scores.argmax(1) == learnt.labels).mean() > 0.9
    assert weighed == [600]  # those learnt and those held out
