"""Find words that fill blanks by beam search, many texts at once."""

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
_CLITICS = frozenset([b"'s", b"'re", b"'ve", b"'ll", b"'d", b"'m", b"'t", b"n't"])
_SPELT = 50_000  # most spans in the cache of spellings
#: The log-probability below which a word spelled byte by byte to fit a blank is rejected as invented.
_RAREST = {"word": math.log(1e-6), "bpe": -math.inf, "char": -math.inf}

Filling = tuple[tuple[str, ...], float]  # the words of each blank, and the probability of all
Rule = Callable[[tuple[int, ...]], NDArray[np.bool_]]


class Blanks(NamedTuple):
    """Hold a text with blanks and their limits. It has the segments around them, as text and ids."""

    blanks: list[Blank]
    parts: list[str]
    segments: list[NDArray[np.int32]]  # in the order in which the model reads
    shouted: bool = False  # whether it was typed in capitals, which the parts are not

    @property
    def number(self) -> int:
        """Return the number of blanks."""
        return len(self.segments) - 1


class _Gap(NamedTuple):
    """The next blank of a text: its limits, and whether a word begins there.

    spaced: with pieces, whether white space stands before it; with words, whether no letter does
    """

    blank: Blank
    most: int  # words
    spaced: bool


class _Hypotheses(NamedTuple):
    """Hypotheses for the blanks so far, a row each."""

    chosen: list[tuple[str, ...]]
    scores: NDArray[np.float64]  # (rows,) log-probabilities
    state: FillState

    def take(self, rows: NDArray[np.integer]) -> "_Hypotheses":
        chosen = [self.chosen[row] for row in rows.tolist()]
        return _Hypotheses(chosen, self.scores[rows], self.state.take(rows))

    @classmethod
    def joined(cls, parts: "Sequence[_Hypotheses]") -> "_Hypotheses":
        """Concatenate the rows of several."""
        if len(parts) == 1:
            return parts[0]
        state = FillState(*map(np.concatenate, zip(*(group.state for group in parts), strict=True)))
        chosen = [words for group in parts for words in group.chosen]
        return cls(chosen, np.concatenate([group.scores for group in parts]), state)


