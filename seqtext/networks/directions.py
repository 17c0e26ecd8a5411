"""Read texts forwards, backwards or both ways with recurrent stacks in NumPy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.cells import Array
from seqtext.networks.recurrent import Stack, run_texts

Ids = NDArray[np.integer]
Mask = NDArray[np.bool_]


class Direction:
    """Read texts in a direction, with one stack per side.

    sides: the names of the stacks
    """

    sides: tuple[str, ...]

    def read(
        self, stacks: Sequence[Stack], tables: Sequence[Array], ids: Ids, active: Sequence[int], states: Array
    ) -> None:
        """Run a stack for each side over texts, the longest first.

        tables, ids, active: see `seqtext.networks.recurrent.run_texts`, a table for each stack
        states: (time, batch, hidden · sides) of zeros, which are overwritten but for padding
        """
        raise NotImplementedError

    def ends(self, states: Array, mask: Mask) -> Array:
        """Select each side's final states: (batch, time, hidden · sides) → (batch, hidden · sides)."""
        raise NotImplementedError


class Forward(Direction):
    """Read from the first token to the last: →h_t = cell(x_t, →h_{t−1}) (Elman 1990)."""

    sides = ("left",)

    def read(
        self, stacks: Sequence[Stack], tables: Sequence[Array], ids: Ids, active: Sequence[int], states: Array
    ) -> None:
        """Write →h_t, (time, batch, hidden)."""
        run_texts(stacks[0], tables[0], ids, active, states)

    def ends(self, states: Array, mask: Mask) -> Array:
        """Select →h_n, n being the last real token: (batch, hidden)."""
        last: Array = states[np.arange(len(states)), np.maximum(mask.sum(1) - 1, 0)]
        return last


class Backward(Direction):
    """Read from the last token to the first.

        ←h_t = cell(x_t, ←h_{t+1})

    x_t: (batch, size), ←h_t: (batch, hidden) at each step (Schuster and Paliwal 1997, doi:10.1109/78.650093)
    """

    sides = ("right",)

    def read(
        self, stacks: Sequence[Stack], tables: Sequence[Array], ids: Ids, active: Sequence[int], states: Array
    ) -> None:
        """Write ←h_t, (time, batch, hidden)."""
        run_texts(stacks[0], tables[0], ids, active, states, backwards=True)

    def ends(self, states: Array, mask: Mask) -> Array:
        """Select ←h_1, (batch, hidden)."""
        return states[:, 0]


class Bidirectional(Direction):
    """Read texts in both directions: h_t = [→h_t ; ←h_t].

    →h_t summarizes token t and those before it, ←h_t token t and those after it, each with a stack of its own (Schuster
    and Paliwal 1997, doi:10.1109/78.650093).
    """

    sides = ("left", "right")

    def read(
        self, stacks: Sequence[Stack], tables: Sequence[Array], ids: Ids, active: Sequence[int], states: Array
    ) -> None:
        """Write [→h_t ; ←h_t], (time, batch, 2 · hidden)."""
        hidden = stacks[0].hidden
        # Each direction writes into its half of one array: joining two afterwards takes time where texts are many.
        Forward().read(stacks[:1], tables[:1], ids, active, states[:, :, :hidden])  # (time, batch, hidden)
        Backward().read(stacks[1:], tables[1:], ids, active, states[:, :, hidden:])  # (time, batch, hidden)

    def ends(self, states: Array, mask: Mask) -> Array:
        """Select [→h_n ; ←h_1], (batch, 2 · hidden): the two states that have read everything."""
        hidden = states.shape[2] // 2
        forwards, backwards = states[:, :, :hidden], states[:, :, hidden:]
        return np.concatenate([Forward().ends(forwards, mask), Backward().ends(backwards, mask)], 1)


#: How a recurrent encoder may read, by the names in `seqtext.config.DIRECTIONS`.
DIRECTIONS: dict[str, Direction] = {"forward": Forward(), "backward": Backward(), "both": Bidirectional()}
