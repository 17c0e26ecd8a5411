"""Model language in NumPy: continue texts, predict next words, score tokens.

    h_t = cell(E x_t, h_{t−1}),  log p(x_{t+1} | x_1 … x_t) = log softmax(E W h_t + b)

E is the embedding table, tied to the output (Press and Wolf 2017, arXiv:1608.05859). A text is read after a line end,
as every line of the training text is. The equations are those of `seqtext.training.networks.language_model`.
"""

import math
import re
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
from seqtext.models.blank_text import in_usual_letters
from seqtext.models.many import Texts, answer_each, check_text, groups_of_like_length, in_order
from seqtext.models.next_words import Forecast as Forecast
from seqtext.models.next_words import NextWords, ends_in_one_space, in_capitals
from seqtext.models.writing import Continuation, Prompt, Writing, WritingOptions, draw_on, draw_together, scoring
from seqtext.networks.language_model import LanguageReader, expected_shapes
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.threads import one_thread, side_by_side
from seqtext.normalization import Form, Traced, has_quotes, normalize, normalize_written, trace, with_quotes
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import check_shapes
from seqtext.tokenizer import Encoded, Tokenizer
from seqtext.tokenizer_file import first_names

_SCORED = 64  # positions scored over the vocabulary at once
_BLOCKS = 64  # blocks of a long text tokenized at once
BATCH = 512  # texts that are answered at once
_GROUP = 128  # most texts of a batch that are read side by side
_SCORES = 1 << 21  # log-probabilities computed at once for the next tokens of many texts
#: Several spaces inside a line, and the nats for each but the first from which on a model has hardly learnt them; of a
#: text in capitals, those for all of it.
_SPACES_INSIDE, _RARE = re.compile(r"(?<=\S) {2,}(?=\S)"), math.log(1000)
_USUAL = SamplingConfig()
_EXAMPLE = either('model.generate("Once upon a time")', 'seqtext generate "Once upon a time"')


class TokenScore(NamedTuple):
    """Hold the surprisal of a token.

    text: the characters from start to end; a token for a part of a character has the whole character, and one that only
          marks the absence of a space has none.
    """

    text: str
    start: int
    end: int
    bits: float


class Score(NamedTuple):
    """Hold the surprisal of a text, −log2 of its probability. Perplexity is per token."""

    text: str
    bits: float
    bits_per_character: float
    perplexity: float
    tokens: list[TokenScore]

    def by_characters(self) -> "Score":
        """Join tokens for parts of one character, whose bits add up, so that the tokens spell the text.

        >>> bytes_of_e = [TokenScore("é", 0, 1, 6.0), TokenScore("é", 0, 1, 0.5)]
        >>> Score("é", 6.5, 6.5, 9.5, bytes_of_e).by_characters().tokens
        [TokenScore(text='é', start=0, end=1, bits=6.5)]
        """
        joined: list[TokenScore] = []
        for token in self.tokens:
            if joined and token.start < min(token.end, joined[-1].end):
                _, start, _, bits = joined.pop()
                token = TokenScore(self.text[start : token.end], start, token.end, bits + token.bits)
            joined.append(token)
        return self._replace(tokens=joined)


