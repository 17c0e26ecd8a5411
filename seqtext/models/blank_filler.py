"""The blank filler: text with blanks in, words with probabilities out, in NumPy.

The equations are those of `seqtext.training.networks.blank_filler`; here the left reader stops at a blank, the
right reader comes down to it, and their states meet over the vocabulary.
"""

import re
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords
from seqtext.config import FillConfig
from seqtext.decoding.search import Span, search_spans
from seqtext.errors import InputError, ModelError
from seqtext.fields import check_count, is_number
from seqtext.models.base import Model
from seqtext.networks.blank_filler import Around, FillReaders, expected_shapes
from seqtext.networks.cells import log_softmax
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.threads import one_thread
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import check_shapes
from seqtext.tokenizer import BOS, END, SPECIALS

_BLANK = re.compile("_{2,}")
_OPENING, _CLOSING, _STOPS = "\"'“‘([", "\"'”’)]", (".", "!", "?", "…")  # around the end of a sentence
_LONGEST = {"word": 24, "bpe": 16, "char": 32}  # tokens of one word, at most
_BEAM = 8
_WIDEST = 2000  # fillings that are looked at because others hold avoided words, at most
EVIDENCE = ("span", "left", "right", "bag", "word")
_EXAMPLE = 'seqtext fill "The quick brown ___ jumped over the lazy dog."'


class Fill(NamedTuple):
    """A way to fill the blanks of a text: the whole text, a word or words per blank, its probability."""

    text: str
    blanks: tuple[str, ...]
    probability: float


class Choice(NamedTuple):
    """An option for a blank and its probability among the options given."""

    option: str
    probability: float


