"""The search for what fills blanks, over many texts at once: ids in, words with probabilities out."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.decoding.spans import First, likeliest_first, log_sums, search_spans
from seqtext.networks.blank_filler import FillReaders, FillState, Right
from seqtext.tokenizer import BOS, END, LONGEST_WORD, SPECIALS, Tokenizer

_SCORED = 32  # rows scored over the vocabulary at once
_SPELT = 50_000  # spans whose spelling is kept

Filling = tuple[tuple[str, ...], float]  # a word or words per blank, and their probability
Rule = Callable[[tuple[int, ...]], NDArray[np.bool_]]


class Blanks(NamedTuple):
    """A text with blanks: the stretches around them, as text and as ids."""

    parts: list[str]
    segments: list[NDArray[np.int32]]  # in the order in which the model reads

    @property
    def number(self) -> int:
        """How many blanks it has."""
        return len(self.segments) - 1


class _Hypotheses(NamedTuple):
    """What may stand in the blanks so far, a row each."""

    chosen: list[tuple[str, ...]]
    scores: NDArray[np.float64]  # (rows,) log-probabilities
    state: FillState

    def take(self, rows: NDArray[np.integer]) -> "_Hypotheses":
        chosen = [self.chosen[row] for row in rows.tolist()]
        return _Hypotheses(chosen, self.scores[rows], self.state.take(rows))


class BlankSearch:
    """Searches for the likeliest words in blanks; several threads may share one.

    mirrored: whether the model reads from right to left; temperature: divides the log-odds of the first tokens
    """

    def __init__(self, readers: FillReaders, tokenizer: Tokenizer, mirrored: bool, temperature: float) -> None:
        self._readers, self._tokenizer = readers, tokenizer
        self._mirrored, self._temperature = mirrored, np.float32(temperature)
        self._spelt: dict[tuple[int, ...], str] = {}

    def fill(self, texts: Sequence[Blanks], beam: int, max_words: int) -> list[list[Filling]]:
        """Fill all blanks of each text in the likeliest ways, best first, at most `beam`; in none that has no spelling.

        max_words: most words in one blank
        """
        readers, found = self._readers, [list[Filling]() for _ in texts]
        rights = readers.rights([text.segments for text in texts])
        state = readers.start([np.concatenate(text.segments) for text in texts])
        state = readers.read(state, [np.append(BOS, text.segments[0]) for text in texts])
        rows = _Hypotheses([()] * len(texts), np.zeros(len(texts)), state)
        counts = np.array([text.number for text in texts], np.int64)
        for number, right in enumerate(rights):
            if not rows.chosen:
                break
            places = counts - 1 - number if self._mirrored else np.full(len(texts), number)
            before = [
                text.parts[min(max(0, place), text.number)] for text, place in zip(texts, places.tolist(), strict=True)
            ]
            rows = self._fill_blank(rows, right, before, beam, max_words)
            last = counts[rows.state.text] == number + 1
            for row in np.flatnonzero(last).tolist():
                words = rows.chosen[row][::-1] if self._mirrored else rows.chosen[row]
                found[rows.state.text[row]].append((words, float(np.exp(rows.scores[row]))))
            rows = rows.take(np.flatnonzero(~last))
            following = [texts[text].segments[number + 1] for text in rows.state.text.tolist()]
            rows = rows._replace(state=readers.read(rows.state, following))
        return found

    def _fill_blank(self, rows: _Hypotheses, right: Right, before: list[str], beam: int, max_words: int) -> _Hypotheses:
        """Go on with every text by what may stand in its next blank; before: of each text, what stands before that."""
        inner, texts = self.inner(max_words), rows.state.text
        spaced = [self._tokenizer.tokens != "bpe" or text[-1:].isspace() for text in before]
        rules = {flag: self._rule(max_words, flag) for flag in set(spaced)}
        spans = search_spans(
            self._readers.step(right, inner), rows.state, self._first(rows.state, right, rules, spaced, beam),
            rows.scores, texts, inner=inner, end=END, allowed=lambda text, tokens: rules[spaced[text]](tokens),
            beam=beam, longest=LONGEST_WORD[self._tokenizer.tokens] * max_words,
        )  # fmt: skip
        words = list(map(self._spell, spans.tokens))
        kept = np.array([k for k, word in enumerate(words) if word], np.int64)
        if not len(kept):
            return rows.take(kept)
        owners, scores = spans.questions[kept], spans.log_probs[kept]
        # Spans outside the beam are taken to close as often as those inside it.
        mass = log_sums(scores, owners, len(before)) - log_sums(rows.scores, texts, len(before))
        share = np.log(np.clip(spans.covered, 1e-9, 1.0))
        origins = spans.origins[kept].tolist()
        chosen = [(*rows.chosen[origin], words[k]) for origin, k in zip(origins, kept.tolist(), strict=True)]
        return _Hypotheses(chosen, scores + (share[owners] - mass[owners]), spans.state(kept))

    def _first(self, state: FillState, right: Right, rules: dict[bool, Rule], spaced: list[bool], beam: int) -> First:
        """The likeliest first tokens of the next blank of each row."""
        readers = self._readers
        bias = readers.bias / self._temperature
        admitted = {flag: np.where(rule(()), bias, np.float32(-np.inf)) for flag, rule in rules.items()}
        parts = []
        for start in range(0, len(state.text), _SCORED):
            some = slice(start, start + _SCORED)
            query = readers.query(state.hidden[some, -1], state.bag[some], right.take(state.text[some]))
            flags = [spaced[text] for text in state.text[some].tolist()]
            own = admitted[flags[0]] if len(set(flags)) == 1 else np.stack([admitted[flag] for flag in flags])
            parts.append(likeliest_first(readers.scores(query / self._temperature, own), beam))
        return First(*(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))

    def inner(self, max_words: int) -> NDArray[np.integer]:
        """The tokens that may follow the first of a span: END, and the rest of a word; any, where words may follow."""
        if max_words > 1 or self._mirrored:
            return np.arange(self._tokenizer.size)
        return self._end_or_rest

    @cached_property
    def _end_or_rest(self) -> NDArray[np.integer]:
        return np.concatenate([[END], np.flatnonzero(self._permitted[1])])

    @cached_property
    def _permitted(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tokens that may stand in a blank, and those of them that go on with a word."""
        wordlike = self._tokenizer.wordlike.copy()
        wordlike[: len(SPECIALS)] = False
        return wordlike, wordlike & self._tokenizer.continues

    def _rule(self, max_words: int, spaced: bool) -> Rule:
        """What may follow the tokens of a span: the rest of its last word, or another word if there is room."""
        wordlike, joins = self._permitted
        opens = wordlike & ~joins if self._tokenizer.tokens != "char" else wordlike
        kind, mirrored = self._tokenizer.tokens, self._mirrored
        space = self._tokenizer.encode(" ").ids[-1:] if kind == "char" else np.zeros(0, np.int32)

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

    def _spell(self, tokens: tuple[int, ...]) -> str:
        """The text of a span; empty when its bytes form no characters."""
        known = self._spelt.get(tokens)
        if known is None:
            text = self._tokenizer.decode(tokens[::-1] if self._mirrored else tokens).strip()
            if len(self._spelt) >= _SPELT:
                self._spelt.clear()
            known = self._spelt[tokens] = "" if "\ufffd" in text else text
        return known


def _with(mask: NDArray[np.bool_], extra: NDArray[np.int32]) -> NDArray[np.bool_]:
    result = mask.copy()
    result[extra] = True
    return result
