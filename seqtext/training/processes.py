"""Distribute data-parallel training over processes that torchrun starts.

A single process joins no group. torch alone is enough; accelerate was used for three helpers only.
"""

import os
from typing import Any, NamedTuple

import torch
from torch import Tensor, distributed


class Processes(NamedTuple):
    """Hold the rank of this process and the number of processes.

    number: the rank, 0 for the first, which reports and writes
    total:  the world size
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
    """Join the process group: gloo for "cpu", NCCL for "cuda".

    Reads the variables that torchrun sets: RANK, LOCAL_RANK, WORLD_SIZE and the address of the first process.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        if kind == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    return met()


def met() -> Processes:
    """Return the rank and size of the process group."""
    if distributed.is_available() and distributed.is_initialized():
        return Processes(distributed.get_rank(), distributed.get_world_size())
    return Processes()