class BlankFiller(Model):
    """Fills blanks (two or more underscores) in texts.

    >>> import seqtext
    >>> model = seqtext.load("fill-en")  # doctest: +SKIP
    >>> model.fill("The quick brown ___ jumped over the lazy dog.")[0].blanks  # doctest: +SKIP
    ('fox',)
    """

    task = "fill"
    reads_spacing = False

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents)
        self.config = self._part("network", FillConfig)
        weights = check_shapes(contents.weights, expected_shapes(self.config, self.tokenizer.size))
        # END is asked at a tenth of the positions in training, but follows every word in use: its odds are set right.
        odds = self._number("words_per_token", 1.0) * 0.9 / 0.1
        self.readers = FillReaders(self.config, weights, float(np.log(odds)))
        self._mirrored = self.config.direction == "backward"
        self.temperature = self._number("temperature", 1.0)
        self._option_weights = self._evidence_weights()

    @may_overflow()
    def fill(self, text: str, top: int = 5, max_words: int = 1, avoid: Collection[str] = ()) -> list[Fill]:
        """The likeliest ways to fill all blanks of a text, jointly, best first.

        top: how many; max_words: most words in one blank; avoid: words that are not offered, beside those of the model,
        see `seqtext.avoided_words`. Probabilities are of the whole filling, calibrated on held-out text for single
        words; what is avoided keeps its share. Raises InputError for a text without a blank.
        """
        check_count("--top", top, high=1000, hint="--top 5")
        check_count("--max-words", max_words, high=1000, hint="--max-words 5")
        typed, words = split_blanks(text), self.avoided(avoid)
        parts = list(map(self.tokenizer.normal, typed))
        with one_thread():
            found = self._search(parts, top, max_words, words)
        best = sorted(found.items(), key=lambda item: -item[1])[:top]
        return [Fill(_join(typed, blanks), blanks, min(1.0, probability)) for blanks, probability in best]

    def _search(
        self, parts: list[str], top: int, max_words: int, avoided: AvoidedWords
    ) -> dict[tuple[str, ...], float]:
        """Fillings and their probabilities; where too few are left without avoided words, of a wider search."""
        beam = max(_BEAM, 2 * top)
        while True:
            merged: dict[tuple[str, ...], float] = {}
            for words, probability in self._fill(parts, beam, max_words):
                shown = tuple(_cased(word, parts, k) for k, word in enumerate(words))
                merged[shown] = merged.get(shown, 0.0) + probability
            check_finite(list(merged.values()))
            left = merged if not len(avoided) else _without(merged, parts, avoided)
            if len(left) == len(merged) or len(left) >= top or beam >= _WIDEST:
                return left
            beam = min(4 * beam, _WIDEST)

    def _fill(self, parts: list[str], beam: int, max_words: int) -> list[tuple[tuple[str, ...], float]]:
        segments = self.segments(parts)
        readers = self.readers
        rights, state = readers.rights(segments), readers.start(np.concatenate(segments))
        state = readers.read(state, np.concatenate([[BOS], segments[0]])[None])
        scores = np.zeros(1, np.float32)
        chosen: list[tuple[Span, ...]] = [()]
        inner = self._inner(max_words)
        for number, right in enumerate(rights):
            place = len(rights) - 1 - number if self._mirrored else number
            spaced = self.tokenizer.tokens != "bpe" or parts[place][-1:].isspace()
            first = readers.log_probs(readers.query(state.hidden[:, -1], state.bag, right), self.temperature)
            rule, longest = self._rule(max_words, spaced), _LONGEST[self.tokenizer.tokens] * max_words
            spans, after, covered = search_spans(
                readers.step(right, inner), state, first, scores,
                inner=inner, end=END, allowed=rule, beam=beam, longest=longest,
            )  # fmt: skip
            spans = [span for span in spans if self._spell(span)]
            if not spans or after is None:
                return []
            after = after.take(np.array([span.row for span in spans]))
            mass = np.logaddexp.reduce([span.log_prob for span in spans]) - np.logaddexp.reduce(scores)
            scores = np.array([span.log_prob for span in spans], np.float32)
            # Spans outside the beam are taken to close as often as those inside it.
            scores = scores + np.float32(np.log(min(1.0, max(covered, 1e-9))) - mass)
            chosen = [(*chosen[span.origin], span) for span in spans]
            state = after
            following = segments[number + 1]
            if number + 1 < len(rights):
                state = readers.read(state, np.tile(following, (len(spans), 1)))
        results = []
        for spans_of, score in zip(chosen, scores, strict=True):
            words = tuple(self._spell(span) for span in spans_of)
            results.append((words[::-1] if self._mirrored else words, float(np.exp(score))))
        return results

    @may_overflow()
    def choose(self, text: str, options: Sequence[str]) -> list[Choice]:
        """Rank some words or phrases for the one blank of a text, best first; probabilities among them sum to 1.

        Weighs the kinds of `evidence` as "evidence" in config.json says. Without it, the fit between both sides counts
        and the bag of words once more, both less what a word is worth anywhere: options are often words of one rarity
        that differ in topic. Options that the model reads alike (a word given twice, another white space) count once.
        Raises InputError without options or unless there is one blank.
        """
        parts = list(map(self.tokenizer.normal, split_blanks(text)))
        if len(parts) != 2:
            raise InputError(
                f"The text has {len(parts) - 1} blanks; with options, one is accepted.", 'seqtext fill "A ___ text."'
            )
        if isinstance(options, str) or not options or not all(isinstance(one, str) and one.strip() for one in options):
            raise InputError(
                f"The options are {options!r:.80}; a list of words is expected.", "--option fox --option dog"
            )
        weights = self._option_weights
        shown = {option: _cased(self.tokenizer.normal(option).strip(), parts, 0) for option in options}
        different: dict[bytes, str] = {}
        for option, text in shown.items():
            different.setdefault(self._option_ids(text).tobytes(), option)
        options = list(different.values())
        with one_thread():
            around = self.readers.around(*self.segments(parts)[:2])
            weighed = [self._weigh(around, shown[option], weights) for option in options]
        scores = np.array([sum(weights[name] * value for name, value in found.items()) for found in weighed])
        check_finite(scores)
        probabilities = np.exp(log_softmax((scores / self._choice_temperature).astype(np.float64)))
        ranked = np.argsort(-probabilities, kind="stable")
        return [Choice(options[k], float(probabilities[k])) for k in ranked]

    def _evidence_weights(self) -> dict[str, float]:
        """How `choose` weighs each kind of evidence; raises ModelError for an edited config that makes no sense."""
        if self.config.direction != "both":
            usual = {"left": 1.0}
        elif self.config.bag:
            usual = {"span": 1.0, "bag": 1.0, "word": -2.0}
        else:
            usual = {"span": 1.0, "left": 1.0, "right": 1.0}
        found = self.settings.get("evidence", usual)
        if not isinstance(found, dict) or not all(
            name in EVIDENCE and is_number(value) for name, value in found.items()
        ):
            raise ModelError(
                f"config.json has evidence = {found!r:.80}; a number for each of {', '.join(EVIDENCE)} is expected.",
                "edit it",
            )
        return {name: float(value) for name, value in found.items() if value}

    @cached_property
    def _choice_temperature(self) -> float:
        return self._number("choice_temperature", 1.0)

    @may_overflow()
    def evidence(self, text: str, option: str, kinds: Collection[str] = EVIDENCE) -> dict[str, float]:
        """Log-probabilities (nats) of a text with an option in its blank, by kind of evidence.

        span: the option between both sides; left, right: the option and what a language model of that direction
        reads after it; bag: the option given the other words whatever their order; word: the option by itself. A model
        of one direction has span, left and word only. kinds: those wanted
        """
        with one_thread():
            around = self.readers.around(*self.segments(split_blanks(text))[:2])
            return self._weigh(around, option, kinds)

    def _weigh(self, around: Around, option: str, kinds: Collection[str]) -> dict[str, float]:
        inner = self._option_ids(option)
        found = self.readers.evidence(around, inner[::-1] if self._mirrored else inner, self._inner(1), kinds)
        check_finite(list(found.values()))
        return found

    def _option_ids(self, option: str) -> NDArray[np.int32]:
        return self._encode(option if self.tokenizer.tokens != "bpe" else " " + option)

    def _encode(self, text: str) -> NDArray[np.int32]:
        return self.tokenizer.encode(text, spacing=False).ids

    def segments(self, parts: list[str]) -> list[NDArray[np.int32]]:
        """Ids of the stretches between blanks; mirrored for a model that reads backwards."""
        if self.tokenizer.tokens == "bpe":  # a piece takes the space before it, so a blank does
            parts = [part.rstrip() if k < len(parts) - 1 else part for k, part in enumerate(parts)]
        found = [self._encode(part) for part in parts]
        return [one[::-1] for one in reversed(found)] if self._mirrored else found

    def _inner(self, max_words: int) -> NDArray[np.integer]:
        """The tokens that may follow the first of a span: END, and the rest of a word; any, where words may follow."""
        _, joins = self._permitted
        if max_words > 1 or self._mirrored:
            return np.arange(self.tokenizer.size)
        return np.concatenate([[END], np.flatnonzero(joins)])

    @cached_property
    def _permitted(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tokens that may stand in a blank, and those of them that go on with a word."""
        wordlike = self.tokenizer.wordlike.copy()
        wordlike[: len(SPECIALS)] = False
        return wordlike, wordlike & self.tokenizer.continues

    def _rule(self, max_words: int, spaced: bool) -> Any:
        """What may follow the tokens of a span: the rest of its last word, or another word if there is room."""
        wordlike, joins = self._permitted
        opens = wordlike & ~joins if self.tokenizer.tokens != "char" else wordlike
        kind, mirrored = self.tokenizer.tokens, self._mirrored
        space = self.tokenizer.encode(" ").ids[-1:] if kind == "char" else np.zeros(0, np.int32)

        def allowed(tokens: tuple[int, ...]) -> NDArray[np.bool_]:
            if not tokens:
                if mirrored and kind == "bpe":
                    return wordlike
                return opens if spaced else joins
            if kind == "char":
                words = 1 + sum(token in space for token in tokens)
                return _with(wordlike, space) if words < max_words and tokens[-1] not in space else wordlike
            words = sum(bool(opens[token]) for token in tokens) + (0 if spaced or mirrored else 1)
            if mirrored and kind == "word":  # it would start a rare word with its last byte: too wild a guess
                return opens if words < max_words else np.zeros_like(opens)
            if mirrored:
                return wordlike if joins[tokens[-1]] or words < max_words else np.zeros_like(wordlike)
            return wordlike if words < max_words else joins

        return allowed

    def _spell(self, span: Span) -> str:
        """The text of a span; empty when its bytes form no characters."""
        tokens = span.tokens[::-1] if self._mirrored else span.tokens
        text = self.tokenizer.decode(tokens).strip()
        return "" if "\ufffd" in text else text


def split_blanks(text: str) -> list[str]:
    """The stretches of a text around its blanks; raises InputError when there is none."""
    if not isinstance(text, str):
        raise InputError(f"{text!r:.80} was received; a text is expected.", _EXAMPLE)
    parts = _BLANK.split(text)
    if len(parts) == 1:
        shown = text if len(text) <= 80 else text[:77] + "..."
        raise InputError(f"{shown!r} has no blank; at least one ___ (two or more underscores) is expected.", _EXAMPLE)
    return parts


def _with(mask: NDArray[np.bool_], extra: NDArray[np.int32]) -> NDArray[np.bool_]:
    result = mask.copy()
    result[extra] = True
    return result


def _cased(word: str, parts: list[str], blank: int) -> str:
    """A word as it stands in its blank: with a capital at the start of a sentence."""
    before = parts[blank]
    starts = _ends_sentence(before) and (blank == 0 or before.strip() != "")
    return word[:1].upper() + word[1:] if starts and word else word


def _ends_sentence(text: str) -> bool:
    """Whether a sentence may begin after a text, but for opening signs: at its start, after a stop or a line break."""
    before = text.rstrip(_OPENING)
    words = before.rstrip()
    if not before or "\n" in before[len(words) :]:
        return True
    return len(words) < len(before) and words.rstrip(_CLOSING).endswith(_STOPS)


def _without(
    fillings: dict[tuple[str, ...], float], parts: list[str], avoided: AvoidedWords
) -> dict[tuple[str, ...], float]:
    """Fillings without those that write an avoided word, or make one up with what stands around a blank."""

    def is_clean(words: tuple[str, ...]) -> bool:
        pieces = [parts[0], *(piece for pair in zip(words, parts[1:], strict=True) for piece in pair)]
        for place in range(1, len(pieces), 2):
            before, after = "".join(pieces[max(0, place - 3) : place]), "".join(pieces[place + 1 : place + 4])
            if avoided.is_in(pieces[place], avoided.after(before), after):
                return False
        return True

    return {words: probability for words, probability in fillings.items() if is_clean(words)}


def _join(parts: list[str], words: Sequence[str]) -> str:
    return parts[0] + "".join(word + part for word, part in zip(words, parts[1:], strict=True))
