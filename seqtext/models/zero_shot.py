"""Classify zero-shot: score labels as fillings of a prompt's blank.

The score of a filling after the text is reduced by its score after the empty text, because fillings differ in how well
they fit the prompt alone (contextual calibration, Zhao et al. 2021, arXiv:2102.09690).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.blanks import BLANK, BlankedText, read_blanks
from seqtext.errors import ConfigError, InputError, argument, either
from seqtext.models.classifier import Classification, Label
from seqtext.networks.cells import log_softmax

#: A list of labels that are fillings themselves, or a mapping from fillings to labels.
Labels = Sequence[str] | Mapping[str, str]

PROMPT = "It was ___."
_LABELS = either('labels=["good", "bad"]', "--labels good,bad")
_PROMPT = either('prompt="It was ___."', '--prompt "It was ___."')


class Verbalizer(NamedTuple):
    """Hold a prompt around a blank, its fillings, and each one's label.

    before, after: the prompt on either side of the blank (Schick and Schütze 2021, arXiv:2001.07676)
    """

    before: str
    after: str
    fillings: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, labels: Labels, prompt: str) -> "Verbalizer":
        """Check labels and a prompt; raises ConfigError."""
        labelled = _checked_labels(labels)
        parts, blanks = _read_prompt(prompt)
        if len(parts) != 2:
            received = f"{max(0, len(parts) - 1)} blanks" if isinstance(prompt, str) else "no text"
            raise ConfigError(
                f"{argument('prompt')} received {prompt!r:.80}, which has {received}; a text with one blank, ___, is "
                "expected.",
                _PROMPT,
            )
        if not blanks[0].is_plain:
            raise ConfigError(
                f"{argument('prompt')} received {prompt!r:.80}, whose blank says what it takes; ___ alone is expected.",
                _PROMPT,
            )
        return cls(parts[0], parts[1], tuple(labelled), tuple(labelled.values()))

    def after_text(self, text: str) -> list[str]:
        """Append the prompt to a text: both sides of the blank.

        If the prompt is a sentence of its own, a full stop is added to a text without one. On 1,000 sentences of the
        training set of SST-2, this raised the accuracy from 0.63 to 0.65 (good, bad), and for 14 of 16 pairs of prompt
        and labels.
        """
        text = text.rstrip()
        stop = "." if text[-1:].isalnum() and not self.before[:1].islower() and self.before[:1] != "," else ""
        return [f"{text}{stop} {self.before}" if text else self.before, self.after]

    def refuse_alike(self, read: Sequence[bytes]) -> None:
        """Raise ConfigError if fillings of two labels have the same ids.

        read: the ids of each filling, as bytes.
        """
        first: dict[bytes, int] = {}
        for index, ids in enumerate(read):
            other = first.setdefault(ids, index)
            if self.labels[other] != self.labels[index]:
                raise ConfigError(
                    f"{argument('labels')} received {self.fillings[other]!r:.40} and {self.fillings[index]!r:.40}, "
                    "which the model reads alike.",
                    _LABELS,
                )

    def classified(self, log_odds: NDArray[Any], top: int) -> Classification:
        """Rank the labels by the mean probability of their fillings.

        log_odds: (fillings,) calibrated scores; top: number of labels.
        """
        shares = np.exp(log_softmax(log_odds))
        names = list(dict.fromkeys(self.labels))
        probabilities = np.array([shares[[label == name for label in self.labels]].mean() for name in names])
        probabilities /= probabilities.sum()
        order = np.argsort(-probabilities, kind="stable")[:top].tolist()
        return Classification(Label(names[k], float(probabilities[k])) for k in order)


def _read_prompt(prompt: Any) -> BlankedText:
    """Split a prompt at its blanks; no parts for what is not text."""
    try:
        return read_blanks(prompt) if isinstance(prompt, str) else BlankedText([], [])
    except InputError as error:
        raise ConfigError(f"{argument('prompt')} received {prompt!r:.80}: {error.message}", _PROMPT) from error


def _checked_labels(labels: Any) -> dict[str, str]:
    """Map each filling to its label; raises ConfigError unless there are two labels or more."""
    pairs: Any = labels.items() if isinstance(labels, Mapping) else ()
    if isinstance(labels, Sequence) and not isinstance(labels, str | bytes):
        pairs = [(label, label) for label in labels]
    label_of: dict[str, str] = {}
    for filling, label in pairs:
        good = all(isinstance(word, str) and word.strip() for word in (filling, label)) and not BLANK.search(filling)
        if not good or label_of.get(filling.strip(), label.strip()) != label.strip():
            what = f"{filling!r:.40} for {label!r:.40}" if filling != label else f"{filling!r:.40}"
            raise ConfigError(
                f"{argument('labels')} received {what}; each filling is a word or more and has one label.", _LABELS
            )
        label_of[filling.strip()] = label.strip()
    if len(set(label_of.values())) < 2:
        named = ", ".join(map(repr, label_of.values())) or repr(labels)
        raise ConfigError(f"{argument('labels')} received {named:.80}; two labels or more are expected.", _LABELS)
    return label_of


def parse_labels(text: str) -> dict[str, str]:
    """Parse the value of --labels; raises ConfigError for a malformed part.

    >>> parse_labels("good=positive, very bad")
    {'good': 'positive', 'very bad': 'very bad'}
    """
    label_of: dict[str, str] = {}
    for entry in text.split(","):
        filling, equals, label = (side.strip() for side in entry.partition("="))
        label = label if equals else filling
        if not filling or not label or label_of.get(filling, label) != label:
            raise ConfigError(
                f"{argument('labels')} received {text!r:.80}; words with commas between, or FILLING=LABEL, are "
                "expected.",
                either('labels=["good", "bad"]', "--labels good,bad, or --labels good=positive,bad=negative"),
            )
        label_of[filling] = label
    return label_of
