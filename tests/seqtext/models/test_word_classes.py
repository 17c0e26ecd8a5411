"""Classes of words, told by the frames that a model expects them in."""

import numpy as np
import pytest

import seqtext
from seqtext.models.word_classes import FRAMES, class_shares, forms, frame_pieces, knows_frames
from seqtext.storage.catalog import bundled


def test_frames_are_pieces_with_one_gap() -> None:
    found = frame_pieces()
    assert len(found) == sum(map(len, FRAMES))
    for pieces, gap in found:
        assert pieces[gap] == "___"
        assert gap % 2 == 1
        assert len(pieces) % 2 == 1
    assert "".join(found[0][0]) == FRAMES[0][0]


def test_shares_follow_the_frames() -> None:
    gains = np.zeros((len(frame_pieces()), 2))
    gains[: len(FRAMES[0]), 1] = 5.0
    shares = class_shares(gains)
    np.testing.assert_allclose(shares.sum(1), 1.0)
    np.testing.assert_allclose(shares[0], 1 / len(FRAMES))
    assert shares[1].argmax() == 0


def test_the_place_decides_between_two_classes() -> None:
    noun, verb, both = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]
    shares = np.array([both, noun, verb])
    at_nouns = forms(shares, np.log([0.2, 0.7, 0.1]))
    at_verbs = forms(shares, np.log([0.2, 0.1, 0.7]))
    assert at_nouns[1] > 0.8 > at_nouns[2]
    assert at_verbs[2] > 0.8 > at_verbs[1]


def test_a_vocabulary_must_hold_the_frames() -> None:
    words = {piece for pieces, _ in frame_pieces() for piece in pieces[1::2]}
    assert knows_frames(words)
    assert not knows_frames(words - {"table"})


@pytest.mark.skipif("fill-en" not in bundled(), reason="no fill-en is bundled in this tree")
def test_english_words_are_of_their_classes() -> None:
    expected = seqtext.load("fill-en")._expected[0]
    classes = ("king bread lake", "children hands years", "see fight happen", "gave ran left", "seen taken built",
               "running singing", "happy important strange", "slowly quickly")  # fmt: skip
    for number, words in enumerate(classes):
        assert {int(expected._classes[expected.ids[word]].argmax()) for word in words.split()} == {number}
