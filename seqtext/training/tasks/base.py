"""What the training loop must know of a task."""

from collections.abc import Iterator
from typing import Any, Protocol

from torch import Tensor, nn

from seqtext.training.batches.order import Moment, Position


class Task(Protocol):
    """What the loop must know of a task: its batches, its loss on one, its score, how its model is saved."""

    @property
    def network(self) -> nn.Module:
        """What learns."""

    @property
    def score(self) -> str:
        """The metric whose highest value is the best; "loss" for the lowest loss."""

    def batches(self, start: Position) -> Iterator[tuple[Position, Any]]:
        """Batches for ever, each with the position after it."""

    def epochs(self, position: Position) -> float:
        """How many passes over the corpus a position stands for."""

    def loss(self, batch: Any, moment: Moment, rank: int, world: int) -> tuple[Tensor, int, int]:
        """Summed nats of this process's rows; examples and tokens of the whole batch."""

    def carried(self) -> dict[str, Tensor]:
        """What one batch leaves for the next: part of a checkpoint."""

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """Take up what `carried` gave."""

    def evaluate(self) -> tuple[float, dict[str, float]]:
        """Held-out nats per token, and the task's own metrics."""

    def save(self, history: list[dict[str, Any]], seconds: float) -> None:
        """Write the model folder."""
