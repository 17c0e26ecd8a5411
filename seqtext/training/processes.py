"""Processes that train together, as torchrun starts them.

A training in a single process meets nobody. torch is enough for it: accelerate served three helpers only.
"""

import os
from typing import Any, NamedTuple

import torch
from torch import Tensor, distributed


class Processes(NamedTuple):
    """This process among those that train together.

    number: 0 for the first, which speaks and writes
    total:  how many there are
    """

    number: int = 0
    total: int = 1

    @property
    def is_first(self) -> bool:
        """Return whether this is the process that reports and writes."""
        return self.number == 0

    def wait(self) -> None:
        """Wait for all processes at a barrier."""
        if self.total > 1:
            distributed.barrier()

    def agreed(self, value: Any) -> Any:
        """Broadcast the first process's value to all processes."""
        values = [value]
        if self.total > 1:
            distributed.broadcast_object_list(values)
        return values[0]

    def add_up(self, tensor: Tensor) -> None:
        """Sum a tensor over all processes, in place."""
        if self.total > 1:
            distributed.all_reduce(tensor)


def meet(kind: str) -> Processes:
    """Meet the other processes, over the network that their devices speak: gloo for "cpu", NCCL for "cuda".

    Reads what torchrun leaves in the environment: RANK, LOCAL_RANK, WORLD_SIZE and where the first one listens.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        if kind == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    return met()


def met() -> Processes:
    """Return the group of processes that train together."""
    if distributed.is_available() and distributed.is_initialized():
        return Processes(distributed.get_rank(), distributed.get_world_size())
    return Processes()
