"""Which class English words are of, such as nouns and past tenses: told by the frames that a model expects them in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

_GAP = "___"
#: For each class, what a word of it may stand in: singular nouns, plural nouns, verbs in their base form, past tenses,
#: past participles, forms in -ing, adjectives, adverbs, third persons.
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
    """All frames as pieces, what stands between words and the words in turn, with the number of the gap's piece."""
    found = []
    for frame in (one for frames in FRAMES for one in frames):
        words = frame.removesuffix(".").split()
        pieces = [piece for word in words for piece in (" ", word)]
        found.append((["", *pieces[1:], "."], 2 * words.index(_GAP) + 1))
    return found


def class_shares(gains: Array) -> Array:
    """How much each word belongs to each class, (words, classes), adding up to 1.

    gains: (frames, words) how much likelier (nats) each word is in each frame than anywhere
    """
    ends = np.cumsum([len(frames) for frames in FRAMES])
    means = np.stack([one.mean(0) for one in np.split(gains, ends[:-1])], axis=1)
    shares = np.exp(means - means.max(1, keepdims=True))
    found: Array = shares / shares.sum(1, keepdims=True)
    return found


def forms(shares: Array, expected: Array) -> Array:
    """How much the class of each word is that of the first where it stands: from 0 to 1, (words,).

    shares: (words, classes); expected: (words,) log-probabilities of the words in that place. The class of the first is
    the one that both it and the other words there belong to: a look, to look. Two classes are compared by the
    Bhattacharyya coefficient, Σ √(p q).
    """
    weights = np.exp(expected - expected.max())
    own = shares[0] * (weights @ shares)
    found: Array = np.sqrt(shares * (own / max(1e-12, own.sum()))).sum(1)
    return found


def knows_frames(words: Sequence[str] | set[str]) -> bool:
    """Whether a vocabulary holds the words of the frames."""
    return all(piece in words for pieces, gap in frame_pieces() for piece in {*pieces[1::2]} - {pieces[gap]})
