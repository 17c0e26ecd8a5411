"""Sample text token by token: a stream, or a batch of texts."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords
from seqtext.characters import whole_characters
from seqtext.config import SamplingConfig
from seqtext.decoding.cache import Memory
from seqtext.decoding.constraints import Completing, Spelling, whole
from seqtext.decoding.draft import Draft, Drawn, withhold
from seqtext.decoding.sampling import sample, sample_rows
from seqtext.decoding.streaming import before_stop
from seqtext.errors import ConfigError, InputError, argument, arguments, either
from seqtext.fields import check_count, is_whole
from seqtext.networks.cells import Array, State
from seqtext.networks.language_model import LanguageReader
from seqtext.networks.threads import one_thread
from seqtext.tokenizer import check_characters

_RECENT = 64  # tokens to which a repetition penalty looks back

Scores = NDArray[np.floating]


class WritingOptions(NamedTuple):
    """Hold the options for a new text."""

    length: int  # most characters
    sampling: SamplingConfig
    stop: Sequence[str]  # texts before which the new text ends
    words: AvoidedWords
    seed: int | None
    tokens: int | None = None  # most tokens

    def checked(self) -> "WritingOptions":
        """Check the options, and return them with stop texts as a list. Raises InputError or ConfigError."""
        check_count("length", self.length, high=10**9, good=300)
        hint = either("stop=['.']", '--stop "."')
        stop: list[Any] = [self.stop] if isinstance(self.stop, str) else list(self.stop)
        for text in stop:
            if not isinstance(text, str):
                raise InputError(f"{text!r:.80} was received; a text is expected.", hint)
            if not text:
                message = f"{argument('stop')} received an empty text; at least one character is expected."
                raise InputError(message, hint)
        check_characters(stop)
        sampling: Any = self.sampling
        if not isinstance(sampling, SamplingConfig):
            raise ConfigError(f"sampling received {sampling!r:.80}; a SamplingConfig is expected.", "SamplingConfig()")
        if self.seed is not None and not is_whole(self.seed, 0, 2**31 - 1):
            raise ConfigError(
                f"{argument('seed')} received {self.seed!r}; accepted is from 0 to {2**31 - 1}.", arguments(seed=1)
            )
        return self._replace(stop=stop)

    def finish(self, characters: Iterable[str], prompt: str) -> Iterator[str]:
        """Filter drawn characters to an answer of whole characters; prompt: their context."""
        characters = islice(characters, self.length)
        characters = before_stop(characters, self.stop) if self.stop else characters
        words = self.words
        return whole_characters(withhold(characters, words, words.after(prompt)) if len(words) else characters)

    def is_enough(self, characters: list[str], new: int) -> bool:
        """Tell whether the text is complete; new: number of characters added last."""
        if len(characters) >= self.length or not (new and self.stop):
            return len(characters) >= self.length
        last = "".join(characters[-new - max(map(len, self.stop)) :])
        return any(stop in last for stop in self.stop)


class Prompt(NamedTuple):
    """Hold a text to continue, with its token ids, (tokens,)."""

    text: str
    ids: NDArray[np.int32]
    space: bool  # whether its last space is left to the next token


class Writing:
    """Sample a text token by token after a prompt."""

    def __init__(
        self, prompt: Prompt, wanted: WritingOptions, completing: Completing, memory: Memory | None = None
    ) -> None:
        self._spelling: Spelling = completing.spelling
        self.wanted, self.generator, self._memory = wanted, np.random.default_rng(wanted.seed), memory
        self._draft = Draft(wanted.words, completing, prompt.text)
        self._previous, self._pending, self._space = int(prompt.ids[-1]), b"", prompt.space
        self._recent = deque(prompt.ids[-_RECENT:].tolist(), _RECENT)
        self.tokens = 0  # that are settled

    @property
    def is_full(self) -> bool:
        """Return whether the requested number of tokens is settled."""
        return self.tokens == self.wanted.tokens

    def weigh(self, scores: Scores) -> Scores:
        """Mask impossible next tokens in scores, (vocabulary,).

        A memory is mixed in first; without one, this is done in place.
        """
        scores = self._memory.mix(scores, self._draft.tokens) if self._memory else scores
        scores += self._spelling.barrier(self._previous, self._pending)
        if self._space:
            scores[~self._spelling.fits(self._previous, b" ")] = -np.inf
        return scores

    @property
    def seen(self) -> Sequence[int]:
        """List the tokens to which a repetition penalty applies."""
        held = self._draft.tokens
        return [*self._recent, *held][-_RECENT:] if held else self._recent

    def draw(self, scores: Scores) -> int:
        """Sample a token from the scores that `weigh` returned."""
        return sample(scores, self.wanted.sampling, self.seen, self.generator)

    def add(self, token: int, scores: Scores, state: State) -> tuple[int, State] | None:
        """Append a sampled token, or another if it completes an avoided word.

        scores: those it was sampled from; state: the state before it. Returns the token and the state before it, or
        None if no token is possible.
        """
        while True:
            text, after = whole(self._pending + self._spelling.added(self._previous, token))
            text = text[1:] if self._space else text
            drawn = Drawn(token, text, scores, state, self._previous, self._pending, self._space)
            if self._draft.add(drawn):
                self._previous, self._pending, self._space = token, after, False
                return token, state
            back = self._draft.take_back(drawn)
            if back is None:
                return None
            _, _, scores, state, self._previous, self._pending, self._space = back
            token = self.draw(scores)

    def settled(self) -> str:
        """Return the characters that became final since the last call."""
        characters = ""
        for drawn in self._draft.settled():
            if self.is_full:
                break
            self.tokens += 1
            if self._memory:
                self._memory.read(drawn.token)
            self._recent.append(drawn.token)
            characters += drawn.text
        return characters


class Continuation:
    """Stream a new text, with token counts and its reason to end.

    prompt_tokens: tokens of the prompt; tokens: new tokens so far.
    ended: "" before the end; "length" if all requested tokens are written, "stop" at a stop text, or if no token was
    possible.
    """

    def __init__(self, prompt: Prompt, text: Writing, characters: Iterable[str]) -> None:
        self.prompt_tokens, self.ended = len(prompt.ids) - 1, ""  # without the start
        self._text, self._characters, self._is_drawn_out = text, characters, False
        self._pieces = text.wanted.finish(self._drawn(), prompt.text)

    @property
    def tokens(self) -> int:
        """Count the new tokens."""
        return self._text.tokens

    def __iter__(self) -> Iterator[str]:
        yield from self._pieces
        self.ended = "length" if self._is_drawn_out and self._text.is_full else "stop"

    def _drawn(self) -> Iterator[str]:
        yield from self._characters
        self._is_drawn_out = True  # reached only if no stop text came before


def scoring(reader: LanguageReader, wanted: WritingOptions, memory: Memory | None = None) -> Callable[[Array], Array]:
    """Choose the scoring function: log-probabilities for a memory or penalty, else scores."""
    return reader.log_probs if memory or wanted.sampling.repetition_penalty != 1.0 else reader.scores


def draw_on(
    reader: LanguageReader, text: Writing, score: Callable[[Array], Array], scores: Scores, state: State
) -> Iterator[str]:
    """Sample a text's characters until it is full or no token is possible.

    scores: (vocabulary,) scores of the first token; state: the state before it.
    """
    going: tuple[int, State] | None = None
    while not text.is_full:
        # The block must not span a yield: it would limit the caller to one thread as well, and silence its warnings.
        # `may_overflow` would take 4 µs at every character, errstate takes 1.
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            if going:
                hidden, state = reader.advance(*going)
                scores = score(hidden)
            scores = text.weigh(scores)
            going = text.add(text.draw(scores), scores, state)
        if going is None:
            return
        yield from text.settled()


def draw_together(
    reader: LanguageReader, texts: Sequence[Writing], score: Callable[[Array], Array], scores: Array, state: State
) -> list[list[str]]:
    """Sample the characters of several texts, at least as many as requested.

    scores: (texts, vocabulary) scores of the first tokens; state: the state before them.
    """
    characters, going = [list[str]() for _ in texts], list(enumerate(texts))
    while going:
        for (_, text), row_scores in zip(going, scores, strict=True):
            text.weigh(row_scores)  # in place
        sampling, seen = going[0][1].wanted.sampling, [text.seen for _, text in going]
        tokens = sample_rows(scores, sampling, seen, [text.generator for _, text in going])
        after, still = [], []
        for row, (index, text) in enumerate(going):
            added = text.add(tokens[row], scores[row], state.take(row))
            new = text.settled() if added else ""
            characters[index] += new
            if added and not text.wanted.is_enough(characters[index], len(new)):
                after.append(added)
                still.append((index, text))
        going = still
        if going:
            state = State(*(np.stack(rows) for rows in zip(*(before for _, before in after), strict=True)))
            hidden, state = reader.advance(np.array([token for token, _ in after], np.int64), state)
            scores = score(hidden)
    return characters
