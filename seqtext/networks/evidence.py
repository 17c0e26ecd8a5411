"""Weigh the evidence for options in a blank in NumPy.

Evidence is log-probabilities by kind, in nats. An option is scored by what stands around it ("span", "bag"), by what it
makes of the words around it ("left", "right", "nearby"), and alone ("word"). The network is that of
`seqtext.networks.blank_filler`. Scoring words given all others is the pseudo-log-likelihood of masked models (Salazar,
Liang, Nguyen and Kirchhoff 2020, ACL, arXiv:1910.14659).

The bag and "word" score an option's first token alone. They know no order: the bytes of a spelt word, or the words of a
phrase, are rare to them and likely to "span", so that the longest option would win where "word" counts against it.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.networks import recurrent
from seqtext.networks.blank_filler import NOTHING, FillReaders, FillState, Right
from seqtext.networks.cells import Array, State, log_softmax
from seqtext.networks.recurrent import Stack
from seqtext.tokenizer import BOS, EOS

_STRETCH = 512  # tokens read with one product
_SCORED = 64  # positions scored over the vocabulary at once
_READ = 256  # options whose surroundings are read at once
#: Distances in tokens, on either side, of the words that "nearby" scores. What stands next to an option is left out: it
#: tells options apart by their grammar, which is the same in good questions, and costs two points of accuracy.
NEARBY = range(2, 5)

Ids = NDArray[np.integer]


class Around(NamedTuple):
    """Hold the encoded context of each text's blank."""

    before: Sequence[Ids]
    after: Sequence[Ids]
    state: FillState  # of the left reader, at the blank
    reading: State | None  # of the right reader, at the blank
    right: Right
    ahead: State  # of the left reader, `margin` tokens before the blank
    behind: State | None  # of the right reader, `margin` tokens after it


class Option(NamedTuple):
    """Hold an option's ids and the number of its text."""

    text: int
    ids: Ids
    first: Ids  # (1,), or (0,) of an empty option: the token that it begins with, which is the last in a mirrored text


def read_around(
    readers: FillReaders, before: Sequence[Ids], after: Sequence[Ids], kinds: Collection[str] = ()
) -> Around:
    """Encode the context of each text's only blank.

    It is read once for all options of the blank.
    before, after: ids of each text, (tokens,); kinds: of evidence that will be asked for
    """
    margin = NEARBY.stop - 1 if "nearby" in kinds else 0
    state = readers.start([np.concatenate(pair) for pair in zip(before, after, strict=True)])
    state = readers.read(state, [np.append(BOS, ids[: max(0, len(ids) - margin)]) for ids in before])
    ahead = State(state.hidden, state.memory)
    if margin:
        state = readers.read(state, [ids[max(0, len(ids) - margin) :] for ids in before])
    if readers.right is None:
        return Around(before, after, state, None, NOTHING, ahead, None)

    rows = [np.append(EOS, ids[margin:][::-1]) for ids in after]
    behind = reading = recurrent.run_rows(readers.right, readers.embedding, rows, readers.right.zero(len(after)))
    if margin:
        reading = recurrent.run_rows(readers.right, readers.embedding, [ids[:margin][::-1] for ids in after], behind)
    return Around(before, after, state, reading, readers.right_says(reading), ahead, behind)


