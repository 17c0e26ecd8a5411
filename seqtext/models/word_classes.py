"""Infer English word classes from a model's predictions in sentence frames."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

_GAP = "___"
#: For each class, sentence frames for its words: singular nouns, plural nouns, base forms of verbs, past tenses, past
#: participles, forms in -ing, adjectives, adverbs, third persons.
FRAMES = (
    ("There was a ___ on the table.", "The ___ of the man was very old.", "He had his own ___ with him.",
     "This ___ is not like that one."),
    ("There were many ___ on the table.", "These ___ are not like those.", "All the ___ were very old.",
     "He had two ___ with him."),
    ("He wanted to ___ it.", "They will ___ and then they will go.", "You must not ___ me.", "Let us ___ them at once.",
     "She could not ___ to them."),
    ("He ___ it and went away.", "She ___ to the others.", "They ___ and then they went home.",
     "I ___ him in the morning."),
    ("It was ___ by the others.", "It had been ___ before.", "He had ___ it."),
    ("He was ___ it.", "They were ___ and talking.", "She went on ___ to them."),
    ("It was very ___ and so was he.", "He was so ___ that he could not speak.", "A very ___ man came in.",
     "The most ___ thing of all was that.", "It was as ___ as the other.", "It seemed quite ___ to him."),
    ("He looked at her very ___ and went away.", "She spoke ___ to him.", "He went on ___ and then stopped."),
    ("He ___ it every day.", "She always ___ to them.", "It ___ me."),
)  # fmt: skip


def frame_pieces() -> list[tuple[list[str], int]]:
    """Cut all frames into pieces, with the index of each gap.

    Separators and words alternate.
    """
    framed = []
    for frame in (frame for frames in FRAMES for frame in frames):
        words = frame.removesuffix(".").split()
        pieces = [piece for word in words for piece in (" ", word)]
        framed.append((["", *pieces[1:], "."], 2 * words.index(_GAP) + 1))
    return framed


def class_shares(gains: Array) -> Array:
    """Compute each word's shares of the classes, (words, classes).

    The shares of a word sum to 1. gains: (frames, words) each word's log-probability (nats) in each frame, less that
    without context.
    """
    ends = np.cumsum([len(frames) for frames in FRAMES])
    means = np.stack([frame_gains.mean(0) for frame_gains in np.split(gains, ends[:-1])], axis=1)
    shares = np.exp(means - means.max(1, keepdims=True))
    normalised: Array = shares / shares.sum(1, keepdims=True)
    return normalised


def forms(shares: Array, expected: Array) -> Array:
    """Compare the class of each word with the first's.

    Returns similarities from 0 to 1, (words,).

    shares: (words, classes); expected: (words,) log-probabilities of the words in the same position. The first word's
    class is disambiguated by the other words expected there: a look, to look. Class distributions are compared by the
    Bhattacharyya coefficient, Σ √(p q).
    """
    weights = np.exp(expected - expected.max())
    first_class = shares[0] * (weights @ shares)
    similarities: Array = np.sqrt(shares * (first_class / max(1e-12, first_class.sum()))).sum(1)
    return similarities


def knows_frames(words: Sequence[str] | set[str]) -> bool:
    """Tell whether a vocabulary contains the words of the frames."""
    return all(piece in words for pieces, gap in frame_pieces() for piece in {*pieces[1::2]} - {pieces[gap]})
