"""Transition tables that searches can be checked on by hand, and states that tell what they have read."""

from typing import NamedTuple

import numpy as np


class Trace(NamedTuple):
    """A state that remembers where it came from: the origin's number, then every token read."""

    read: np.ndarray  # (rows, 1) of strings

    def take(self, rows: np.ndarray) -> "Trace":
        return Trace(self.read[rows])


END = 3


class Table:
    """Probabilities of the next of the tokens 0, 1, 2 and END after each token; counts its calls."""

    def __init__(self, rows: list[list[float]]) -> None:
        with np.errstate(divide="ignore"):
            self.log = np.log(np.array(rows))
        self.asked: list[list[int]] = []

    def step(self, tokens: np.ndarray, state: Trace) -> tuple[np.ndarray, Trace]:
        self.asked.append(tokens.tolist())
        read = [[f"{row[0]} {token}"] for row, token in zip(state.read, tokens, strict=True)]
        return self.log[tokens], Trace(np.array(read, dtype=object).reshape(-1, 1))