def weigh_evidence(
    readers: FillReaders, around: Around, options: Sequence[Option], rest: Ids, kinds: Collection[str]
) -> list[dict[str, float]]:
    """Score options in the blanks by kind of evidence, in nats.

    rest: (tokens,) END first, then those that could go on with the last word of an option; kinds: of
    `BlankFiller.evidence`. Returns kind → score for each option.
    """
    evidence: list[dict[str, float]] = [{} for _ in options]
    if "word" in kinds:
        alone = log_softmax(readers.bias[None])[0]  # (vocabulary,)
        for gains, option in zip(evidence, options, strict=True):
            gains["word"] = float(alone[option.first].sum())

    asked = [kind for kind in ("span", "bag") if kind in kinds and (kind == "span" or readers.has_bag)]
    for kind, values in zip(asked, _between(readers, around, options, rest, asked), strict=True):
        for gains, value in zip(evidence, values.tolist(), strict=True):
            gains[kind] = value

    if "nearby" in kinds and readers.right is not None:
        for start in range(0, len(options), _READ):
            read = slice(start, start + _READ)
            for gains, value in zip(evidence[read], _nearby(readers, around, options[read]).tolist(), strict=True):
                gains["nearby"] = value

    if "left" in kinds or ("right" in kinds and readers.right is not None):
        for gains, option in zip(evidence, options, strict=True):
            gains |= _beyond(readers, around, option, kinds)
    return evidence


