"""The blank filler's network in NumPy: two readers and a bag of words, scored against the vocabulary.

The equations are those of `seqtext.training.networks.blank_filler`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.config import FillConfig
from seqtext.networks import recurrent
from seqtext.networks.cells import Array, State, log_softmax
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.recurrent import Stack, load_stack, stack_shapes
from seqtext.tokenizer import BLANK, BOS, END, EOS

_STRETCH = 512  # tokens read with one product
_SCORED = 64  # positions scored over the vocabulary at once


class FillState(NamedTuple):
    """What a hypothesis has read: the left reader's state and the bag of the words outside the blank."""

    hidden: Array  # (rows, layers, hidden)
    memory: Array  # (rows, layers, hidden) for lstm, otherwise see `State`
    bag: Array  # (rows, embedding + 1): weighted vectors and the sum of their weights
    text: NDArray[np.int64]  # (rows,) which text each row reads

    def take(self, rows: NDArray[np.integer]) -> "FillState":
        """The state of some rows."""
        return FillState(self.hidden[rows], self.memory[rows], self.bag[rows], self.text[rows])


class Right(NamedTuple):
    """What the right reader says at a blank of each text, already multiplied."""

    output: Array  # (texts, embedding)
    join: Array  # (texts, embedding)

    def take(self, texts: NDArray[np.integer]) -> "Right":
        """What it says in some of the texts."""
        return self if self is _NOTHING else Right(self.output[texts], self.join[texts])


_NOTHING = Right(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))  # of a model without a right reader


class Around(NamedTuple):
    """What stands around the one blank of each of some texts, read."""

    before: Sequence[NDArray[np.integer]]
    after: Sequence[NDArray[np.integer]]
    state: FillState  # of the left reader, at the blank
    reading: State | None  # of the right reader, at the blank
    right: Right


class Option(NamedTuple):
    """What may stand in the blank of a text: its number, and the ids."""

    text: int
    ids: NDArray[np.integer]


