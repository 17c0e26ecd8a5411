"""The search for what fills blanks, over many texts at once: ids in, words with probabilities out."""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.blanks import Blank
from seqtext.decoding.spans import First, likeliest_first, log_sums, search_spans
from seqtext.models.blank_limits import Limit, TokenLetters
from seqtext.networks.blank_filler import FillReaders, FillState, Right
from seqtext.tokenizer import BOS, END, LONGEST_WORD, SPECIALS, Tokenizer

_SCORED = 32  # rows scored over the vocabulary at once
_SPELT = 50_000  # spans whose spelling is kept
#: The log-probability below which a word that is spelled byte by byte to fit a blank is an invention.
_RAREST = {"word": math.log(1e-6), "bpe": -math.inf, "char": -math.inf}

Filling = tuple[tuple[str, ...], float]  # a word or words per blank, and their probability
Rule = Callable[[tuple[int, ...]], NDArray[np.bool_]]


class Blanks(NamedTuple):
    """A text with blanks: what they take, and the stretches around them, as text and as ids."""

    blanks: list[Blank]
    parts: list[str]
    segments: list[NDArray[np.int32]]  # in the order in which the model reads

    @property
    def number(self) -> int:
        """How many blanks it has."""
        return len(self.segments) - 1


class _Gap(NamedTuple):
    """The blank of a text that is filled next: what it takes, and whether a space stands before it."""

    blank: Blank
    most: int  # words
    spaced: bool


