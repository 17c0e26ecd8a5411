"""n-gram models against numbers worked out by hand, a slow dictionary version, and the laws of probability."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtext.characters import SPELLED_WORD, compiled
from seqtext.errors import ConfigError
from seqtext.evaluation.ngrams import CODE_POINTS, NGrams, cut_words, estimate_discounts

TEXTS = st.lists(st.text("abc\n", max_size=20), max_size=4)


def probability(model: NGrams, before: str, after: str) -> float:
    """Of `after`, given that a text has begun with `before`."""
    return 2.0 ** (model.bits(before) - model.bits(before + after))


def slow(texts: Sequence[str], order: int, before: str, symbol: str) -> float:
    """p(symbol | before) by the recursion of Chen and Goodman, with dictionaries; "^" is the start of a text."""
    marked = [f"^{text}" for text in texts]
    raw = Counter(text[i : i + n] for text in marked for n in range(1, order + 1) for i in range(len(text) - n + 1))
    kinds = Counter(gram[1:] for gram in raw if len(gram) > 1)
    counts = {gram: n if len(gram) == order or gram[0] == "^" else kinds[gram] for gram, n in raw.items()}
    del counts["^"]
    table = [
        estimate_discounts(np.array([n for gram, n in counts.items() if len(gram) == k + 1])) for k in range(order)
    ]

    def p(context: str) -> float:
        lower = p(context[1:]) if context else 1 / CODE_POINTS
        after = {gram: n for gram, n in counts.items() if gram[:-1] == context and gram}
        if not after:
            return lower
        discounts = table[len(context)]
        kept = sum(discounts[min(n, 3)] for n in after.values())
        own = after.get(context + symbol, 0)
        return float((own - discounts[min(own, 3)] + kept * lower) / sum(after.values()))

    return p(f"^{before}"[max(0, len(before) + 2 - order) :])


def test_words_and_signs_are_cut() -> None:
    text = "Don't  say O'Neill’s 3rd_try, “no”!\n"
    assert cut_words(text) == ["Don't", "say", "O'Neill’s", "3rd", "_", "try", ",", "“", "no", "”", "!", "\n"]
    assert cut_words("हिन्दी में cafe\u0301 ''x''") == ["हिन्दी", "में", "cafe\u0301", "'", "'", "x", "'", "'"]
    assert cut_words("\t \u00a0") == []
    assert compiled(SPELLED_WORD).fullmatch("dogs'") is None


def test_a_table_worked_out_by_hand() -> None:
    """What "aab" gives to pairs.

    Pairs, with the start ^: ^a aa ab, once each, of which a discount takes 1/2. Single symbols count by what stands
    before them: a 2 (^ and a), b 1 (a), of which discounts take 1 and 1/2. u is the share of a code point.

    p(a) = (2 − 1)/3 + (3/2)/3 · u        p(b) = (1 − 1/2)/3 + (3/2)/3 · u
    p(a | ^) = (1 − 1/2)/1 + 1/2 · p(a)   p(a | a) = (1 − 1/2)/2 + (1/2 + 1/2)/2 · p(a), and so p(b | a)
    """
    model, u = NGrams.learn(["aab"], 2), 1 / CODE_POINTS
    a, b = 1 / 3 + u / 2, 1 / 6 + u / 2
    expected = {
        ("", "a"): 1 / 2 + a / 2,
        ("", "b"): b / 2,
        ("a", "a"): 1 / 4 + a / 2,
        ("a", "b"): 1 / 4 + b / 2,
        ("a", "z"): u / 4,
        ("b", "a"): a,  # nothing follows b: the context says nothing
        ("z", "b"): b,
        ("z", "z"): u / 2,
    }
    for (before, after), value in expected.items():
        assert probability(model, before, after) == pytest.approx(value, rel=1e-5), (before, after)
    assert model.bits("aab") == pytest.approx(
        -math.log2(expected["", "a"] * expected["a", "a"] * expected["a", "b"]), rel=1e-6
    )


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_a_slow_version_agrees(order: int) -> None:
    draw = np.random.default_rng(order)
    texts = ["".join(draw.choice(list("abcd"), 60, p=[0.6, 0.2, 0.15, 0.05])) for _ in range(4)] + ["", "a", "zyx"]
    model = NGrams.learn(texts, order)
    for before in ("", "a", "ab", "aaaa", "dcba", "zy", "qa", "aaq", texts[0][:30]):
        for symbol in "abdzq":
            found = probability(model, before, symbol)
            assert found == pytest.approx(slow(texts, order, before, symbol), rel=1e-4), (before, symbol)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.text("abcd\n", max_size=6), st.integers(1, 8))
def test_probabilities_sum_to_one_after_every_context(texts: list[str], before: str, order: int) -> None:
    model = NGrams.learn(texts, order)
    known = sorted(set("".join(texts)))
    total = sum(probability(model, before, symbol) for symbol in known)
    total += (CODE_POINTS - len(known)) * probability(model, before, "☃")
    assert total == pytest.approx(1.0, rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.text("abcd\n☃", max_size=30), st.integers(1, 8))
def test_every_text_has_finite_bits(texts: list[str], text: str, order: int) -> None:
    bits = NGrams.learn(texts, order).bits(text)
    assert math.isfinite(bits)
    assert bits > 0 or text == ""


def test_learning_nothing_leaves_the_uniform_distribution() -> None:
    for texts in ([], [""], ["", ""]):
        assert NGrams.learn(texts, 3).bits("ab") == pytest.approx(2 * math.log2(CODE_POINTS))
        model = NGrams.learn(texts, 3, "word")
        assert model.bits("ab, c") == pytest.approx((3 + 2 + 2) * math.log2(CODE_POINTS + 1))
        assert model.next_words([]) == []
        assert model.bits("") == 0.0


def test_a_long_unseen_word_has_finite_bits() -> None:
    model = NGrams.learn(["the cat sat\n"] * 3, 3, "word")
    assert 20 * 201 < model.bits("the " + "x" * 200) < 21 * 206  # 2^−4000 is no number


def test_bits_fall_with_the_order_on_repeated_text() -> None:
    bits = [
        NGrams.learn(["the cat sat on the mat\n"] * 20, order).bits("the cat sat on the mat\n") for order in range(1, 7)
    ]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] > 60
    assert bits[-1] < 12


def test_where_a_text_starts_counts() -> None:
    model = NGrams.learn(["ab\n"] * 10 + ["bbb\n"] * 2, 4)
    assert probability(model, "", "a") > 0.6
    assert model.bits("ab\n") < 3


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # n = 10, 5, 3, 2: Y = 10/20; 1 − 2Y·5/10, 2 − 3Y·3/5, 3 − 4Y·2/3
        ([1] * 10 + [2] * 5 + [3] * 3 + [4] * 2 + [9] * 7, [0, 0.5, 1.1, 5 / 3]),
        ([1] * 10 + [2] * 5 + [3] * 3, [0, 0.5, 1, 1.5]),  # no 4
        ([1] * 10 + [2] * 2 + [3] * 9 + [4], [0, 0.5, 1, 1.5]),  # 2 − 3·(10/14)·9/2 is below 0
        ([], [0, 0.5, 1, 1.5]),
    ],
)
def test_discounts(counts: list[int], expected: list[float]) -> None:
    assert estimate_discounts(np.array(counts, np.int64)) == pytest.approx(expected)


LINES = [
    "I saw the dog.\n",
    "I saw the door.\n",
    "I saw the dog run.\n",
    "a dog ran, the dove sat.\n",
    "I, too, saw a cat.\n",
]


@pytest.mark.parametrize(
    ("context", "start", "expected"),
    [
        ("I saw", "", ["the", "a"]),  # the trigram first, then the bigram
        ("I saw the", "", ["dog", "door", "dove"]),
        ("I saw the", "dov", ["dove"]),
        ("I saw the", "r", ["ran", "run"]),  # no bigram: single words, which are equal
        ("", "", ["I", "a"]),  # at the start of a text
        ("", "do", ["dog", "door", "dove"]),
        ("unheard of", "sa", ["saw", "sat"]),
        ("I saw the", "x", []),
        ("a dog ran", "", ["a", "dog", "saw"]),  # a sign follows, which is no word; then those with two words before
    ],
)
def test_next_words(context: str, start: str, expected: list[str]) -> None:
    model = NGrams.learn(LINES, 3, "word")
    assert model.next_words(cut_words(context), start)[: len(expected)] == expected
    if len(expected) < 3 and start:
        assert len(model.next_words(cut_words(context), start)) == len(expected)
    assert model.next_words(cut_words(context), start, top=1) == expected[:1]


def test_next_words_are_ranked_by_probability() -> None:
    model = NGrams.learn(LINES, 3, "word")
    ranked = model.next_words(["I", "saw"], top=50)
    values = [probability(model, "I saw ", word) for word in ranked]
    assert values == pytest.approx(sorted(values, reverse=True))
    assert set(ranked) == {word for line in LINES for word in cut_words(line) if word[0].isalpha()}


def test_words_and_all_that_could_be_spelt_sum_to_one() -> None:
    model, end = NGrams.learn(LINES, 3, "word"), CODE_POINTS + 1
    names = sorted({word for line in LINES for word in cut_words(line)})
    left = probability(model, "I saw ", "qq") * float(end) ** 3
    seen = sum(probability(model, "I saw ", name) - left * float(end) ** -(len(name) + 1) for name in names)
    assert seen + left == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("order", [0, 9, 2.0, True, "3"])
def test_a_wrong_order_is_refused(order: object) -> None:
    with pytest.raises(ConfigError) as fault:
        NGrams.learn(["a"], order)  # type: ignore[arg-type]
    assert fault.value.message == f"order received {order!r}; a whole number from 1 to 8 is accepted."
    assert fault.value.hint == "order=8"


def test_a_wrong_kind_is_refused() -> None:
    with pytest.raises(ConfigError) as fault:
        NGrams.learn(["a"], 3, "bpe")
    assert fault.value.message == "kind received 'bpe'; accepted are char and word."
