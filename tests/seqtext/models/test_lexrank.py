"""The sentences that say most: by the equation of LexRank, without repeating themselves, within the words allowed."""

import time

import numpy as np
import pytest

from seqtext.data.sentences import sentences_of
from seqtext.models.lexrank import _InvertedIndex, _terms, extract, rank, weigh

TEXT = (
    "The old bridge over the river will be closed. A cat slept. The council said the old bridge over the river is "
    "unsafe. Traffic over the river will take the new bridge. It rained on Tuesday. The old bridge over the river "
    "will be closed."
)


def dense(sentences: list[str]) -> np.ndarray:
    rows, columns, values = weigh(sentences)
    matrix = np.zeros((len(sentences), columns.max() + 1))
    matrix[rows, columns] = values
    return matrix


def test_vectors_by_hand() -> None:
    """Of "a a b" and "b c", idf is ln 3 for a and c, ln 2 for b."""
    high, low = np.log(3), np.log(2)
    wanted = np.array([[2 * high, low, 0], [0, low, high]])
    assert dense(["A a b!", "b, c"]) == pytest.approx(wanted / np.linalg.norm(wanted, axis=1, keepdims=True))


def test_ranks_are_the_stationary_distribution() -> None:
    """Against the eigenvector of the whole matrix, which the module never makes."""
    sentences = ["a b c d", "b c d e", "c d", "x y", "x a", "y z"]
    cosines = dense(sentences) @ dense(sentences).T - np.eye(6)
    walk = 0.15 / 6 + 0.85 * cosines / cosines.sum(1, keepdims=True)
    values, vectors = np.linalg.eig(walk.T)
    wanted = np.real(vectors[:, np.argmax(values.real)])
    assert rank(*weigh(sentences), 6) == pytest.approx(wanted / wanted.sum(), abs=1e-7)
    alone = rank(*weigh([*sentences, "q"]), 7)
    assert alone[-1] == pytest.approx(0.15 / 7)
    assert alone[:-1].min() > alone[-1]


def test_what_says_most_is_kept_in_order_and_said_once() -> None:
    first = "The old bridge over the river will be closed."
    second = "The council said the old bridge over the river is unsafe."
    assert extract(TEXT, 1) in ([first], [second])
    assert extract(TEXT, 2) == [first, second]
    assert extract(TEXT, 99).count(first) == 1
    assert len(extract(TEXT, 99)) == 5
    assert extract("Same here. " * 20, 3) == ["Same here."]


@pytest.mark.parametrize(
    ("text", "sentences", "max_words", "found"),
    [
        ("", 3, None, []),
        (" \n * * * ", 3, None, []),
        ("One.", 0, None, []),
        ("One.", 3, 0, []),
        ("One two three four.", 3, 2, ["One two"]),
        ("Aa bb. Cc dd. Ee ff.", 2, None, ["Aa bb.", "Cc dd."]),  # equal: the first
        ("Aa b cc. Cc dd. Ee f gg.", 3, 5, ["Aa b cc.", "Cc dd."]),
    ],
)
def test_few_sentences_and_few_words(text, sentences, max_words, found) -> None:
    assert extract(text, sentences, max_words) == found


@pytest.mark.parametrize("words", [3, 10, 18, 25, 99])
def test_words_are_not_exceeded(words: int) -> None:
    found = extract(TEXT, 4, words)
    assert 0 < sum(len(sentence.split()) for sentence in found) <= words


@pytest.mark.parametrize(
    "text",
    [
        "食堂中午供应面条。公司公布了今年的预算。今年的预算比去年增加了百分之十。预算增加的主要原因是今年的销售增加。",
        "食堂では昼に麺を出す。会社は今年の予算を発表した。今年の予算は去年より増えた。予算が増えた理由は売り上げだ。",
        "โรงอาหารขายก๋วยเตี๋ยวในตอนเที่ยง บริษัทประกาศงบประมาณของปีนี้แล้ว งบประมาณของปีนี้เพิ่มขึ้นจากปีที่แล้ว "
        "สาเหตุที่งบประมาณเพิ่มขึ้นคือยอดขายของปีนี้",
        "អាហារដ្ឋានលក់គុយទាវពេលថ្ងៃត្រង់។ ក្រុមហ៊ុនបានប្រកាសថវិកាសម្រាប់ឆ្នាំនេះ។ ថវិកាសម្រាប់ឆ្នាំនេះកើនឡើងដប់ភាគរយ។ "
        "មូលហេតុដែលថវិកាកើនឡើងគឺការលក់នៅឆ្នាំនេះ។",
        "हमें खाना मिला। कंपनी ने इस साल का बजट बताया। इस साल का बजट पिछले साल से बड़ा है। बजट इस साल की बिक्री से बढ़ा।",
    ],
)
def test_what_says_most_is_found_in_scripts_without_spaces_and_with_marks(text: str) -> None:
    """Of four sentences three are about this year's budget, and the first, of which no word comes again, is last."""
    sentences = sentences_of(text)
    ranks = rank(*weigh(sentences), 4)
    assert len(sentences) == 4
    assert ranks[0] < 0.7 * ranks[1:].min()
    assert len(extract(text, 1, 3)[0]) < 20


def test_words_with_vowel_signs_are_different() -> None:
    matrix = dense(["की कि कु के", "का कै को कौ"])
    assert matrix[0] @ matrix[1] == 0
    composed = dense(["cafe\u0301", "caf\u00e9"])
    assert composed[0] @ composed[1] == pytest.approx(1)


def test_letters_are_compared_in_pairs() -> None:
    assert list(_terms("iPhone的价格，好 น้ำที่")) == ["iphone", "的价", "价格", "好", "น้ำที่"]


def test_a_long_text_takes_memory_and_time_in_its_length() -> None:
    draw = np.random.default_rng(1)
    text = " ".join(f"S{' w'.join(map(str, draw.integers(0, 3000, 9)))}." for _ in range(3_000))
    start = time.process_time()
    assert len(extract(text)) == 3
    assert time.process_time() - start < 5


def test_choosing_all_sentences_takes_no_time_that_grows_with_the_square() -> None:
    """Of 20,000 sentences, no two alike, most are quoted; twice as many take about twice the time."""
    words = [f"w{k}" for k in range(2000)]
    chance = np.random.default_rng(1)
    text = "".join(f"{' '.join(words[k] for k in row)}. " for row in chance.integers(2000, size=(20_000, 8)).tolist())
    begun = time.process_time()
    assert len(extract(text, 1 << 30)) > 19_000
    assert time.process_time() - begun < 8.0


def test_cosines_are_those_of_the_whole_matrix() -> None:
    sentences = ["a b c d", "b c d e", "c d", "x y", "x a", "a b c d"]
    index = _InvertedIndex(*weigh(sentences), 6)
    cosines = dense(sentences) @ dense(sentences).T
    assert np.stack([index.cosines(number) for number in range(6)]) == pytest.approx(cosines)
