"""Adapt a language model to its text by a cache of continuations.

A name, a term or a phrase that a text has had once comes again far likelier than in other texts. Of each context of
k tokens, k in `ORDERS`, the memory keeps the tokens that last followed it. Where x_{t−k} … x_{t−1} was seen before,

    p_k(x) = (1 − λ) p_{k−1}(x) + λ count(x) / n        from the shortest context to the longest

with the network's distribution below the shortest, n followers kept, and a weight λ for each kind of context: its
length, n, and how many of its followers differ. What a context of its kind was worth up to now decides the weight,
by one step of expectation–maximization a token, from λ = a / b (a = 0.5, b = 10) on:

    a ← a + λ count(x_t) / (n p_k(x_t)),  b ← b + 1

So contexts whose followers forecast well gain weight, and those that mislead lose it. Counts of a text's own
contexts: Cleary and Witten 1984 (doi:10.1109/TCOM.1984.1096090); a cache beside a model: Kuhn and De Mori 1990
(doi:10.1109/34.56193); weights of such mixtures by expectation–maximization: Jelinek and Mercer 1980.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

#: Lengths of the contexts that are looked up, by the kind of token.
ORDERS = {"char": (3, 4, 5, 6), "bpe": (1, 2, 3, 4), "word": (1, 2, 3, 4)}
_CONTEXTS = 50_000  # kept, some 20 MB; the least recently seen makes room
_FOLLOWERS = 16  # kept of one context
_KINDS = 4  # a context's kind counts its followers, and the different ones among them, up to this number
_FIRST = (0.5, 10.0)  # a and b: a weight of 0.05 before anything is known

Context = tuple[int, ...]


class Memory:
    """Remember the tokens that followed each context, with weights.

    >>> memory = Memory((1,))
    >>> for token in (5, 6, 5):
    ...     _ = memory.read(token, math.log(0.25))
    >>> np.exp(memory.mix(np.log(np.full(8, 0.125))))[6].round(5).item()  # 0.95 · 0.125 + 0.05 · 1
    0.16875
    """

    def __init__(self, orders: Sequence[int], contexts: int = _CONTEXTS) -> None:
        self._orders, self._contexts = sorted(orders), contexts
        self._followers: OrderedDict[Context, list[int]] = OrderedDict()
        self._gates: dict[tuple[int, int, int], tuple[float, float]] = {}  # kind of context → a, b
        self._last: Context = ()

    def start(self, token: int) -> None:
        """Begin another text after a token.

        What earlier texts contained is remembered.
        """
        self._last = (token,)

    def _known(self, then: Context = ()) -> Iterator[tuple[tuple[int, int, int], float, list[int]]]:
        """Yield the kind, weight and followers of known contexts, shortest first."""
        last = self._last + then
        for order in self._orders:
            followers = self._followers.get(last[-order:]) if order <= len(last) else None
            if followers is None:
                return  # a longer context was not seen without this one, or is about to be forgotten, too
            kind = (order, min(len(followers), _KINDS), min(len(set(followers)), _KINDS))
            a, b = self._gates.get(kind, _FIRST)
            yield kind, a / b, followers

    def mix(self, log_probs: NDArray[np.floating], then: Context = ()) -> NDArray[np.float64]:
        """Mix the network's log-probabilities with the memory's: (vocabulary,).

        log_probs: (vocabulary,) of the next token; then: tokens since the last one read, which may yet be taken back
        """
        kept, added = 1.0, dict[int, float]()
        for _, weight, followers in self._known(then):
            kept *= 1.0 - weight
            added = {token: value * (1.0 - weight) for token, value in added.items()}
            for token in followers:
                added[token] = added.get(token, 0.0) + weight / len(followers)
        mixed = log_probs.astype(np.float64) + math.log(kept)
        if added:
            places = list(added)
            mixed[places] = np.logaddexp(mixed[places], np.log(list(added.values())))
        return mixed

    def read(self, token: int, log_prob: float | None = None) -> float:
        """Add the next token to the memory; return its mixed log-probability.

        log_prob: what the network gave it; without it nothing is learnt about what contexts are worth (of a text that
        was drawn from them they would only seem worth more and more), and the result is nan
        """
        mixed = math.nan if log_prob is None else self._weigh(token, log_prob)
        for order in self._orders:
            if order > len(self._last):
                break
            context = self._last[-order:]
            followers = self._followers.setdefault(context, [])
            followers.append(token)
            if len(followers) > _FOLLOWERS:
                del followers[0]
            self._followers.move_to_end(context)
        while len(self._followers) > self._contexts:
            self._followers.popitem(last=False)
        self._last = (*self._last, token)[-self._orders[-1] :]
        return mixed

    def _weigh(self, token: int, log_prob: float) -> float:
        """Return the token's mixed log-probability, and update the weights by it."""
        chance, kept, added = math.exp(log_prob), 1.0, False
        for kind, weight, followers in self._known():
            a, b = self._gates.get(kind, _FIRST)
            share = weight * followers.count(token) / len(followers)
            kept *= 1.0 - weight
            chance = (1.0 - weight) * chance + share
            self._gates[kind] = (a + (share / chance if share else 0.0), b + 1.0)
            added = added or share > 0.0
        # exp(log_prob) may underflow to 0, so where the memory adds nothing, logarithms are added.
        return math.log(chance) if added else log_prob + math.log(kept)