class FillReaders:
    """Both readers, the bag and the vocabulary, with the weights of a model.

    end_odds: what is added to the log-odds of END, because training asks for it less often than use does
    """

    def __init__(self, config: FillConfig, weights: Mapping[str, Array], end_odds: float) -> None:
        self.embedding, self.bias = weights["embedding.weight"], weights["bias"]
        self.both = config.direction == "both"
        self._weights, self._end_odds = weights, np.float32(end_odds)
        self._left = load_stack(weights, "left", config.cell, config.layers)
        if self.both:
            self._right = load_stack(weights, "right", config.cell, config.layers)
        self._importance = None
        if "importance" in weights:
            with may_overflow():
                self._importance = np.exp(weights["importance"])
            check_finite(self._importance)

    def rights(self, texts: Sequence[Sequence[NDArray[np.integer]]]) -> list[Right]:
        """What the right reader says at the first blanks, the second ones and so on; later ones it reads as BLANK.

        texts: the ids between the blanks of each. Of a text without that many blanks, zeros.
        """
        blanks = np.array([len(segments) - 1 for segments in texts], np.int64)
        if not self.both:
            return [_NOTHING] * int(blanks.max(initial=0))
        shape = (len(texts), self.embedding.shape[1])
        found = [Right(np.zeros(shape, np.float32), np.zeros(shape, np.float32)) for _ in range(int(blanks.max()))]
        state, left = self._right.zero(len(texts)), np.arange(len(texts))
        for number in range(len(found)):
            going_on = blanks[left] > number
            left, state = left[going_on], state.take(np.flatnonzero(going_on))
            border = BLANK if number else EOS
            rows = [np.append(border, texts[text][blanks[text] - number][::-1]) for text in left.tolist()]
            state = recurrent.run_rows(self._right, self.embedding, rows, state)
            said = self._said(state)
            for place, text in zip((blanks[left] - 1 - number).tolist(), range(len(left)), strict=True):
                found[place].output[left[text]], found[place].join[left[text]] = said.output[text], said.join[text]
        return found

    def _said(self, state: State) -> Right:
        w = self._weights
        output: Array = state.hidden[:, -1] @ w["right_output.weight"].T
        return Right(output, output @ w["join_right.weight"].T + w["join_left.bias"])

    def _weighted(self, ids: NDArray[np.integer]) -> Array:
        """(tokens, embedding + 1) each token's vector times its importance, and the importance."""
        assert self._importance is not None
        weights = self._importance[ids][:, None]
        return np.concatenate([self.embedding[ids] * weights, weights], 1)

    def _sums(self, ids: NDArray[np.integer]) -> Array:
        result: Array = self._weighted(ids[:_STRETCH]).sum(0, keepdims=True)
        for start in range(_STRETCH, len(ids), _STRETCH):  # one row after the other, as the sum of all would be made
            result = np.concatenate([result, self._weighted(ids[start : start + _STRETCH])]).sum(0, keepdims=True)
        return result

    def _bag_query(self, sums: Array) -> Array:
        mean = sums[:, :-1] / np.sqrt(1.0 + sums[:, -1:])
        result: Array = mean @ self._weights["bag.weight"].T
        return result

    def start(self, texts: Sequence[NDArray[np.integer]]) -> FillState:
        """Before anything is read, a row a text; texts: all ids outside the blanks of each."""
        zero = self._left.zero(len(texts))
        bags = [np.zeros((len(texts), 0), np.float32)] if self._importance is None else map(self._sums, texts)
        return FillState(zero.hidden, zero.memory, np.concatenate([*bags]), np.arange(len(texts)))

    def read(self, state: FillState, rows: Sequence[NDArray[np.integer]]) -> FillState:
        """Let the left reader go on over some ids of each row."""
        before = State(state.hidden, state.memory)
        after = recurrent.run_rows(self._left, self.embedding, rows, before)
        return FillState(after.hidden, after.memory, state.bag, state.text)

    def query(self, hidden: Array, bag: Array, right: Right) -> Array:
        """(rows, hidden) → query vectors, (rows, embedding); right: of each row's text."""
        w = self._weights
        query: Array = hidden @ w["left_output.weight"].T
        if self.both:
            joined = np.maximum(query @ w["join_left.weight"].T + right.join, 0.0)
            query = query + right.output + joined @ w["join_output.weight"].T
        if self._importance is not None:
            query = query + self._bag_query(bag)
        return query

    def queries_at(
        self, texts: Sequence[NDArray[np.integer]], places: Sequence[tuple[int, int]]
    ) -> tuple[Array, Array | None]:
        """Query vectors at tokens as if each were a blank, (places, embedding), and those of the bag of words alone.

        texts: the ids of each; places: a text and the index of one of its tokens. Each text is read once, whatever the
        number of places; without a bag, the second is None.
        """
        owners, at = (np.array(numbers, np.int64) for numbers in zip(*places, strict=True))
        back = np.array([len(ids) for ids in texts], np.int64)[owners] - 1 - at  # tokens after the place
        hidden = self._all_states(self._left, [np.append(BOS, ids) for ids in texts])[owners, at]
        right, bag = _NOTHING, np.zeros((len(at), 0), np.float32)
        if self.both:
            states = self._all_states(self._right, [np.append(EOS, ids[::-1]) for ids in texts])[owners, back]
            right = self._said(State(states[:, None], states[:, None]))
        if self._importance is not None:
            own = np.array([texts[text][place] for text, place in places], np.int64)
            bag = np.concatenate([self._sums(ids) for ids in texts])[owners] - self._weighted(own)
        return self.query(hidden, bag, right), self._bag_query(bag) if bag.shape[1] else None

    def _all_states(self, stack: Stack, rows: Sequence[NDArray[np.integer]]) -> Array:
        """The last layer's state after each token of each row, (rows, longest, hidden)."""
        lengths = np.array([len(row) for row in rows], np.int64)
        order, found = (
            np.argsort(-lengths, kind="stable"),
            np.zeros((len(rows), lengths.max(), stack.hidden), np.float32),
        )

        def keep(start: int, outputs: Array) -> None:
            found[order[: len(outputs)], start : start + outputs.shape[1]] = outputs

        recurrent.run_rows(stack, self.embedding, rows, stack.zero(len(rows)), keep)
        return found

    def log_probs(self, query: Array) -> Array:
        """(rows, embedding) → log-probabilities over the vocabulary, (rows, vocabulary)."""
        return log_softmax(self.scores(query, self.bias))

    def scores(self, query: Array, bias: Array) -> Array:
        """(rows, embedding) → log-odds over the vocabulary, (rows, vocabulary)."""
        scores: Array = query @ self.embedding.T
        scores += bias
        return scores

    def closing(self, log_probs: Array, place: int) -> Array:
        """Log-probabilities with the odds of END, at a place of the last axis, set right."""
        end = np.minimum(log_probs[..., place], -1e-6)
        total = np.logaddexp(np.log1p(-np.exp(end)), end + self._end_odds)
        result: Array = log_probs - total[..., None]
        result[..., place] = end + self._end_odds - total
        return result

    def step(self, right: Right, inner: NDArray[np.integer]) -> Any:
        """The `step` of a span: read a token a row, tell what of the inner tokens may follow, given that one does."""
        table, bias = (
            (self.embedding, self.bias) if len(inner) == len(self.bias) else (self.embedding[inner], self.bias[inner])
        )
        place = int(np.flatnonzero(inner == END)[0])

        def step(tokens: NDArray[np.int64], state: FillState) -> tuple[Array, FillState]:
            output, after = recurrent.step(self._left, self.embedding[tokens], State(state.hidden, state.memory))
            bag = state.bag + self._weighted(tokens) if self._importance is not None else state.bag
            log_probs = log_softmax(self.query(output, bag, right.take(state.text)) @ table.T + bias)
            return self.closing(log_probs, place), FillState(after.hidden, after.memory, bag, state.text)

        return step

    def around(self, before: Sequence[NDArray[np.integer]], after: Sequence[NDArray[np.integer]]) -> Around:
        """Read what stands around the one blank of each text, once for all that may stand in it."""
        state = self.start([np.concatenate(pair) for pair in zip(before, after, strict=True)])
        state = self.read(state, [np.append(BOS, ids) for ids in before])
        if not self.both:
            return Around(before, after, state, None, _NOTHING)
        rows, zero = [np.append(EOS, ids[::-1]) for ids in after], self._right.zero(len(after))
        reading = recurrent.run_rows(self._right, self.embedding, rows, zero)
        return Around(before, after, state, reading, self._said(reading))

    def evidence(
        self, around: Around, options: Sequence[Option], rest: NDArray[np.integer], kinds: Collection[str]
    ) -> list[dict[str, float]]:
        """Log-probabilities (nats) of options in the blanks, by kind of evidence; see `BlankFiller.evidence`.

        rest: END first, then the tokens that could go on with the last word of an option
        """
        found: list[dict[str, float]] = [{} for _ in options]
        if "word" in kinds:
            alone = log_softmax(self.bias[None])[0]
            for own, option in zip(found, options, strict=True):
                own["word"] = float(alone[option.ids].sum())
        between = [
            kind for kind in ("span", "bag") if kind in kinds and (kind == "span" or self._importance is not None)
        ]
        for kind, values in zip(between, self._between(around, options, rest, between), strict=True):
            for own, value in zip(found, values.tolist(), strict=True):
                own[kind] = value
        if "left" in kinds or ("right" in kinds and self.both):
            for own, option in zip(found, options, strict=True):
                own |= self._beyond(around, option, kinds)
        return found

    def _between(
        self, around: Around, options: Sequence[Option], rest: NDArray[np.integer], kinds: Sequence[str]
    ) -> list[NDArray[np.float64]]:
        """The gains of each option, (options,), by what stands around the blank; span and bag.

        Options of a text that begin alike share what was read and scored: a tree, grown by one token at a time.
        """
        state, rows = around.state, np.array([option.text for option in options], np.int64)
        lengths = np.array([len(option.ids) for option in options], np.int64)
        gains = [_Gains(self, len(options)) for _ in kinds]
        for place in range(int(lengths.max(initial=0)) + 1 if kinds else 0):
            queries = {"span": self.query(state.hidden[:, -1], state.bag, around.right.take(state.text))}
            if "bag" in kinds:
                queries["bag"] = self._bag_query(state.bag)
            ended = np.flatnonzero(lengths == place)
            if "span" in kinds and self.both and len(ended):
                ends = log_softmax(queries["span"][rows[ended]] @ self.embedding[rest].T + self.bias[rest])
                gains[0].total[ended] += self.closing(ends, 0)[:, 0]
            going_on = np.flatnonzero(lengths > place)
            tokens = np.array([options[k].ids[place] for k in going_on.tolist()], np.int64)
            for kind, gain in zip(kinds, gains, strict=True):
                gain.add(queries[kind], rows[going_on], tokens, going_on)
            nodes, own = np.unique(rows[going_on] * len(self.bias) + tokens, return_inverse=True)
            rows[going_on] = own
            state = self._grown(state.take(nodes // len(self.bias)), nodes % len(self.bias))
        return [gain.whole() for gain in gains]

    def _grown(self, state: FillState, tokens: NDArray[np.int64]) -> FillState:
        """The state after a token more in each row, which stands in the blank."""
        _, after = recurrent.step(self._left, self.embedding[tokens], State(state.hidden, state.memory))
        bag = state.bag if self._importance is None else state.bag + self._weighted(tokens)
        return FillState(after.hidden, after.memory, bag, state.text)

    def _beyond(self, around: Around, option: Option, kinds: Collection[str]) -> dict[str, float]:
        """The gains of an option and of what stands on either side of it: left and right."""
        w, row, found = self._weights, slice(option.text, option.text + 1), {}
        if "left" in kinds:  # what was read before the blank does not depend on the option; what comes after it does
            ids = np.concatenate([option.ids, around.after[option.text]])
            hidden = self._states(self._left, State(around.state.hidden[row], around.state.memory[row]), ids)
            found["left"] = self._gain(hidden @ w["left_output.weight"].T, ids)
        if "right" in kinds and around.reading is not None:
            ids = np.concatenate([around.before[option.text], option.ids])[::-1]
            hidden = self._states(self._right, State(*(part[row] for part in around.reading)), ids)
            found["right"] = self._gain(hidden @ w["right_output.weight"].T, ids)
        return found

    def _states(self, stack: Stack, state: State, ids: NDArray[np.integer]) -> Array:
        """The last layer's state before and after each of some ids, (ids + 1, hidden)."""
        parts = [state.hidden[:, -1]]
        for start in range(0, len(ids), _STRETCH):
            outputs, state = recurrent.run(stack, self.embedding[ids[start : start + _STRETCH]][None], state)
            parts.append(outputs[0])
        return np.concatenate(parts)

    def _gain(self, queries: Array, ids: NDArray[np.integer]) -> float:
        """The log-probability of ids, each scored by the query before it."""
        total = 0.0
        for start in range(0, len(ids), _SCORED):
            part = ids[start : start + _SCORED]
            total += float(self.log_probs(queries[start : start + len(part)])[np.arange(len(part)), part].sum())
        return total


class _Gains:
    """Log-probabilities of tokens, summed by option; scored over the vocabulary when enough have come together."""

    def __init__(self, readers: FillReaders, options: int) -> None:
        self.total = np.zeros(options)
        self._readers, self._waiting = readers, [list[NDArray[Any]]() for _ in range(4)]
        self._count = 0

    def add(
        self, queries: Array, rows: NDArray[np.int64], tokens: NDArray[np.int64], options: NDArray[np.int64]
    ) -> None:
        """Score a token of each option by a row of queries, (rows, embedding), of which several may share one."""
        used, places = np.unique(rows, return_inverse=True)
        new: tuple[NDArray[Any], ...] = (queries[used], places + self._count, tokens, options)
        for waiting, part in zip(self._waiting, new, strict=True):
            waiting.append(part)
        self._count += len(used)
        if self._count >= _SCORED:
            self._score()

    def whole(self) -> NDArray[np.float64]:
        """(options,) the sums, once all have been scored."""
        if self._count:
            self._score()
        return self.total

    def _score(self) -> None:
        queries, places, tokens, options = map(np.concatenate, self._waiting)
        for start in range(0, len(queries), _SCORED):
            own = np.flatnonzero((places >= start) & (places < start + _SCORED))
            log_probs = self._readers.log_probs(queries[start : start + _SCORED])
            np.add.at(self.total, options[own], log_probs[places[own] - start, tokens[own]])
        self._waiting, self._count = [[] for _ in self._waiting], 0


def expected_shapes(config: FillConfig, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """Every array of a model's weights and its shape."""
    size, hidden = config.embedding, config.hidden
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, size), "bias": (vocabulary,)}
    shapes |= stack_shapes("left", config.cell, size, hidden, config.layers, window=config.window)
    shapes["left_output.weight"] = (size, hidden)
    if config.direction == "both":
        shapes |= stack_shapes("right", config.cell, size, hidden, config.layers, window=config.window)
        shapes |= {"right_output.weight": (size, hidden), "join_output.weight": (size, size)}
        shapes |= {"join_left.weight": (size, size), "join_left.bias": (size,), "join_right.weight": (size, size)}
        if config.bag:
            shapes |= {"importance": (vocabulary,), "bag.weight": (size, size)}
    return shapes