class LanguageModel(Model):
    """Continue texts, predict next words, and score tokens.

    Safe to share between threads, except for a `memory`, which each call changes.

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
        """Make an empty memory, which generation reads and updates. Pass it as `adapt`."""
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
        """Generate text that continues a prompt, without the prompt itself.

        prompt: one, a list of them or a stream, see `seqtext.models.many`; each text is sampled from the seed as if it
        were alone. With `adapt`, the texts are written one after the other. The other arguments are those of `stream`.
        Raises InputError and ConfigError.
        """
        wanted = self._wanted(length, sampling, stop, seed, avoid)
        self._adapting(adapt)  # raises for a wrong option at once, before a stream is read
        return answer_each(prompt, lambda prompts: self._generate(prompts, wanted, adapt), BATCH, _EXAMPLE)

    def samples(self, count: int, length: int = 300, sampling: SamplingConfig = _USUAL, seed: int = 1) -> list[str]:
        """Generate many texts without a prompt, side by side.

        Text n is the one that `generate` returns with seed + n. Raises ConfigError.
        """
        check_count("count", count, high=100_000, good=100)
        each = [self._wanted(length, sampling, (), seed + number, ()) for number in range(count)]
        return [text for some in batched(each, BATCH) for text in self._together(self._prompts([""] * len(some)), some)]

    def _generate(self, texts: list[str], wanted: WritingOptions, adapt: bool | Memory) -> list[str]:
        prompts = self._prompts(texts)
        if adapt or len(prompts) == 1:
            return ["".join(self._stream(prompt, wanted, self._adapting(adapt))) for prompt in prompts]
        return self._together(prompts, [wanted] * len(prompts))

    def _together(self, prompts: list[Prompt], wishes: Sequence[WritingOptions]) -> list[str]:
        """Continue prompts in groups, side by side; the wishes differ only in their seeds."""
        wanted = wishes[0]
        completing = self._completing(wanted.words)

        @may_overflow()
        def answered(group: list[int]) -> list[str]:
            group_prompts = [prompts[index] for index in group]
            writings = [Writing(prompts[index], wishes[index], completing) for index in group]
            with one_thread():
                scores, state = self.reader.read_texts([prompt.ids for prompt in group_prompts])
                drawn = draw_together(self.reader, writings, scoring(self.reader, wanted), scores, state)
            return [
                "".join(wanted.finish(text, prompt.text)) for text, prompt in zip(drawn, group_prompts, strict=True)
            ]

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
        """Stream the continuation of a prompt, a whole character at a time.

        Each character comes with its marks as soon as it is certain. length: characters (Unicode code points) of new
        text; stop: texts before which the new text ends; they are not part of it; seed: makes the text repeatable;
        adapt: raises the probability of words that occurred in the prompt and the new text, see
        `seqtext.decoding.cache`; avoid: words that are not written, beside those of the model, see
        `seqtext.avoided_words`: sampling backtracks before such a word is complete, and no part of one is returned.
        Memory does not grow with the length. Raises InputError or ConfigError at once.
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
        """Stream a limited number of tokens, counting them.

        The continuation also has the reason for its end. Raises InputError or ConfigError at once.
        """
        check_count("tokens", tokens, 0, 10**9, good=100)
        wanted = self._wanted(10**9, sampling, stop, seed, avoid)._replace(tokens=tokens)
        start = self._prompts([prompt])[0]
        text = Writing(start, wanted, self._completing(wanted.words))
        return Continuation(start, text, self._draw(start, text, None))

    def _stream(self, prompt: Prompt, wanted: WritingOptions, memory: Memory | None) -> Iterator[str]:
        text = Writing(prompt, wanted, self._completing(wanted.words), memory)
        return wanted.finish(self._draw(prompt, text, memory), prompt.text)

    def _draw(self, prompt: Prompt, text: Writing, memory: Memory | None) -> Iterator[str]:
        """Draw characters after a prompt, as long as some token is possible; lazily, from the first on."""
        with one_thread(), may_overflow():
            if memory:
                self._taken_in(prompt.ids[1:], self._log_probs_of(prompt.ids[1:]), memory)
            scores, rows = self.reader.read(prompt.ids)
        score = scoring(self.reader, text.wanted, memory)
        yield from draw_on(self.reader, text, score, scores, rows.take(0))

    def _wanted(
        self, length: int, sampling: SamplingConfig, stop: Sequence[str], seed: int | None, avoid: Collection[str]
    ) -> WritingOptions:
        """Check the options for new text."""
        wanted = WritingOptions(length, sampling, stop, self.avoided(avoid), seed).checked()
        return wanted._replace(stop=list(map(self.tokenizer.normal, wanted.stop)))

    def _prompts(self, texts: list[str]) -> list[Prompt]:
        """Encode texts that are to be continued.

        BPE tokens include the space before them and word tokens imply it, so in training none follows a space.
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
        """Normalize a text, also characters that the vocabulary lacks, and write its quotes in the commoner style."""
        text = self.tokenizer.normal(text)
        if not self.tokenizer.version:
            return text
        if not text.isascii():
            text = "".join(one if one in self.tokenizer.characters else normalize(one) for one in text)
        return self._with_learnt_quotes(text)

    def _with_learnt_quotes(self, text: str) -> str:
        """Write the quotes of a text in the style that is commoner in the vocabulary."""
        if not has_quotes(text):  # searching 40,000 words for quotes is slow
            return text
        single, double = self._curly
        return with_quotes(text, curly_single=single, curly_double=double)

    @cached_property
    def _curly(self) -> tuple[bool | None, bool | None]:
        """Whether curly quotes are commoner than straight ones, single and double; None without any."""
        return self._prefers_curly("'", "\u2018\u2019"), self._prefers_curly('"', "\u201c\u201d")

    def _prefers_curly(self, straight: str, curly: str) -> bool | None:
        with_straight, with_curly = (
            [number for number, text in enumerate(self.tokenizer.texts) if set(text) & set(wanted)]
            for wanted in (straight, curly)
        )
        if self.tokenizer.tokens == "char":  # a token is a byte, of any text, or a character, the frequent ones first
            first = len(first_names("char"))
            with_straight, with_curly = (
                [number for number in some if number >= first][:1] for some in (with_straight, with_curly)
            )
        if not with_straight and not with_curly:
            return None
        # A tie is broken by the lower id, which is the more frequent token.
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
        """Predict the likeliest next words, best first.

        The answers are whole words, whatever the tokens are. text: one, a list of them or a stream, see
        `seqtext.models.many`. A text that ends in a letter is assumed to end in a whole word, followed by a space.
        Several spaces at its end count as one, and so do several inside a line, unless the model has learnt such; a
        text in capitals is read in small letters and answered in capitals, unless the model has learnt capitals. With
        `complete`, the letters at its end begin the next word instead, and the answers contain the whole word. The
        probabilities are conditional on a word (with those first letters), so they sum to at most 1. avoid: words that
        are not offered, beside those of the model, see `seqtext.avoided_words`; the others keep their probabilities.
        Raises InputError and ConfigError.
        """
        check_count("top", top, high=1000, good=5)
        words = self.avoided(avoid)
        return answer_each(text, lambda texts: self._next(texts, top, complete, words), BATCH, _EXAMPLE)

    def _next(self, texts: list[str], top: int, complete: bool, avoided: AvoidedWords) -> list[list[Forecast]]:
        for text in texts:
            check_text(text, _EXAMPLE)
        typed = self._single_spaced(list(map(self._as_learnt, texts)))
        read = self._in_usual_letters(typed)
        asked = [self._words.ask(text, complete) for text in read]
        cut = [self._after_start(ids) for ids, _ in self.tokenizer.encode_batch([query.read for query in asked])]

        @may_overflow()
        def answered(group: list[int]) -> list[list[Forecast]]:
            with one_thread():
                return self._words.find([asked[k] for k in group], [cut[k] for k in group], top, avoided)

        groups = groups_of_like_length(list(map(len, cut)), _GROUP)
        found = in_order(groups, side_by_side(answered, groups))
        shouted = [one != other for one, other in zip(typed, read, strict=True)]
        return [in_capitals(words) if loud else words for words, loud in zip(found, shouted, strict=True)]

    def _single_spaced(self, texts: list[str]) -> list[str]:
        """Write several spaces inside a line as one, in the texts where the model has hardly learnt such spaces."""
        single = [_SPACES_INSIDE.sub(" ", text) for text in texts]
        least = [_RARE * (len(text) - len(other)) for text, other in zip(texts, single, strict=True)]
        return self._likelier(texts, single, least)

    def _in_usual_letters(self, texts: list[str]) -> list[str]:
        """Write texts in capitals in small letters, where the model has hardly learnt capitals."""
        small = [(in_usual_letters([text], self._usual_case) or [text])[0] for text in texts]
        return self._likelier(texts, small, [_RARE] * len(texts))

    def _likelier(self, typed: list[str], others: list[str], least: list[float]) -> list[str]:
        """Take another spelling of a text where it is likelier by more than so many nats."""
        odd = [k for k, text in enumerate(typed) if others[k] != text]
        cut = self.tokenizer.encode_batch([some[k] for some in (typed, others) for k in odd])
        sums = [float(row.sum()) for row in self._log_probs_each([ids for ids, _ in cut])] if odd else []
        taken = list(typed)
        for k, of_typed, of_other in zip(odd, sums, sums[len(odd) :], strict=False):
            if of_other - of_typed > least[k]:
                taken[k] = others[k]
        return taken

    @overload
    def score(self, text: str, adapt: bool | Memory = False, as_typed: bool = False) -> Score: ...

    @overload
    def score(self, text: Texts, adapt: bool | Memory = False, as_typed: bool = False) -> list[Score]: ...

    @overload
    def score(self, text: Iterable[str], adapt: bool | Memory = False, as_typed: bool = False) -> Iterator[Score]: ...

    def score(
        self, text: str | Texts | Iterable[str], adapt: bool | Memory = False, as_typed: bool = False
    ) -> Score | list[Score] | Iterator[Score]:
        """Compute the surprisal of every token of a text, in bits.

        A text with quotes, spaces or letters that have several forms (see `seqtext.normalization`) has the bits of the
        likelier of two: as typed, and in the forms that the model has learnt most of. Memory is bounded for a long
        text. text: one, a list of them or a stream, see `seqtext.models.many`; adapt: lowers the surprisal of words
        that occurred before in the text, see `seqtext.decoding.cache`; a `memory` also remembers the other texts it was
        passed with; as_typed: takes no other form than the one typed, for an evaluation. An empty text has 0 bits.
        Raises InputError and ConfigError.
        """
        self._adapting(adapt)
        return answer_each(text, lambda texts: self._score(texts, adapt, as_typed), BATCH, _EXAMPLE)

    @may_overflow()
    def _score(self, texts: list[str], adapt: bool | Memory, as_typed: bool) -> list[Score]:
        for text in texts:
            check_text(text, _EXAMPLE)
        cut, lengths = self.tokenizer.encode_batch(texts), [len(self.tokenizer.normal(text)) for text in texts]
        log_probs = self._log_probs_each([ids for ids, _ in cut])
        forms = {} if as_typed else {k: form for k, text in enumerate(texts) if (form := self._respelt(text))}
        others = self.tokenizer.encode_batch([form.text for form in forms.values()])
        rows = self._log_probs_each([ids for ids, _ in others])
        for (k, form), other, row in zip(forms.items(), others, rows, strict=True):
            if row.sum() > log_probs[k].sum():
                cut[k], log_probs[k] = Encoded(other.ids, form.back(other.offsets)), row
                lengths[k] = len(self.tokenizer.normal(form.text))
        if adapt:
            pairs = zip(cut, log_probs, strict=True)
            log_probs = [self._taken_in(ids, row, self._adapting(adapt)) for (ids, _), row in pairs]
        return [_scored(*scored) for scored in zip(texts, lengths, cut, log_probs, strict=True)]

    def _respelt(self, text: str) -> Traced | None:
        """Write a text in the form "read", with the quotes of the vocabulary; None where that is what was typed."""
        if not self.tokenizer.version:
            return None
        traced = trace(text, "read")
        spelt = self._with_learnt_quotes(traced.text)  # of the same length
        return None if spelt == normalize_written(text) else traced._replace(text=spelt)

    @may_overflow()
    def score_lines(self, lines: Iterable[str]) -> tuple[float, int, NDArray[np.float64]]:
        """Compute the bits and count the tokens of a long text.

        Returns bits, tokens, and both for each line, (lines, 2); line ends count as tokens. The lines are read one
        after the other, as held-out text is in training; see `seqtext.networks.language_model.TextRows`.
        """
        encoded = [np.array([self.tokenizer.newline], np.int32)]
        for some in batched(blocks(lines), _BLOCKS):
            encoded += stream_ids(self.tokenizer, some)
        ids = np.concatenate(encoded)
        each = np.zeros(len(ids) - 1, np.float32)
        with one_thread():  # several threads wait for each other at every step: 53 s of processor time instead of 4
            nats = self.reader.nats(ids, each) if len(ids) > 1 else 0.0
        check_finite(nats)
        line_of = np.cumsum(ids == self.tokenizer.newline)[:-1] - 1  # (tokens,): a line end belongs to its line
        of_lines = np.stack([np.bincount(line_of, -each / math.log(2)), np.bincount(line_of)], 1, dtype=np.float64)
        return nats / math.log(2), len(ids) - 1, of_lines

    @may_overflow()
    def given_back(self, texts: Sequence[str], starts: Sequence[int]) -> list[int]:
        """Count the characters after each start that greedy decoding reproduces.

        This measures memorized text: given the text before the start, greedy decoding repeats so many characters.
        starts: in characters.
        """
        cut = self.tokenizer.encode_batch(texts)

        @may_overflow()
        def answered(group: list[int]) -> list[int]:
            with one_thread():
                likeliest = self.reader.are_likeliest([self._after_start(cut[index].ids) for index in group])
            return [
                _given_back(texts[index], starts[index], cut[index].offsets, flags)
                for index, flags in zip(group, likeliest, strict=True)
            ]

        groups = groups_of_like_length([len(ids) for ids, _ in cut], _GROUP)
        return in_order(groups, side_by_side(answered, groups))

    def _adapting(self, adapt: bool | Memory) -> Memory | None:
        if not isinstance(adapt, bool | Memory):
            raise ConfigError(f"adapt received {adapt!r:.80}; True, False or a memory is expected.", "adapt=True")
        return (self.memory() if adapt else None) if isinstance(adapt, bool) else adapt

    def _log_probs_of(self, ids: NDArray[np.int32]) -> NDArray[np.float64]:
        """Compute the log-probability of each token of a text, (tokens,)."""
        result = np.empty(len(ids))
        position = 0
        for hidden, _ in self.reader.states(self._after_start(ids)[:-1]):
            for start in range(0, len(hidden), _SCORED):
                rows = self.reader.log_probs(hidden[start : start + _SCORED])
                result[position : position + len(rows)] = rows[
                    np.arange(len(rows)), ids[position : position + len(rows)]
                ]
                position += len(rows)
        check_finite(result)
        return result

    def _log_probs_each(self, texts: list[NDArray[np.int32]]) -> list[NDArray[np.float64]]:
        """Compute `_log_probs_of` for several texts, in batches of similar length."""

        @may_overflow()
        def answered(group: list[int]) -> list[NDArray[np.float64]]:
            with one_thread():
                if len(texts) == 1:
                    return [self._log_probs_of(texts[0])]
                log_probs = self.reader.log_probs_of([self._after_start(texts[index]) for index in group])
            check_finite(np.concatenate(log_probs))
            return [row.astype(np.float64) for row in log_probs]

        groups = groups_of_like_length(list(map(len, texts)), _GROUP)
        return in_order(groups, side_by_side(answered, groups))

    def _taken_in(
        self, ids: NDArray[np.int32], log_probs: NDArray[np.float64], memory: Memory | None
    ) -> NDArray[np.float64]:
        """Mix a memory's probabilities into the network's log-probabilities, (tokens,), and let it learn the text."""
        if memory is None:
            return log_probs
        memory.start(self.tokenizer.newline)
        return np.array([memory.read(*token) for token in zip(ids.tolist(), log_probs.tolist(), strict=True)])

    def _after_start(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.concatenate([np.array([self.tokenizer.newline], np.int32), ids])

    @cached_property
    def _words(self) -> NextWords:
        return NextWords(self.reader, self.tokenizer, self._spelling)


def _scored(text: str, length: int, cut: Encoded, log_probs: NDArray[np.float64]) -> Score:
    """Make the score of a text; length: its characters in the form that was scored."""
    bits = np.abs(log_probs) / np.log(2.0)
    tokens = [
        TokenScore(text[start:end], start, end, value)
        for (start, end), value in zip(cut.offsets.tolist(), bits.tolist(), strict=True)
    ]
    total = float(bits.sum())
    perplexity = 2.0 ** min(1000.0, total / max(1, len(bits)))
    return Score(text, total, total / max(1, length), perplexity, tokens)


def _given_back(text: str, start: int, offsets: NDArray[np.int32], likeliest: NDArray[np.bool_]) -> int:
    """Count the characters from a start to the first token that is not the likeliest."""
    wrong = offsets[(offsets[:, 1] > start) & ~likeliest, 0]
    return max(0, (int(wrong[0]) if len(wrong) else len(text)) - start)


def joined(lines: Sequence[str]) -> str:
    """Join lines to a text, each with a line end."""
    return "\n".join([*lines, ""])


def stream_ids(tokenizer: Tokenizer, parts: Sequence[Sequence[str]]) -> Iterator[NDArray[np.int32]]:
    """Encode the parts of a long text as ids, (tokens,) each.

    parts: lists of lines
    """
    texts = list(map(joined, parts))
    if tokenizer.tokens == "word":  # words imply the spaces between them, which only the full encoding checks
        return (encoded.ids for encoded in tokenizer.encode_batch(texts))
    return tokenizer.stream(texts)
