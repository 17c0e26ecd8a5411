"""Drop units throughout a text (locked dropout).

Masks are the same in any number of processes. A mask depends on the seed, the step, the layer and the row alone. Gal
and Ghahramani 2016, arXiv:1512.05287.
"""

import math

import torch
from torch import Tensor

from seqtext.training.schedule import Moment

_REREADING = 3.0  # passes in which the rate of dropout comes near its highest


class Dropper:
    """Draw locked dropout masks, the same in any number of processes.

    They depend on (seed, step, place, row) alone, never on how rows are shared out. Locked (variational) dropout drops
    the same units at every time step of a row: Gal and Ghahramani 2016, arXiv:1512.05287. rows: this process's rows of
    the whole batch of `total` rows.
    """

    def __init__(self, rate: float, seed: int, step: int, rows: Tensor, total: int) -> None:
        self.rate = rate
        self._rows, self._total = rows, total
        self._generator = torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)

    @classmethod
    def at(cls, moment: Moment, highest: float, seed: int, rows: Tensor, total: int, known: bool = False) -> "Dropper":
        """Set the rate of dropout for a moment of training.

        rows: indices of this process's rows, (rows,); total: rows of the whole batch

        It is zero on the first pass, when no text can be overfitted. With every further pass it comes nearer to the
        highest. A rate that rises while a network learns: Morerio et al. 2017, arXiv:1703.06229.

        known: the network is pretrained, and drops as many units from the start, for it overfits a small corpus within
               one pass
        """
        # From scratch, dropout on the first pass cost 2 to 4 points of accuracy in 15 seconds.
        rate = highest if known else highest * (1.0 - math.exp(-max(0.0, moment.passes - 1.0) / _REREADING))
        return cls(rate, seed, moment.step, rows, total)

    def __call__(self, states: Tensor) -> Tensor:
        """Drop units of states, (batch, time, size); those kept are scaled by 1 / (1 − rate)."""
        if self.rate == 0.0:
            return states
        return self._drop(states, (self._total, 1, states.shape[2]), self.rate)

    def words(self, vectors: Tensor) -> Tensor:
        """Leave out whole tokens, at a third of the rate.

        So none is relied on (Sennrich and Zhang 2019, P19-1021).
        vectors: (batch, time, size), time being that of the whole batch
        """
        return vectors if self.rate == 0.0 else self._drop(vectors, (self._total, vectors.shape[1], 1), self.rate / 3)

    def _drop(self, states: Tensor, shape: tuple[int, int, int], rate: float) -> Tensor:
        kept = torch.rand(shape, generator=self._generator)[self._rows] >= rate  # of this process's rows
        return states * (kept.to(states.device, states.dtype) / (1.0 - rate))