class BlankSearch:
    """Search for the likeliest words in blanks; safe to share between threads.

    mirrored: whether the model reads from right to left; temperature: divides the log-odds of the first tokens.
    """

    def __init__(self, readers: FillReaders, tokenizer: Tokenizer, mirrored: bool, temperature: float) -> None:
        self._readers, self._tokenizer = readers, tokenizer
        self._mirrored, self._temperature = mirrored, np.float32(temperature)
        self._spelt: dict[tuple[int, ...], str] = {}

    def fill(self, texts: Sequence[Blanks], beam: int, max_words: int) -> list[list[Filling]]:
        """Fill all blanks of each text, the likeliest fillings first.

        Returns at most `beam` fillings a text; those whose bytes are not valid text are dropped. max_words: most words
        in a blank without a limit of its own.
        """
        readers, fillings = self._readers, [list[Filling]() for _ in texts]
        rights = readers.rights([text.segments for text in texts])
        state = readers.start([np.concatenate(text.segments) for text in texts])
        state = readers.read(state, [np.append(BOS, text.segments[0]) for text in texts])
        rows = _Hypotheses([()] * len(texts), np.zeros(len(texts)), state)
        counts = np.array([text.number for text in texts], np.int64)
        for number, right in enumerate(rights):
            if not rows.chosen:
                break
            indices = counts - 1 - number if self._mirrored else np.full(len(texts), number)
            gaps = [self._gap(text, index, max_words) for text, index in zip(texts, indices.tolist(), strict=True)]
            rows = self._fill_blank(rows, right, gaps, beam)
            last = counts[rows.state.text] == number + 1
            for row in np.flatnonzero(last).tolist():
                words = rows.chosen[row][::-1] if self._mirrored else rows.chosen[row]
                fillings[rows.state.text[row]].append((words, float(np.exp(rows.scores[row]))))
            rows = rows.take(np.flatnonzero(~last))
            following = [texts[text].segments[number + 1] for text in rows.state.text.tolist()]
            rows = rows._replace(state=readers.read(rows.state, following))
        return fillings

    def may_miss(self, text: Blanks) -> bool:
        """Tell whether a wider beam may find more fillings.

        Where words are spelled in several tokens, a beam may hold only beginnings that lead to no filling. With whole
        words, all that fit are compared.
        """
        return self._tokenizer.tokens != "word" and any(blank.letters for blank in text.blanks)

    def _gap(self, text: Blanks, index: int, max_words: int) -> _Gap:
        """Describe a blank of a text; an index out of range is clipped."""
        index = min(max(0, index), text.number - 1)
        before = text.parts[index][-1:]
        kind = self._tokenizer.tokens
        spaced = before.isspace() if kind == "bpe" else kind == "char" or not before.isalnum()
        return _Gap(text.blanks[index], text.blanks[index].most_words(max_words), spaced)

    def _fill_blank(self, rows: _Hypotheses, right: Right, gaps: list[_Gap], beam: int) -> _Hypotheses:
        """Fill the next blank of every text; blanks with the same number of words are searched together."""
        most = np.array([gap.most for gap in gaps])[rows.state.text]
        counts = np.flatnonzero(np.bincount(most)).tolist()  # np.unique loads masked arrays: 8 ms of a cold answer
        some = [rows] if len(counts) == 1 else [rows.take(np.flatnonzero(most == count)) for count in counts]
        return _Hypotheses.joined(
            [self._fill_alike(alike, right, gaps, beam, count) for alike, count in zip(some, counts, strict=True)]
        )

    def _fill_alike(self, rows: _Hypotheses, right: Right, gaps: list[_Gap], beam: int, max_words: int) -> _Hypotheses:
        inner, texts = self.inner(max_words), rows.state.text
        rules = {flag: self._rule(max_words, flag) for flag in {gap.spaced for gap in gaps}}
        limits = self._limits(gaps, np.flatnonzero(np.bincount(texts)).tolist())
        # How often spans end can be told from the first token only where nearly every span is one token.
        counts_others = max_words == 1 and self._tokenizer.tokens == "word"
        first, begun, others = self._first(
            rows.state, right, rules, [gap.spaced for gap in gaps], beam, limits, counts_others
        )
        spans = search_spans(
            self._readers.step(right, inner), rows.state, first, rows.scores, texts, begun=begun, others=others,
            limits=limits, inner=inner, end=END, allowed=lambda text, tokens: rules[gaps[text].spaced](tokens),
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
        # Assumes that spans outside the beam end as often as those inside it. Spans that the blank refuses count as
        # inside.
        mass = log_sums(scores, owners, len(gaps)) - log_sums(rows.scores, texts, len(gaps))
        if limits:
            mass = np.logaddexp(mass, np.log(np.maximum(_padded(spans.refused, len(gaps)), 1e-300)))
        share = np.log(np.clip(spans.covered, 1e-9, 1.0))
        origins = spans.origins[kept].tolist()
        chosen = [(*rows.chosen[origin], words[k]) for origin, k in zip(origins, kept.tolist(), strict=True)]
        return _Hypotheses(chosen, scores + (share[owners] - mass[owners]), spans.state(kept))

    def _limits(self, gaps: list[_Gap], texts: list[int]) -> dict[int, Limit]:
        """Make the limits of the next blanks, by text; blanks limited only in their number of words have none."""
        known: dict[Blank, Limit] = {}
        limits = {}
        for text in texts:
            blank = gaps[text].blank
            if _is_limited(blank):
                if blank not in known:
                    known[blank] = Limit(blank, self._letters, self._spell)
                limits[text] = known[blank]
        return limits

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
        counts_others: bool,
    ) -> tuple[First, First | None, First | None]:
        """Find the likeliest first tokens of each row's blank.

        counts_others: whether those are found, too, that the limits refuse, see `search_spans`
        returns whole fillings, what only begins one, and what is refused; None where no blank has limits
        """
        readers = self._readers
        bias = readers.bias / self._temperature
        admitted = {flag: np.where(rule(()), bias, np.float32(-np.inf)) for flag, rule in rules.items()}
        tiers: list[list[First]] = [[], [], []] if counts_others else [[], []]
        taken = {limit: _tier_masks(*limit.first()) for limit in set(limits.values())}
        anything, nothing = np.ones_like(bias, np.bool_), np.zeros_like(bias, np.bool_)
        for start in range(0, len(state.text), _SCORED):
            some = slice(start, start + _SCORED)
            query = readers.query(state.hidden[some, -1], state.bag[some], right.take(state.text[some]))
            texts = state.text[some].tolist()
            flags = [spaced[text] for text in texts]
            admitted_bias = admitted[flags[0]] if len(set(flags)) == 1 else np.stack([admitted[flag] for flag in flags])
            scores = readers.scores(query / self._temperature, admitted_bias)
            if not limits:
                tiers[0].append(likeliest_first(scores, beam))
                continue
            masks = [taken[limits[text]] if text in limits else (anything, nothing, nothing) for text in texts]
            for tier, mask in zip(tiers, zip(*masks, strict=True), strict=False):
                tier.append(likeliest_first(scores, beam, np.stack(mask)))
        found = [First(*map(np.concatenate, zip(*parts, strict=True))) for parts in tiers if parts]
        return found[0], found[1] if limits else None, found[2] if limits and counts_others else None

    def inner(self, max_words: int) -> NDArray[np.integer]:
        """List the tokens that may follow a span's first token, (tokens,).

        END and continuations of a word; all tokens if further words may follow, or if the model reads from right to
        left.
        """
        if max_words > 1 or self._mirrored:
            return np.arange(self._tokenizer.size)
        return self._end_or_rest

    @cached_property
    def _end_or_rest(self) -> NDArray[np.integer]:
        return np.concatenate([[END], np.flatnonzero(self._permitted[1])])

    @cached_property
    def _permitted(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Masks (vocabulary,): tokens that may stand in a blank, and those of them that continue a word."""
        wordlike = self._tokenizer.wordlike.copy()
        wordlike[: len(SPECIALS)] = False
        return wordlike, wordlike & self._tokenizer.continues

    @cached_property
    def _clitics(self) -> NDArray[np.bool_]:
        """Mark what is only written onto a word, such as 's: (vocabulary,)."""
        apostrophes = np.flatnonzero(self._tokenizer.holds_bytes(b"'\x99"))  # the last byte of ’
        marks = np.zeros(self._tokenizer.size, np.bool_)
        for number, piece in zip(apostrophes.tolist(), self._tokenizer.pieces(apostrophes), strict=True):
            marks[number] = piece.lower().replace("’".encode(), b"'") in _CLITICS
        return marks

    def _rule(self, max_words: int, spaced: bool) -> Rule:
        """Make the rule for the next token of a span: it continues the last word, or begins another if allowed."""
        wordlike, joins = self._permitted
        kind, mirrored = self._tokenizer.tokens, self._mirrored
        opens = wordlike & ~joins if kind != "char" else wordlike
        first = opens & ~self._clitics if kind == "word" and spaced else opens if spaced or kind == "word" else joins
        space = self._tokenizer.encode(" ").ids[-1:] if kind == "char" else np.zeros(0, np.int32)

        def allowed(tokens: tuple[int, ...]) -> NDArray[np.bool_]:
            if not tokens:
                if mirrored and kind == "bpe":
                    return wordlike
                return first
            if kind == "char":
                words = 1 + sum(token in space for token in tokens)
                return _with(wordlike, space) if words < max_words and tokens[-1] not in space else wordlike
            words = sum(bool(opens[token]) for token in tokens) + (0 if spaced or mirrored or kind == "word" else 1)
            if mirrored and kind == "word":  # else a rare word would start with its last byte, a mere guess
                return opens if words < max_words else np.zeros_like(opens)
            if mirrored:
                return wordlike if joins[tokens[-1]] or words < max_words else np.zeros_like(wordlike)
            return wordlike if words < max_words else joins

        return allowed

    def _spell(self, tokens: tuple[int, ...]) -> str:
        """Decode a span; "" if its bytes are not valid UTF-8."""
        known = self._spelt.get(tokens)
        if known is None:
            text = self._tokenizer.decode(tokens[::-1] if self._mirrored else tokens).strip()
            if len(self._spelt) >= _SPELT:
                self._spelt.clear()
            known = self._spelt[tokens] = "" if "\ufffd" in text else text
        return known


def _tier_masks(whole: NDArray[np.bool_], begin: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], ...]:
    """Mark whole fillings, what only begins one, and what is refused, (vocabulary,) each."""
    return whole, begin, ~(whole | begin)


def _is_limited(blank: Blank) -> bool:
    """Tell whether a blank limits more than the largest number of words."""
    return bool(blank.letters or blank.avoided or blank.fewest_words > 1)


def _padded(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.concatenate([values, np.zeros(count - len(values))])


def _with(mask: NDArray[np.bool_], extra: NDArray[np.int32]) -> NDArray[np.bool_]:
    result = mask.copy()
    result[extra] = True
    return result