def _between(
    readers: FillReaders, around: Around, options: Sequence[Option], rest: Ids, kinds: Sequence[str]
) -> list[NDArray[np.float64]]:
    """The gains of each option, (options,), by what stands around the blank; span and bag.

    Options of a text that begin alike share what was read and scored: a tree, grown by one token at a time.
    """
    vocabulary = len(readers.bias)
    state, nodes = (
        around.state,
        np.array([option.text for option in options], np.int64),
    )  # nodes: (options,) the row of each
    lengths = np.array([len(option.ids) for option in options], np.int64)
    gains = [_Gains(readers, len(options)) for _ in kinds]
    for depth in range(int(lengths.max(initial=0)) + 1 if kinds else 0):
        queries = {"span": readers.query(state.hidden[:, -1], state.bag, around.right.take(state.text))}
        if "bag" in kinds:
            queries["bag"] = readers.bag_query(state.bag)  # (nodes, embedding)

        # options that end here are followed by END
        ended = np.flatnonzero(lengths == depth)
        if "span" in kinds and readers.right is not None and len(ended):
            scores = queries["span"][nodes[ended]] @ readers.embedding[rest].T + readers.bias[rest]  # (ended, rest)
            gains[0].total[ended] += readers.closing(log_softmax(scores), 0)[:, 0]

        # the others by their next token
        going_on = np.flatnonzero(lengths > depth)
        tokens = np.array([options[k].ids[depth] for k in going_on.tolist()], np.int64)
        for kind, gain in zip(kinds, gains, strict=True):
            if kind == "bag" and depth:
                continue
            gain.add(queries[kind], nodes[going_on], tokens, going_on)

        # which several may have in common
        branches, nodes[going_on] = np.unique(nodes[going_on] * vocabulary + tokens, return_inverse=True)
        state = readers.advance(state.take(branches // vocabulary), branches % vocabulary)
    return [gain.whole() for gain in gains]


def _nearby(readers: FillReaders, around: Around, options: Sequence[Option]) -> NDArray[np.float64]:
    """The gains of the words near each option, (options,), each given all other words and the option."""
    assert readers.right is not None
    assert around.behind is not None
    margin, texts = NEARBY.stop - 1, np.array([option.text for option in options], np.int64)
    rows, positions = list[Ids](), list[tuple[int, int]]()
    for number, option in enumerate(options):
        before, after = around.before[option.text], around.after[option.text][:margin]
        before = before[max(0, len(before) - margin) :]
        rows.append(np.concatenate([before, option.ids, after]))
        positions += [(number, len(before) - distance) for distance in NEARBY if distance <= len(before)]
        past = len(before) + len(option.ids) - 1
        positions += [(number, past + distance) for distance in NEARBY if distance <= len(after)]
    gains = _Gains(readers, len(options))
    if not positions:
        return gains.whole()

    # both readers read on from what they have in common
    owners, at = np.array(positions, np.int64).T  # (positions,) each
    hidden = readers.states_along(readers.left, rows, around.ahead.take(texts))[owners, at]  # (positions, hidden)
    turned = readers.states_along(readers.right, [row[::-1] for row in rows], around.behind.take(texts))
    facing = turned[owners, np.array([len(row) for row in rows], np.int64)[owners] - 1 - at]  # (positions, hidden)

    # a word that is scored is not in its own bag, the option is
    tokens = np.array([rows[number][position] for number, position in positions], np.int64)
    bag = around.state.bag[texts]
    if readers.has_bag:
        bag = bag + np.stack([readers.weighted(option.ids).sum(0) for option in options])
        bag = bag[owners] - readers.weighted(tokens)  # (positions, embedding + 1)
    queries = readers.query(hidden, bag, readers.right_says(State(facing[:, None], facing[:, None])))
    gains.add(queries, np.arange(len(queries)), tokens, owners)
    return gains.whole()


def _beyond(readers: FillReaders, around: Around, option: Option, kinds: Collection[str]) -> dict[str, float]:
    """The gains of an option and of what stands on either side of it: left and right."""
    w, row = readers.weights, slice(option.text, option.text + 1)
    gains = {}
    if "left" in kinds:  # what was read before the blank does not depend on the option; what comes after it does
        ids = np.concatenate([option.ids, around.after[option.text]])
        state = State(around.state.hidden[row], around.state.memory[row])
        hidden = _states(readers, readers.left, state, ids)  # (ids + 1, hidden)
        gains["left"] = _gain(readers, hidden @ w["left_output.weight"].T, ids)
    if "right" in kinds and readers.right is not None and around.reading is not None:
        ids = np.concatenate([around.before[option.text], option.ids])[::-1]
        state = State(around.reading.hidden[row], around.reading.memory[row])
        hidden = _states(readers, readers.right, state, ids)  # (ids + 1, hidden)
        gains["right"] = _gain(readers, hidden @ w["right_output.weight"].T, ids)
    return gains


def _states(readers: FillReaders, stack: Stack, state: State, ids: Ids) -> Array:
    """The last layer's state before and after each of some ids, (ids + 1, hidden)."""
    hiddens = [state.hidden[:, -1]]  # (1, hidden)
    for start in range(0, len(ids), _STRETCH):
        inputs = readers.embedding[ids[start : start + _STRETCH]][None]  # (1, stretch, embedding)
        outputs, state = recurrent.run(stack, inputs, state)  # (1, stretch, hidden)
        hiddens.append(outputs[0])
    return np.concatenate(hiddens)


def _gain(readers: FillReaders, queries: Array, ids: Ids) -> float:
    """The log-probability of ids, each scored by the query before it."""
    total = 0.0
    for start in range(0, len(ids), _SCORED):
        tokens = ids[start : start + _SCORED]
        log_probs = readers.log_probs(queries[start : start + len(tokens)])  # (tokens, vocabulary)
        total += float(log_probs[np.arange(len(tokens)), tokens].sum())
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
        """Score a token of each option by a row of queries.

        queries: (rows, embedding); rows: (options,) the row of each, which several may share; tokens: (options,)
        """
        used, numbers = np.unique(rows, return_inverse=True)
        new: tuple[NDArray[Any], ...] = (queries[used], numbers + self._count, tokens, options)
        for waiting, array in zip(self._waiting, new, strict=True):
            waiting.append(array)
        self._count += len(used)
        if self._count >= _SCORED:
            self._score()

    def whole(self) -> NDArray[np.float64]:
        """Give the sums, (options,), once all have been scored."""
        if self._count:
            self._score()
        return self.total

    def _score(self) -> None:
        queries, rows, tokens, options = map(np.concatenate, self._waiting)
        for start in range(0, len(queries), _SCORED):
            scored = np.flatnonzero((rows >= start) & (rows < start + _SCORED))
            log_probs = self._readers.log_probs(queries[start : start + _SCORED])  # (rows, vocabulary)
            np.add.at(self.total, options[scored], log_probs[rows[scored] - start, tokens[scored]])
        self._waiting, self._count = [[] for _ in self._waiting], 0
