"""Suspects: flipped labels come first, what was written is a table, and a file that exists is refused at once."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.naive_bayes import ComplementNB

from seqtext.errors import ConfigError
from seqtext.training import suspects
from seqtext.training.events import Finished, Suspected, Suspecting
from seqtext.training.linear import one_hot, probabilities
from seqtext.training.suspects import SUSPECT_COLUMNS, complement_weights, features_of, find_suspects, folds_of, rank
from seqtext.training.train import train

WORDS = {
    "food": ["soup", "bread", "salt", "pan", "oven", "taste", "kitchen", "cook", "plate", "sugar"],
    "sport": ["ball", "goal", "team", "match", "coach", "score", "field", "race", "medal", "sprint"],
    "sky": ["cloud", "rain", "wind", "storm", "star", "moon", "sun", "frost", "snow", "thunder"],
}
SMALL = {"hidden": 8, "embedding": 8, "vocab_size": 400, "threads": 1, "precision": "fp32", "device": "cpu"}


def labelled(count: int = 240) -> tuple[list[str], np.ndarray]:
    draw = np.random.default_rng(3)
    labels = np.arange(count) % 3
    names = list(WORDS)
    return [f"the {' '.join(draw.choice(WORDS[names[one]], 4))} of {draw.integers(99)}" for one in labels], labels


def test_flipped_labels_come_first_and_their_former_labels_are_suggested() -> None:
    texts, labels = labelled()
    chosen = np.arange(0, 240, 20)
    noisy = labels.copy()
    noisy[chosen] = (labels[chosen] + 1) % 3
    found = find_suspects(texts, noisy)
    assert {one.row for one in found[: len(chosen)]} == set(chosen.tolist())
    assert all(one.suggested == labels[one.row] for one in found[: len(chosen)])
    assert all(one.probability < one.probability_suggested for one in found[: len(chosen)])
    assert found == find_suspects(texts, noisy)


def test_right_labels_give_no_suspects() -> None:
    assert find_suspects(*labelled()) == []


def test_the_ranking_by_hand() -> None:
    probs = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.3, 0.7], [0.05, 0.95], [0.2, 0.8]])
    found = rank(probs, np.array([0, 0, 0, 1, 1, 0]))
    # t_0 = (0.9 + 0.1 + 0.6 + 0.2) / 4 = 0.45, t_1 = (0.7 + 0.95) / 2 = 0.83. Confident are texts 0 and 2 of label 0,
    # 1 of label 1, and 4: a third of four labels is wrong, 1.3.
    assert [(one.row, one.label, one.suggested) for one in found] == [(1, 0, 1)]
    assert (found[0].probability, found[0].probability_suggested) == (0.1, 0.9)


def test_a_text_whose_own_label_is_likelier_is_not_listed() -> None:
    probs = np.array([[0.88, 0.12], [0.99, 0.01], [0.99, 0.01], [0.9, 0.1], [0.95, 0.05]])
    found = rank(probs, np.array([0, 0, 0, 1, 1]))  # t_1 = 0.075: p(1) = 0.12 of the first is confident, p(0) is not
    assert {one.row for one in found} <= {3, 4}
    assert all(one.probability < one.probability_suggested for one in found)


def test_many_texts_are_in_fewer_folds(monkeypatch) -> None:
    monkeypatch.setattr(suspects, "_MANY", 59)
    texts, labels = labelled(60)
    assert sorted(np.bincount(folds_of(texts, labels, 1))) == [20, 20, 20]


def test_the_only_text_of_a_label_is_trusted() -> None:
    texts, labels = labelled()
    assert all(one.row != 240 for one in find_suspects([*texts, "ball goal team"], np.append(labels, 3)))


def test_equal_texts_share_a_fold_and_labels_are_spread() -> None:
    texts, labels = labelled(60)
    folds = folds_of([*texts, *texts], np.append(labels, labels), 1)
    assert (folds[:60] == folds[60:]).all()
    for label in range(3):
        assert np.bincount(folds[:60][labels == label], minlength=5).tolist() == [4] * 5


def test_features_have_a_norm_for_each_kind_and_words_alone_of_a_large_corpus(monkeypatch) -> None:
    texts, _ = labelled(30)
    norms = np.sqrt(np.asarray(features_of(texts).power(2).sum(1)).ravel())
    np.testing.assert_allclose(norms, np.sqrt(1 + 0.25))
    monkeypatch.setattr(suspects, "_MOST_LETTERS", 100)
    np.testing.assert_allclose(np.asarray(features_of(texts).power(2).sum(1)).ravel(), 1)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    texts, labels = labelled()
    rows = [f"{list(WORDS)[label]}\t{text}\n" for label, text in zip(labels, texts, strict=True)]
    for wrong in range(7, 240, 30):
        rows[wrong] = rows[wrong].replace("sport", "food", 1)
    path = tmp_path / "a.tsv"
    path.write_text("label\ttext\n" + "".join(rows) + "\t no label\n", encoding="utf-8")
    return path


def test_training_writes_them_and_says_how_many(corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "suspects.csv"
    events = list(train("classify", corpus, tmp_path / "run", steps=2, suspects=file, **SMALL))
    assert isinstance(events[-1], Finished)
    begun, told = events[-3:-1]
    assert begun == Suspecting(240, 5)
    assert isinstance(told, Suspected)
    assert (told.texts, told.file) == (240, str(file))
    with file.open(newline="", encoding="utf-8") as lines:
        header, first, *others = csv.reader(lines)
    assert header == list(SUSPECT_COLUMNS)
    assert told.count == 1 + len(others)
    assert first[:2] == ["1", str(corpus)]
    assert told.count >= 4
    assert {int(one[3]) for one in (first, *others)} <= set(range(8, 241, 30))
    assert all(int(one[2]) == int(one[3]) + 1 for one in (first, *others))  # a header stands above the rows
    assert first[5:7] == ["food", "sport"]
    assert float(first[7]) < float(first[8])


def test_a_resumed_run_writes_them_at_its_end(corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "suspects.csv"
    list(train("classify", corpus, tmp_path / "run", steps=2, **SMALL))
    events = list(train("classify", None, tmp_path / "run", resume=True, steps=2, suspects=file))
    assert [type(event) for event in events[-2:]] == [Suspected, Finished]
    assert file.is_file()


@pytest.mark.parametrize(
    ("task", "name", "settings", "said"),
    [
        ("classify", "there.csv", {}, "which exists; a new file is expected"),
        ("classify", "none/a.csv", {}, "whose folder does not exist"),
        ("classify", "new.csv", {"several": True}, "only a classifier with one label a text has suspects"),
        ("fill", "new.csv", {}, "only a classifier with one label a text has suspects"),
    ],
)
def test_what_cannot_be_written_is_refused_before_training(corpus: Path, task, name, settings, said) -> None:
    (corpus.parent / "there.csv").write_text("mine")
    with pytest.raises(ConfigError, match=said):
        next(train(task, corpus, corpus.parent / "run", suspects=corpus.parent / name, **settings))
    assert not (corpus.parent / "run").exists()
    assert (corpus.parent / "there.csv").read_text() == "mine"


def test_naive_bayes_is_that_of_scikit_learn() -> None:
    draw = np.random.default_rng(4)
    features = sparse.csr_matrix(draw.random((60, 30)) * (draw.random((60, 30)) < 0.2))
    labels = draw.integers(0, 4, 60)
    oracle = ComplementNB(alpha=0.3).fit(features, labels)
    scores = features @ complement_weights(features, one_hot(labels, 4))
    assert np.allclose(probabilities(scores), oracle.predict_proba(features))