class _Hypotheses(NamedTuple):
    """What may stand in the blanks so far, a row each."""

    chosen: list[tuple[str, ...]]
    scores: NDArray[np.float64]  # (rows,) log-probabilities
    state: FillState

    def take(self, rows: NDArray[np.integer]) -> "_Hypotheses":
        chosen = [self.chosen[row] for row in rows.tolist()]
        return _Hypotheses(chosen, self.scores[rows], self.state.take(rows))

    @classmethod
    def joined(cls, parts: "Sequence[_Hypotheses]") -> "_Hypotheses":
        """The rows of several, one after the other."""
        if len(parts) == 1:
            return parts[0]
        state = FillState(*map(np.concatenate, zip(*(part.state for part in parts), strict=True)))
        chosen = [words for part in parts for words in part.chosen]
        return cls(chosen, np.concatenate([part.scores for part in parts]), state)


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

        max_words: most words in a blank that does not say
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
            gaps = [self._gap(text, place, max_words) for text, place in zip(texts, places.tolist(), strict=True)]
            rows = self._fill_blank(rows, right, gaps, beam)
            last = counts[rows.state.text] == number + 1
            for row in np.flatnonzero(last).tolist():
                words = rows.chosen[row][::-1] if self._mirrored else rows.chosen[row]
                found[rows.state.text[row]].append((words, float(np.exp(rows.scores[row]))))
            rows = rows.take(np.flatnonzero(~last))
            following = [texts[text].segments[number + 1] for text in rows.state.text.tolist()]
            rows = rows._replace(state=readers.read(rows.state, following))
        return found

    def may_miss(self, text: Blanks) -> bool:
        """Whether a wider search may find more that fits: where words are spelled, a beam fills with other beginnings.

        Of whole words, all that fit are compared.
        """
        return self._tokenizer.tokens != "word" and any(blank.letters for blank in text.blanks)

    def _gap(self, text: Blanks, place: int, max_words: int) -> _Gap:
        """A blank of a text; of a place where there is none, any."""
        place = min(max(0, place), text.number - 1)
        spaced = self._tokenizer.tokens != "bpe" or text.parts[place][-1:].isspace()
        return _Gap(text.blanks[place], text.blanks[place].most_words(max_words), spaced)

    def _fill_blank(self, rows: _Hypotheses, right: Right, gaps: list[_Gap], beam: int) -> _Hypotheses:
        """Go on with every text by what may stand in its next blank, those of as many words together."""
        most = np.array([gap.most for gap in gaps])[rows.state.text]
        counts = np.unique(most).tolist()
        some = [rows] if len(counts) == 1 else [rows.take(np.flatnonzero(most == count)) for count in counts]
        return _Hypotheses.joined(
            [self._fill_alike(own, right, gaps, beam, count) for own, count in zip(some, counts, strict=True)]
        )

    def _fill_alike(self, rows: _Hypotheses, right: Right, gaps: list[_Gap], beam: int, max_words: int) -> _Hypotheses:
        inner, texts = self.inner(max_words), rows.state.text
        rules = {flag: self._rule(max_words, flag) for flag in {gap.spaced for gap in gaps}}
        limits = self._limits(gaps, np.unique(texts).tolist())
        first, begun = self._first(rows.state, right, rules, [gap.spaced for gap in gaps], beam, limits)
        spans = search_spans(
            self._readers.step(right, inner), rows.state, first, rows.scores, texts, begun=begun, limits=limits,
            inner=inner, end=END, allowed=lambda text, tokens: rules[gaps[text].spaced](tokens),
            beam=beam, longest=LONGEST_WORD[self._tokenizer.tokens] * max_words,
        )  # fmt: skip
        words = list(map(self._spell, spans.tokens))
        least = spans.log_probs - rows.scores[spans.origins] > _RAREST[self._tokenizer.tokens]
        known = [
            probable or len(tokens) == 1 or max_words > 1 or question not in limits
            for probable, tokens, question in zip(least.tolist(), spans.tokens, spans.questions.tolist(), strict=True)
        ]
        kept = np.array([k for k, word in enumerate(words) if word and known[k]], np.int64)
        if not len(kept):
            return rows.take(kept)
        owners, scores = spans.questions[kept], spans.log_probs[kept]
        # Spans outside the beam are taken to close as often as those inside it; what a blank does not take is inside.
        mass = log_sums(scores, owners, len(gaps)) - log_sums(rows.scores, texts, len(gaps))
        if limits:
            mass = np.logaddexp(mass, np.log(np.maximum(_padded(spans.refused, len(gaps)), 1e-300)))
        share = np.log(np.clip(spans.covered, 1e-9, 1.0))
        origins = spans.origins[kept].tolist()
        chosen = [(*rows.chosen[origin], words[k]) for origin, k in zip(origins, kept.tolist(), strict=True)]
        return _Hypotheses(chosen, scores + (share[owners] - mass[owners]), spans.state(kept))

    def _limits(self, gaps: list[_Gap], texts: list[int]) -> dict[int, Limit]:
        """What the next blanks take, by text; of those that take any words up to a number, nothing."""
        known: dict[Blank, Limit] = {}
        found = {}
        for text in texts:
            blank = gaps[text].blank
            if _is_limited(blank):
                if blank not in known:
                    known[blank] = Limit(blank, self._letters, self._spell)
                found[text] = known[blank]
        return found

    @cached_property
    def _letters(self) -> TokenLetters:
        return TokenLetters(self._tokenizer, self._mirrored)

    def _first(
        self,
        state: FillState,
        right: Right,
        rules: dict[bool, Rule],
        spaced: list[bool],
        beam: int,
        limits: dict[int, Limit],
    ) -> tuple[First, First | None]:
        """The likeliest first tokens of the next blank of each row; by themselves those that are no filling alone."""
        readers = self._readers
        bias = readers.bias / self._temperature
        admitted = {flag: np.where(rule(()), bias, np.float32(-np.inf)) for flag, rule in rules.items()}
        tiers: tuple[list[First], list[First]] = [], []
        taken = {limit: limit.first() for limit in set(limits.values())}
        anything, nothing = np.ones_like(bias, np.bool_), np.zeros_like(bias, np.bool_)
        for start in range(0, len(state.text), _SCORED):
            some = slice(start, start + _SCORED)
            query = readers.query(state.hidden[some, -1], state.bag[some], right.take(state.text[some]))
            texts = state.text[some].tolist()
            flags = [spaced[text] for text in texts]
            own = admitted[flags[0]] if len(set(flags)) == 1 else np.stack([admitted[flag] for flag in flags])
            scores = readers.scores(query / self._temperature, own)
            if not limits:
                tiers[0].append(likeliest_first(scores, beam))
                continue
            masks = [taken[limits[text]] if text in limits else (anything, nothing) for text in texts]
            for tier, mask in zip(tiers, zip(*masks, strict=True), strict=True):
                tier.append(likeliest_first(scores, beam, np.stack(mask)))
        first, begun = (First(*map(np.concatenate, zip(*parts, strict=True))) if parts else None for parts in tiers)
        assert first is not None
        return first, begun

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


def _is_limited(blank: Blank) -> bool:
    """Whether a blank takes less than all words, up to some number."""
    return bool(blank.letters or blank.avoided or blank.fewest_words > 1)


def _padded(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.concatenate([values, np.zeros(count - len(values))])


def _with(mask: NDArray[np.bool_], extra: NDArray[np.int32]) -> NDArray[np.bool_]:
    result = mask.copy()
    result[extra] = True
    return result
