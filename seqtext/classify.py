"""The classifier: texts in, labels with probabilities out, in NumPy."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext import layers
from seqtext.config import ClassifyConfig
from seqtext.encoders import Encoder, expected_shapes, pair_buckets
from seqtext.errors import InputError, ModelError
from seqtext.folder import ModelFolder
from seqtext.layers import Array
from seqtext.model import Model
from seqtext.text import BOS, EOS, PAD
from seqtext.weights import check_shapes

_AT_ONCE = 2048  # tokens that are read together, with padding
_TEXTS = 1024  # whose probabilities are in memory together
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


class Label(NamedTuple):
    """A label and its probability."""

    label: str
    probability: float


class Reason(NamedTuple):
    """A word of a text and how much it speaks for the answer: by so much the answer's log-odds fall without it."""

    text: str
    start: int
    end: int
    weight: float  # nats; below 0 where the word speaks against the answer


class Classifier(Model):
    """Gives texts one of the labels it has learnt.

    >>> import seqtext
    >>> model = seqtext.load("runs/mine")  # doctest: +SKIP
    >>> model.classify(["What a lovely film."])[0][0].label  # doctest: +SKIP
    'positive'
    """

    task = "classify"

    def __init__(self, contents: ModelFolder) -> None:
        super().__init__(contents)
        self.config = self._part("network", ClassifyConfig)
        labels = self.settings.get("labels")
        if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
            raise ModelError(f"config.json has labels = {labels!r:.80}; a list of names is expected.", "edit it")
        self.labels: list[str] = labels
        weights = contents.weights
        check_shapes(weights, expected_shapes(self.config, self.tokenizer.size, len(labels)))
        self.encoder = Encoder(self.config, weights)
        self._embedding, self._pairs = weights["embedding.weight"], weights.get("pairs.weight")
        self._output, self._bias = weights["output.weight"], weights["output.bias"]
        self.temperature = self._number("temperature", 1.0)
        longest = self.settings.get("longest", 400)
        if isinstance(longest, bool) or not isinstance(longest, int) or longest < 1:
            raise ModelError(f"config.json has longest = {longest!r:.80}; a number of tokens is expected.", "edit it")
        self.longest = longest

    def classify(self, texts: Sequence[str], top: int = 3) -> list[list[Label]]:
        """The likeliest labels of each text, best first, at most `top`; none of a blank text.

        Probabilities are calibrated on held-out text. Of a text longer than any that was learnt from, the first
        `longest` tokens are read. Raises InputError for anything but a list of texts.
        """
        _check_texts(texts)
        if isinstance(top, bool) or not isinstance(top, int) or top < 1:
            raise InputError(f"--top received {top!r}; a whole number from 1 is accepted.", "--top 3")
        found: list[list[Label]] = []
        for start in range(0, len(texts), _TEXTS):
            some = texts[start : start + _TEXTS]
            log_probs = self.log_probs(some)
            best = np.argsort(-log_probs, 1, kind="stable")[:, :top]
            shares = np.exp(np.take_along_axis(log_probs, best, 1).astype(np.float64))
            found += [
                [Label(self.labels[k], share) for k, share in zip(row, own, strict=True)] if text.strip() else []
                for text, row, own in zip(some, best.tolist(), shares.tolist(), strict=True)
            ]
        return found

    def log_probs(self, texts: Sequence[str]) -> Array:
        """The log-probability of each label, (texts, labels); texts of like length are read together."""
        ids = [found.ids[: self.longest] for found in self.tokenizer.encode_batch(texts, spacing=False)]
        result = np.zeros((len(texts), len(self.labels)), np.float32)
        ranked = sorted(range(len(texts)), key=lambda place: len(ids[place]))
        while ranked:
            rows = max(1, _AT_ONCE // (len(ids[ranked[-1]]) + 2))
            group, ranked = ranked[-rows:], ranked[:-rows]
            result[group] = self._log_probs([ids[place] for place in group])
        if not np.isfinite(result).all():
            raise ModelError("The network's scores are no finite numbers.", "train the model again")
        return result

    def _log_probs(self, texts: list[NDArray[np.int32]]) -> Array:
        """(texts, labels) of some ids, read side by side."""
        ids = np.full((len(texts), max(map(len, texts)) + 2), PAD, np.int64)
        for row, text in zip(ids, texts, strict=True):
            row[: len(text) + 2] = [BOS, *text, EOS]
        mask = np.arange(ids.shape[1]) < np.array([len(text) + 2 for text in texts])[:, None]
        vectors = self._embedding[ids]
        if self._pairs is not None:
            vectors += self._pairs[pair_buckets(ids, len(self._pairs))]
        scores = self.encoder(vectors, mask) @ self._output.T + self._bias
        return layers.log_softmax(scores / np.float32(self.temperature))

    def explain(self, text: str, label: str | None = None) -> list[Reason]:
        """How much each word of a text speaks for a label, in the text's order; without one, for the likeliest.

        Each word is left out once, and the change of the label's log-odds is what it weighs (occlusion, Li et al. 2016,
        arXiv:1612.08220). A word that others repeat weighs little. Raises InputError for a label that is not known.
        """
        _check_texts([text])
        if label is not None and label not in self.labels:
            known = ", ".join(self.labels[:10]) + ", …" * (len(self.labels) > 10)
            raise InputError(f"The label {label!r:.80} was received; known are {known}.", f"{self.labels[0]}")
        words = list(_WORD.finditer(text))
        if not words:
            return []
        without = [text[: word.start()] + text[word.end() :] for word in words]
        log_probs = self.log_probs([text, *without])
        chosen = int(log_probs[0].argmax()) if label is None else self.labels.index(label)
        own = np.minimum(log_probs[:, chosen].astype(np.float64), -1e-7)
        odds = own - np.log(-np.expm1(own))
        return [
            Reason(word.group(), word.start(), word.end(), float(odds[0] - one))
            for word, one in zip(words, odds[1:], strict=True)
        ]


def _check_texts(texts: object) -> None:
    if isinstance(texts, str) or not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise InputError(f"{texts!r:.80} was received; a list of texts is expected.", 'model.classify(["A text."])')
