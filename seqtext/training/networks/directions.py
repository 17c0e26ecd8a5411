"""Read texts forwards, backwards or both ways with recurrent stacks in PyTorch.

Names are those of `seqtext.networks.directions`, which also has the names of the stacks.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.recurrent import reversed_positions


class Direction:
    """Read texts in a direction, with one stack per side."""

    def states(self, stacks: Sequence[nn.Module], vectors: Tensor, mask: Tensor, drop: Dropper | None) -> Tensor:
        """Run the stacks over texts: (batch, time, size), mask (batch, time) → (batch, time, hidden · sides)."""
        raise NotImplementedError

    def ends(self, states: Tensor, mask: Tensor) -> Tensor:
        """Select each side's final states: (batch, time, hidden · sides) → (batch, hidden · sides)."""
        raise NotImplementedError


class Forward(Direction):
    """Read from the first token to the last: →h_t = cell(x_t, →h_{t−1}) (Elman 1990)."""

    def states(self, stacks: Sequence[nn.Module], vectors: Tensor, mask: Tensor, drop: Dropper | None) -> Tensor:
        """Compute →h_t, (batch, time, hidden).

        Padding comes last, where it changes no state of a token.
        """
        states: Tensor = stacks[0](vectors, drop)
        return states

    def ends(self, states: Tensor, mask: Tensor) -> Tensor:
        """Select →h_n, n being the last real token: (batch, hidden)."""
        last = (mask.sum(1) - 1).clamp_min(0)  # (batch,)
        return states[torch.arange(len(states), device=states.device), last]


class Backward(Direction):
    """Read from the last token to the first: ←h_t = cell(x_t, ←h_{t+1}) (Schuster and Paliwal 1997)."""

    def states(self, stacks: Sequence[nn.Module], vectors: Tensor, mask: Tensor, drop: Dropper | None) -> Tensor:
        """Compute ←h_t, (batch, time, hidden).

        Tokens are reversed and read, and their states reversed again.
        """
        turned = turn(vectors, mask)  # (batch, time, size)
        return turn(stacks[0](turned, drop), mask)

    def ends(self, states: Tensor, mask: Tensor) -> Tensor:
        """Select ←h_1, (batch, hidden)."""
        return states[:, 0]


class Bidirectional(Direction):
    """Read in both directions: h_t = [→h_t ; ←h_t] (Schuster and Paliwal 1997, doi:10.1109/78.650093).

    →h_t knows token t and what stands before it, ←h_t token t and what stands after it, each by a stack of its own.
    """

    def states(self, stacks: Sequence[nn.Module], vectors: Tensor, mask: Tensor, drop: Dropper | None) -> Tensor:
        """Compute [→h_t ; ←h_t], (batch, time, 2 · hidden)."""
        forwards = Forward().states(stacks[:1], vectors, mask, drop)  # (batch, time, hidden)
        backwards = Backward().states(stacks[1:], vectors, mask, drop)  # (batch, time, hidden)
        return torch.cat([forwards, backwards], 2)

    def ends(self, states: Tensor, mask: Tensor) -> Tensor:
        """Select [→h_n ; ←h_1], (batch, 2 · hidden): the two states that have read everything."""
        forwards, backwards = states.chunk(2, 2)  # (batch, time, hidden) each
        return torch.cat([Forward().ends(forwards, mask), Backward().ends(backwards, mask)], 1)


#: How a recurrent encoder may read, by the names in `seqtext.config.DIRECTIONS`.
DIRECTIONS: dict[str, Direction] = {"forward": Forward(), "backward": Backward(), "both": Bidirectional()}


def turn(values: Tensor, mask: Tensor) -> Tensor:
    """Reverse the real tokens of each row, and keep its padding.

    values: (batch, time, size); mask: (batch, time), True at real tokens; returns (batch, time, size)
    """
    positions = reversed_positions(mask.sum(1), mask.shape[1])  # (batch, time)
    return values.gather(1, positions[:, :, None].expand_as(values))
