"""The linear classifier: as scikit-learn's tf-idf and logistic regression, from the corpus to the model folder."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import seqtext
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.training.batches.label_files import label_batch
from seqtext.training.events import Evaluated, Finished, Step
from seqtext.training.networks.classifier import ClassifyNetwork
from seqtext.training.train import train

LINEAR: dict[str, Any] = {"encoder": "none", "wide": 1 << 20, "threads": 1, "minutes": 1, "device": "cpu"}


def _corpus(path: Path, lines: int = 240) -> Path:
    words = {"fruit": ["Apple", "pear", "plum"], "tool": ["hammer", "saw", "drill"], "bird": ["owl", "wren", "crow"]}
    draw = np.random.default_rng(1)
    rows = [
        f"{label}\tthere is {'no' if draw.integers(2) else 'a'} {draw.choice(own)} on item {draw.integers(30)}"
        for label, own in words.items()
        for _ in range(lines // 3)
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _terms(text: str) -> list[str]:
    words = ["^", *text.lower().split()]
    return words[1:] + [f"{a} {b}" for a, b in pairwise(words)]


def test_the_answers_are_those_of_scikit_learn(tmp_path: Path) -> None:
    corpus = _corpus(tmp_path / "c.tsv")
    *_, finished = train("classify", corpus, tmp_path / "run", valid=corpus, **LINEAR)
    assert isinstance(finished, Finished)
    assert "fitted" in finished.reason
    model = seqtext.load(tmp_path / "run")
    best = min(
        (line["strength"] for line in model.contents.history if "strength" in line), key=lambda tried: tried["loss"]
    )
    labels, texts = zip(*(line.split("\t") for line in corpus.read_text().splitlines()), strict=True)
    vectorizer = TfidfVectorizer(sublinear_tf=True, analyzer=_terms)
    oracle = LogisticRegression(C=best["strength"], tol=1e-8, max_iter=5000).fit(
        vectorizer.fit_transform(texts), labels
    )
    asked = [*texts[::20], "there is an owl", "a plum and a hammer", "hammers"]
    expected = oracle.decision_function(vectorizer.transform(asked))
    found = model.log_probs(asked) * model.temperature
    found, expected = (one - one.mean(1, keepdims=True) for one in (found, expected))
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()


@pytest.mark.parametrize("letters", [0, 5])
def test_both_forms_give_the_same_scores(letters: int, tmp_path: Path) -> None:
    list(train("classify", _corpus(tmp_path / "c.tsv"), tmp_path / "run", letters=letters, **LINEAR))
    model = seqtext.load(tmp_path / "run")
    network = ClassifyNetwork(model.config, model.tokenizer.size, 3)
    weights = {name: value for name, value in model.contents.weights.items() if name != DOUBT_TABLE}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    for text in ("there is a saw", "no", "there is no owl on item 7 or 8", "there", ""):
        ids = np.array([[2, *model.tokenizer.encode(text, spacing=False).ids.tolist(), 3]])
        batch = label_batch(ids, np.ones_like(ids, np.bool_), np.zeros(1, np.int64), model.config, model.tokenizer)
        with torch.no_grad():
            expected = torch.log_softmax(network(batch) / model.temperature, 1).numpy()
        assert np.abs(model.log_probs([text]) - expected).max() < 1e-4
    assert model.classify("THERE IS A PLUM")[0].label == "fruit"


@pytest.mark.learning
def test_a_fit_is_repeatable_and_its_history_says_what_was_tried(tmp_path: Path) -> None:
    corpus, files = _corpus(tmp_path / "c.tsv"), []
    for name in ("one", "other"):
        events = list(train("classify", corpus, tmp_path / name, letters=4, **LINEAR))
        assert not any(isinstance(event, Step) for event in events)
        files.append((tmp_path / name / "weights.safetensors").read_bytes())
    assert files[0] == files[1]
    history = [json.loads(line) for line in (tmp_path / "one" / "history.jsonl").read_text().splitlines()]
    tried = [line["strength"] for line in history if "strength" in line]
    assert {one["letters"] for one in tried} == {4}
    assert history[-1]["accuracy"] > 0.9
    resumed = list(train("classify", None, tmp_path / "one", resume=True))
    assert isinstance(resumed[-1], Finished)
    assert (tmp_path / "one" / "weights.safetensors").read_bytes() == files[0]


def test_a_fit_that_was_interrupted_begins_anew(tmp_path: Path) -> None:
    corpus = _corpus(tmp_path / "c.tsv")
    for event in train("classify", corpus, tmp_path / "run", **LINEAR):
        if isinstance(event, Evaluated):
            break  # before any checkpoint
    events = list(train("classify", None, tmp_path / "run", resume=True))
    assert events[-1].metrics["accuracy"] > 0.9
    list(train("classify", corpus, tmp_path / "whole", **LINEAR))
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("run", "whole")]
    assert weights[0] == weights[1]


def test_several_labels_of_a_text_are_fitted_each_by_itself(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    rows = []
    for _ in range(200):
        chosen = [label for label in ("late", "rude", "cold") if draw.random() < 0.4]
        rows.append(f"{'|'.join(chosen)}\tit was {' and '.join(['ok', *(f'{one}ish' for one in chosen)])}")
    (tmp_path / "c.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    *_, finished = train("classify", tmp_path / "c.tsv", tmp_path / "run", several=True, **LINEAR)
    assert finished.metrics["micro_f1"] > 0.95
    answer = seqtext.load(tmp_path / "run").classify("it was ok and coldish and rudeish")
    assert {one.label for one in answer if one.chosen} == {"cold", "rude"}


def test_spelled_words_and_whole_ones_are_the_same_words(tmp_path: Path) -> None:
    """A word that comes once is spelled byte by byte; as a term it is one all the same."""
    rows = [f"{label}\tzq{label}{k % 2} xx" for label in ("a", "b") for k in range(40)]
    (tmp_path / "c.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    list(train("classify", tmp_path / "c.tsv", tmp_path / "run", valid_share=0.0, min_count=30, **LINEAR))
    model = seqtext.load(tmp_path / "run")
    assert [model.classify(text)[0].label for text in ("ZQA0 xx", "zqb1 xx")] == ["a", "b"]
    assert np.ptp(model.log_probs(["ax"])) < np.ptp(model.log_probs(["zqa1"]))  # its pieces say nothing
