"""The language model: goes on with a text, forecasts its next word, tells how surprising each part of it is. In NumPy.

    h_t = cell(E x_t, h_{t−1}),  log p(x_{t+1} | x_1 … x_t) = log softmax(E W h_t + b)

E is the embedding table, tied to the output (Press and Wolf 2017, arXiv:1608.05859). A text is read after the end of a
line, as every line of the training text is. The equations are those of `seqtext.training.networks.language_model`.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords
from seqtext.config import LanguageConfig, SamplingConfig
from seqtext.data.sampling import batched, blocks
from seqtext.decoding.cache import ORDERS, Memory
from seqtext.errors import ConfigError, either
from seqtext.fields import check_count
from seqtext.models.base import Model
from seqtext.models.many import Texts, answer_each, check_text, groups_of_like_length, in_order
from seqtext.models.next_words import Forecast as Forecast
from seqtext.models.next_words import NextWords, ends_in_one_space
from seqtext.models.writing import Continuation, Prompt, Wanted, Writing, draw_on, draw_together, scoring
from seqtext.networks.language_model import LanguageReader, expected_shapes
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.threads import one_thread, side_by_side
from seqtext.normalization import Form, has_quotes, with_quotes
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import check_shapes
from seqtext.tokenizer import Encoded, Tokenizer

_SCORED = 64  # positions scored over the vocabulary at once
_BLOCKS = 64  # of a long text, cut into tokens at once
BATCH = 512  # texts that are answered at once
_GROUP = 128  # of which so many are read side by side, at most
_SCORES = 1 << 21  # log-probabilities made at once of what many texts go on with
_USUAL = SamplingConfig()
_EXAMPLE = either('model.generate("Once upon a time")', 'seqtext generate "Once upon a time"')


class TokenScore(NamedTuple):
    """The surprisal of one token.

    text: the characters from start to end; a token that spells a part of a character has the whole of it, and one that
          only says that no space comes here has none
    """

    text: str
    start: int
    end: int
    bits: float


class Score(NamedTuple):
    """The surprisal of a text, −log2 of its probability; perplexity is that of a token."""

    text: str
    bits: float
    bits_per_character: float
    perplexity: float
    tokens: list[TokenScore]


class LanguageModel(Model):
    """Goes on with texts, letter by letter or word by word.

    Many threads may ask one model at once, but not with one `memory`, which each call changes.

    >>> import seqtext
    >>> model = seqtext.load("my-run")  # doctest: +SKIP
    >>> len(model.generate("Once upon a time", length=50, seed=1))  # doctest: +SKIP
    50
    """

    task = "generate"
    form: Form = "written"

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents)
        self.config = self._part("network", LanguageConfig)
        weights = check_shapes(contents.weights, expected_shapes(self.config, self.tokenizer.size))
        self.temperature = self._number("temperature", 1.0)
        self.reader = LanguageReader(self.config, weights, self.temperature)

    def memory(self) -> Memory:
        """An empty memory for the tokens of this model; given as `adapt` from text to text, it takes in all of them."""
        return Memory(ORDERS[self.tokenizer.tokens])

    @overload
    def generate(
        self, prompt: str = "", length: int = 300, sampling: SamplingConfig = _USUAL, stop: Sequence[str] = (),
        seed: int | None = None, adapt: bool | Memory = False, avoid: Collection[str] = (),
    ) -> str: ...  # fmt: skip

    @overload
    def generate(
        self, prompt: Texts, length: int = 300, sampling: SamplingConfig = _USUAL, stop: Sequence[str] = (),
        seed: int | None = None, adapt: bool | Memory = False, avoid: Collection[str] = (),
    ) -> list[str]: ...  # fmt: skip

    @overload
    def generate(
        self, prompt: Iterable[str], length: int = 300, sampling: SamplingConfig = _USUAL, stop: Sequence[str] = (),
        seed: int | None = None, adapt: bool | Memory = False, avoid: Collection[str] = (),
    ) -> Iterator[str]: ...  # fmt: skip

    def generate(
        self,
        prompt: str | Texts | Iterable[str] = "",
        length: int = 300,
        sampling: SamplingConfig = _USUAL,
        stop: Sequence[str] = (),
        seed: int | None = None,
        adapt: bool | Memory = False,
        avoid: Collection[str] = (),
    ) -> str | list[str] | Iterator[str]:
        """New text that goes on with a prompt, which is not repeated; see `stream` for what can be asked of it.

        prompt: one, a list of them or a stream, see `seqtext.models.many`; each text draws from the seed as if alone.
        With `adapt` they are written one after the other.
        """
        wanted = self._wanted(length, sampling, stop, seed, avoid)
        self._adapting(adapt)  # a fault of an option is told at once
        return answer_each(prompt, lambda prompts: self._generate(prompts, wanted, adapt), BATCH, _EXAMPLE)

    def samples(self, count: int, length: int = 300, sampling: SamplingConfig = _USUAL, seed: int = 1) -> list[str]:
        """Write many texts from nothing side by side; text n is the one that `generate` gives with seed + n."""
        check_count("count", count, high=100_000, good=100)
        each = [self._wanted(length, sampling, (), seed + number, ()) for number in range(count)]
        return [text for some in batched(each, BATCH) for text in self._together(self._prompts([""] * len(some)), some)]

    def _generate(self, texts: list[str], wanted: Wanted, adapt: bool | Memory) -> list[str]:
        prompts = self._prompts(texts)
        if adapt or len(prompts) == 1:
            return ["".join(self._stream(prompt, wanted, self._adapting(adapt))) for prompt in prompts]
        return self._together(prompts, [wanted] * len(prompts))

    def _together(self, prompts: list[Prompt], wishes: Sequence[Wanted]) -> list[str]:
        """What goes on with some prompts, groups of them side by side; the wishes differ in their seeds alone."""
        wanted = wishes[0]
        completing = self._completing(wanted.words)

        @may_overflow()
        def answered(group: list[int]) -> list[str]:
            own = [prompts[place] for place in group]
            writings = [Writing(prompts[place], wishes[place], completing) for place in group]
            with one_thread():
                scores, state = self.reader.read_texts([prompt.ids for prompt in own])
                drawn = draw_together(self.reader, writings, scoring(self.reader, wanted), scores, state)
            return ["".join(wanted.finish(text, prompt.text)) for text, prompt in zip(drawn, own, strict=True)]

        most = max(1, min(_GROUP, _SCORES // self.tokenizer.size))
        groups = groups_of_like_length([len(prompt.ids) for prompt in prompts], most)
        return in_order(groups, side_by_side(answered, groups))

    def stream(
        self,
        prompt: str = "",
        length: int = 300,
        sampling: SamplingConfig = _USUAL,
        stop: Sequence[str] = (),
        seed: int | None = None,
        adapt: bool | Memory = False,
        avoid: Collection[str] = (),
    ) -> Iterator[str]:
        """`generate` for one prompt, piece by piece: each is a whole character with its marks, once it is certain.

        length: characters (Unicode code points) of new text; stop: texts before which it ends, which are not given;
        seed: makes it repeatable; adapt: what the prompt and the new text hold is likelier to come again, see
        `seqtext.decoding.cache`; avoid: words that are not written, beside those of the model, see
        `seqtext.avoided_words`: another way is taken before one is whole, and none is given in part. Memory does not
        grow with the length. Raises InputError or ConfigError at once.
        """
        wanted, memory = self._wanted(length, sampling, stop, seed, avoid), self._adapting(adapt)
        return self._stream(self._prompts([prompt])[0], wanted, memory)

    def continuation(
        self,
        prompt: str,
        tokens: int,
        sampling: SamplingConfig = _USUAL,
        stop: Sequence[str] = (),
        seed: int | None = None,
        avoid: Collection[str] = (),
    ) -> Continuation:
        """`stream` of so many of the model's own tokens, at most, which counts them and tells why it ended.

        Raises InputError or ConfigError at once.
        """
        check_count("tokens", tokens, 0, 10**9, good=100)
        wanted = self._wanted(10**9, sampling, stop, seed, avoid)._replace(tokens=tokens)
        start = self._prompts([prompt])[0]
        text = Writing(start, wanted, self._completing(wanted.words))
        return Continuation(start, text, self._draw(start, text, None))

    def _stream(self, prompt: Prompt, wanted: Wanted, memory: Memory | None) -> Iterator[str]:
        text = Writing(prompt, wanted, self._completing(wanted.words), memory)
        return wanted.finish(self._draw(prompt, text, memory), prompt.text)

    def _draw(self, prompt: Prompt, text: Writing, memory: Memory | None) -> Iterator[str]:
        """Characters after a prompt, until no way is left; nothing is read before the first is asked for."""
        with one_thread(), may_overflow():
            if memory:
                self._taken_in(prompt.ids[1:], self._log_probs_of(prompt.ids[1:]), memory)
            scores, rows = self.reader.read(prompt.ids)
        score = scoring(self.reader, text.wanted, memory)
        yield from draw_on(self.reader, text, score, scores, rows.take(0))

    def _wanted(
        self, length: int, sampling: SamplingConfig, stop: Sequence[str], seed: int | None, avoid: Collection[str]
    ) -> Wanted:
        """What is wanted of new text, once it is checked."""
        wanted = Wanted(length, sampling, stop, self.avoided(avoid), seed).checked()
        return wanted._replace(stop=list(map(self.tokenizer.normal, wanted.stop)))

    def _prompts(self, texts: list[str]) -> list[Prompt]:
        """Texts that are to go on, as ids.

        Pieces and words take the space before them, or imply it: none of them follows a space in training.
        """
        for text in texts:
            check_text(text, _EXAMPLE)
        learnt = list(map(self._as_learnt, texts))
        spaces = [self.tokenizer.tokens != "char" and ends_in_one_space(text) for text in learnt]
        cut = self.tokenizer.encode_batch(
            [text[:-1] if space else text for text, space in zip(learnt, spaces, strict=True)]
        )
        return [
            Prompt(text, self._after_start(ids), space)
            for text, (ids, _), space in zip(learnt, cut, spaces, strict=True)
        ]

    def _as_learnt(self, text: str) -> str:
        """A text that is to go on, with the quotes of which the vocabulary has more."""
        text = self.tokenizer.normal(text)
        if not self.tokenizer.version or not has_quotes(text):  # to look for quotes in 40,000 words takes a while
            return text
        single, double = self._curly
        return with_quotes(text, curly_single=single, curly_double=double)

    @cached_property
    def _curly(self) -> tuple[bool | None, bool | None]:
        """Whether the vocabulary has more curly quotes than straight ones, single and double; None if it has none."""
        return self._prefers_curly("'", "\u2018\u2019"), self._prefers_curly('"', "\u201c\u201d")

    def _prefers_curly(self, straight: str, curly: str) -> bool | None:
        with_straight, with_curly = (
            [number for number, text in enumerate(self.tokenizer.texts) if set(text) & set(wanted)]
            for wanted in (straight, curly)
        )
        if not with_straight and not with_curly:
            return None
        # Of as many tokens, the more frequent comes first.
        return (-len(with_curly), with_curly[:1] or [self.tokenizer.size]) < (-len(with_straight), with_straight[:1])

    @overload
    def next(self, text: str, top: int = 5, complete: bool = False, avoid: Collection[str] = ()) -> list[Forecast]: ...

    @overload
    def next(
        self, text: Texts, top: int = 5, complete: bool = False, avoid: Collection[str] = ()
    ) -> list[list[Forecast]]: ...

    @overload
    def next(
        self, text: Iterable[str], top: int = 5, complete: bool = False, avoid: Collection[str] = ()
    ) -> Iterator[list[Forecast]]: ...

    def next(
        self, text: str | Texts | Iterable[str], top: int = 5, complete: bool = False, avoid: Collection[str] = ()
    ) -> list[Forecast] | list[list[Forecast]] | Iterator[list[Forecast]]:
        """The likeliest next words, best first; whole words, whatever the tokens are.

        text: one, a list of them or a stream, see `seqtext.models.many`. One that ends in a letter is taken to end in a
        whole word, and its next word to follow a space. With `complete`, the letters at its end are the start of the
        word that is wanted, which the answers hold whole. Probabilities are those of a word among all words (with that
        start), so they sum to 1 at most. avoid: words that are not offered, beside those of the model, see
        `seqtext.avoided_words`; the others keep their probabilities.
        """
        check_count("top", top, high=1000, good=5)
        words = self.avoided(avoid)
        return answer_each(text, lambda texts: self._next(texts, top, complete, words), BATCH, _EXAMPLE)

    def _next(self, texts: list[str], top: int, complete: bool, avoided: AvoidedWords) -> list[list[Forecast]]:
        for text in texts:
            check_text(text, _EXAMPLE)
        asked = [self._words.ask(self._as_learnt(text), complete) for text in texts]
        cut = [self._after_start(ids) for ids, _ in self.tokenizer.encode_batch([one.read for one in asked])]

        @may_overflow()
        def answered(group: list[int]) -> list[list[Forecast]]:
            with one_thread():
                return self._words.find([asked[k] for k in group], [cut[k] for k in group], top, avoided)

        groups = groups_of_like_length(list(map(len, cut)), _GROUP)
        return in_order(groups, side_by_side(answered, groups))

    @overload
    def score(self, text: str, adapt: bool | Memory = False) -> Score: ...

    @overload
    def score(self, text: Texts, adapt: bool | Memory = False) -> list[Score]: ...

    @overload
    def score(self, text: Iterable[str], adapt: bool | Memory = False) -> Iterator[Score]: ...

    def score(
        self, text: str | Texts | Iterable[str], adapt: bool | Memory = False
    ) -> Score | list[Score] | Iterator[Score]:
        """How many bits every token of a text holds, given what stands before it; read in stretches of bounded memory.

        text: one, a list of them or a stream, see `seqtext.models.many`; adapt: what the text has held before surprises
        less, see `seqtext.decoding.cache`; with a `memory` that was given with other texts, or takes in one after the
        other, what those held as well. An empty text has 0 bits.
        """
        self._adapting(adapt)
        return answer_each(text, lambda texts: self._score(texts, adapt), BATCH, _EXAMPLE)

    @may_overflow()
    def _score(self, texts: list[str], adapt: bool | Memory) -> list[Score]:
        for text in texts:
            check_text(text, _EXAMPLE)
        cut = self.tokenizer.encode_batch(texts)
        found = self._log_probs_each([ids for ids, _ in cut])
        if adapt:
            pairs = zip(cut, found, strict=True)
            found = [self._taken_in(ids, log_probs, self._adapting(adapt)) for (ids, _), log_probs in pairs]
        return [self._scored(*one) for one in zip(texts, cut, found, strict=True)]

    def _scored(self, text: str, cut: Encoded, log_probs: NDArray[np.float64]) -> Score:
        bits = np.abs(log_probs) / np.log(2.0)
        tokens = [
            TokenScore(text[start:end], start, end, value)
            for (start, end), value in zip(cut.offsets.tolist(), bits.tolist(), strict=True)
        ]
        total = float(bits.sum())
        perplexity = 2.0 ** min(1000.0, total / max(1, len(bits)))
        length = len(self.tokenizer.normal(text))
        return Score(text, total, total / max(1, length), perplexity, tokens)

    @may_overflow()
    def score_text(self, lines: Iterable[str]) -> tuple[float, int]:
        """The bits of a long text and its number of tokens; see `score_lines`."""
        return self.score_lines(lines)[:2]

    def score_lines(self, lines: Iterable[str]) -> tuple[float, int, NDArray[np.float64]]:
        """The bits of a long text, its number of tokens, and both of each line, (lines, 2); line ends are counted.

        The lines are read one after the other, as held-out text is in training; see
        `seqtext.networks.language_model.Rows`.
        """
        found = [np.array([self.tokenizer.newline], np.int32)]
        for some in batched(blocks(lines), _BLOCKS):
            found += stream_ids(self.tokenizer, some)
        ids = np.concatenate(found)
        each = np.zeros(len(ids) - 1, np.float32)
        with one_thread():  # several wait for each other at every step: 53 s of processor time instead of 4
            nats = self.reader.nats(ids, each) if len(ids) > 1 else 0.0
        check_finite(nats)
        line_of = np.cumsum(ids == self.tokenizer.newline)[:-1] - 1  # (tokens,): an end is part of the line it ends
        of_lines = np.stack([np.bincount(line_of, -each / math.log(2)), np.bincount(line_of)], 1, dtype=np.float64)
        return nats / math.log(2), len(ids) - 1, of_lines

    @may_overflow()
    def given_back(self, texts: Sequence[str], starts: Sequence[int]) -> list[int]:
        """How many characters of each text after its start the likeliest tokens give back, one after the other.

        So far a greedy writer that has read what stands before the start repeats the text. starts: in characters
        """
        cut = self.tokenizer.encode_batch(texts)

        @may_overflow()
        def answered(group: list[int]) -> list[int]:
            with one_thread():
                likeliest = self.reader.are_likeliest([self._after_start(cut[place].ids) for place in group])
            return [
                _given_back(texts[place], starts[place], cut[place].offsets, own)
                for place, own in zip(group, likeliest, strict=True)
            ]

        groups = groups_of_like_length([len(ids) for ids, _ in cut], _GROUP)
        return in_order(groups, side_by_side(answered, groups))

    def _adapting(self, adapt: bool | Memory) -> Memory | None:
        if not isinstance(adapt, bool | Memory):
            raise ConfigError(f"adapt received {adapt!r:.80}; True, False or a memory is expected.", "adapt=True")
        return (self.memory() if adapt else None) if isinstance(adapt, bool) else adapt

    def _log_probs_of(self, ids: NDArray[np.int32]) -> NDArray[np.float64]:
        """The log-probability of each token of a text, (tokens,)."""
        result = np.empty(len(ids))
        place = 0
        for hidden, _ in self.reader.states(self._after_start(ids)[:-1]):
            for start in range(0, len(hidden), _SCORED):
                rows = self.reader.log_probs(hidden[start : start + _SCORED])
                result[place : place + len(rows)] = rows[np.arange(len(rows)), ids[place : place + len(rows)]]
                place += len(rows)
        check_finite(result)
        return result

    def _log_probs_each(self, texts: list[NDArray[np.int32]]) -> list[NDArray[np.float64]]:
        """`_log_probs_of` for some texts, those of like length side by side."""

        @may_overflow()
        def answered(group: list[int]) -> list[NDArray[np.float64]]:
            with one_thread():
                if len(texts) == 1:
                    return [self._log_probs_of(texts[0])]
                found = self.reader.log_probs_of([self._after_start(texts[place]) for place in group])
            check_finite(np.concatenate(found))
            return [one.astype(np.float64) for one in found]

        groups = groups_of_like_length(list(map(len, texts)), _GROUP)
        return in_order(groups, side_by_side(answered, groups))

    def _taken_in(
        self, ids: NDArray[np.int32], log_probs: NDArray[np.float64], memory: Memory | None
    ) -> NDArray[np.float64]:
        """The log-probability of each token of a text, given the network's: a memory has a share, and takes it in."""
        if memory is None:
            return log_probs
        memory.start(self.tokenizer.newline)
        return np.array([memory.read(*one) for one in zip(ids.tolist(), log_probs.tolist(), strict=True)])

    def _after_start(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.concatenate([np.array([self.tokenizer.newline], np.int32), ids])

    @cached_property
    def _words(self) -> NextWords:
        return NextWords(self.reader, self.tokenizer, self._spelling)


def _given_back(text: str, start: int, offsets: NDArray[np.int32], likeliest: NDArray[np.bool_]) -> int:
    """The characters after a start up to the first token that is not the likeliest."""
    wrong = offsets[(offsets[:, 1] > start) & ~likeliest, 0]
    return max(0, (int(wrong[0]) if len(wrong) else len(text)) - start)


def joined(lines: Sequence[str]) -> str:
    """Lines as one text, with an end each."""
    return "\n".join([*lines, ""])


def stream_ids(tokenizer: Tokenizer, parts: Sequence[Sequence[str]]) -> Iterator[NDArray[np.int32]]:
    """The ids of the parts of a long text, each so many lines, as a language model reads them."""
    texts = list(map(joined, parts))
    if tokenizer.tokens == "word":  # words imply the spaces between them, which only the full encoding makes certain of
        return (found.ids for found in tokenizer.encode_batch(texts))
    return tokenizer.stream(texts)
