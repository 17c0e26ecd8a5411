"""Naive Bayes, the baseline of classifiers."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from seqtext.evaluation.naive_bayes import NaiveBayes, SeveralBayes, grams_of


def test_naive_bayes_decides_on_each_label_by_itself() -> None:
    labels = np.array([[True, False], [True, True], [False, False]])
    model = SeveralBayes([["a", "b"], ["a"], ["c"]], labels)
    # Of label 0, 2 of 3 texts: P(a | 0) = 3/6, P(a | not 0) = 1/4, V = 3; of label 1: P(a | 1) = 2/4, of not 1: 2/6.
    assert model.answer([["a"], ["c"], ["new"]]).tolist() == [[True, False], [False, False], [True, False]]
    scores = np.log([3 / 6 / (1 / 4) * 3 / 2, 2 / 4 / (2 / 6) * 2 / 3])
    assert (scores > [0.0, 1e-9]).tolist() == [True, False]


def test_words_have_their_marks_and_letters_without_spaces_are_words() -> None:
    assert grams_of("Cafe\u0301! की") == ["café", "!", "की", "café !", "! की"]
    assert grams_of("iPhone的价格") == ["iphone", "的", "价", "格", "iphone 的", "的 价", "价 格"]


def test_naive_bayes_tells_chinese_apart() -> None:
    texts = ["今天心情很好", "这部电影很精彩", "今天心情很差", "这部电影很失望"]
    model = NaiveBayes([grams_of(text) for text in texts], np.array([1, 1, 0, 0]))
    assert model.answer([grams_of(text) for text in ("我很失望", "真精彩", "心情差")]).tolist() == [0, 1, 0]


def test_naive_bayes_is_the_sum_that_it_says() -> None:
    model = NaiveBayes([grams_of(text) for text in ("a b", "a", "c")], np.array([5, 5, 9]))
    # Grams: a, b, "a b", c. Label 5 has a twice, b and "a b" once: P(a | 5) = 3/8; label 9 has c: P(c | 9) = 2/5.
    assert model.answer([["c"], ["b"], ["unseen"]]).tolist() == [9, 5, 5]
    found = model._logs.toarray() - model._shift
    assert np.exp(found[0]).tolist() == pytest.approx([3 / 8, 1 / 5])


def random_texts(draw: np.random.Generator, count: int) -> list[str]:
    words = ["Tea", "tea", "milk", "is", "isn't", "cold", "hot", ".", "!", "42"]
    return [" ".join(draw.choice(words, draw.integers(0, 9))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_naive_bayes_is_that_of_scikit_learn(seed: int) -> None:
    draw = np.random.default_rng(seed)
    texts, others, labels = random_texts(draw, 60), random_texts(draw, 200), draw.choice([2, 5, 9], 60)
    others += ["never seen", "tea never seen"]
    counts = CountVectorizer(analyzer=grams_of)
    theirs = MultinomialNB(alpha=1.0).fit(counts.fit_transform(texts), labels)
    ours = NaiveBayes([grams_of(text) for text in texts], labels)
    order = [ours._numbers[gram] for gram in counts.get_feature_names_out()]
    np.testing.assert_allclose((ours._logs.toarray() - ours._shift)[order].T, theirs.feature_log_prob_)
    np.testing.assert_allclose(ours._prior, theirs.class_log_prior_)
    answered = ours.answer([grams_of(text) for text in others])
    assert answered.tolist() == theirs.predict(counts.transform(others)).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_several_labels_are_as_many_models_of_scikit_learn(seed: int) -> None:
    """Each of a text with the label against one without; the prior, too, is smoothed here and is given to the other."""
    draw = np.random.default_rng(seed)
    texts, others, labels = random_texts(draw, 60), random_texts(draw, 200), draw.random((60, 4)) < 0.3
    counts = CountVectorizer(analyzer=grams_of)
    known, asked = counts.fit_transform(texts), counts.transform(others)
    answered = SeveralBayes([grams_of(text) for text in texts], labels).answer([grams_of(text) for text in others])
    assert 0 < answered.sum() < answered.size
    for label, own in enumerate(labels.T):
        prior = np.array([(~own).sum() + 1, own.sum() + 1]) / 62
        theirs = MultinomialNB(alpha=1.0, class_prior=prior).fit(known, own)
        assert answered[:, label].tolist() == theirs.predict(asked).tolist()
