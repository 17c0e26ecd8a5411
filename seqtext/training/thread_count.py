"""Choose the number of threads that learns fastest beside other work.

Threads that share one product wait for the slowest. Where another process takes one of two cores, both wait for
the scheduler at every product, and two threads learn at 0.4 of the speed of one (11,700 tokens/s against 30,900, 2
cores). How long a waiting thread spins (GOMP_SPINCOUNT) is a poor remedy: what is short enough beside a busy process
is too short on an idle machine (with 1,000, 19,800 tokens/s beside one, but 29,900 instead of 41,000 when idle).
"""

import time
from collections.abc import Callable

import torch

from seqtext.training.device import Device
from seqtext.training.progress import Position
from seqtext.training.schedule import Moment
from seqtext.training.tasks.base import Share, TrainingTask

_TOKENS = 1_024  # of a batch, on which a number of threads is tried
_CLEAR = 1.25  # times as fast: one look is enough
_BETTER = 1.05  # times as fast: worth a change
_PRODUCTS = 100  # at most, by which threads are seen to wait for each other
_MOMENT = 0.2  # seconds, at most, for these
_CROWDED = 1.5  # times as long as one thread takes for them
_LOOKS = 3
_LONG = 2.0  # seconds after which no further look is taken
_SECONDS = 30.0  # between two trials
_SHARE = 0.025  # of the time, at most for trials


def thread_counts(most: int) -> list[int]:
    """List the numbers of threads worth a trial, the fewest first.

    >>> thread_counts(2), thread_counts(16), thread_counts(1)
    ([1, 2], [1, 8, 15, 16], [1])
    """
    return sorted({1, max(1, most // 2), max(1, most - 1), most})


def quickest(seconds: Callable[[int], float], numbers: list[int], present: int) -> int:
    """Find the number of threads that takes the fewest seconds.

    The present one is kept, unless another is clearly better.

    seconds: works with so many threads, and returns how long that took
    """
    best = dict.fromkeys(numbers, float("inf"))
    for _ in range(_LOOKS if len(numbers) > 1 else 0):
        for number in numbers:
            best[number] = min(best[number], seconds(number))
        first, second = sorted(best.values())[:2]
        if second >= _CLEAR * first or sum(best.values()) > _LONG:
            break
    chosen = min(numbers, key=lambda number: best[number])
    return chosen if present not in best or best[chosen] * _BETTER < best[present] else present


def crowded(number: int) -> bool:
    """Return whether one thread multiplies small matrices clearly faster than `number`.

    Then threads wait for each other, as beside another process. Part of a batch would tell more, but takes seconds
    where it is so. Measured twice, since other processes may run for a moment only.
    """
    return number > 1 and all(_product_seconds(number) > _CROWDED * _product_seconds(1) for _ in range(2))


def _product_seconds(number: int) -> float:
    """Time a small product with so many threads."""
    torch.set_num_threads(number)
    left, right = torch.ones(64, 512), torch.ones(512, 512)
    left @ right  # the first time, threads are woken
    begun, count = time.monotonic(), 0
    while count < _PRODUCTS and time.monotonic() - begun < _MOMENT:
        left @ right
        count += 1
    return (time.monotonic() - begun) / count


class Rehearsal:
    """Try numbers of threads on part of a batch.

    Each trial computes the loss and its gradient, of which nothing is kept.

    number: the threads with which the network learns now
    """

    def __init__(self, task: TrainingTask, device: Device) -> None:
        self.number = device.threads
        self._numbers = thread_counts(device.threads)
        self._task, self._device = task, device
        self._batch = next(task.batches(Position()))[1]
        self._due = 0.0

    def hold_when_due(self) -> None:
        """Try all numbers again when due.

        Trials take a fortieth of the time at most.
        """
        now = time.monotonic()
        if len(self._numbers) > 1 and now >= self._due:
            self.hold()
            after = time.monotonic()
            self._due = after + max(_SECONDS, (after - now) / _SHARE)

    def hold(self) -> int:
        """Time every number of threads and continue with the fastest.

        Random numbers and the task's carried state stay as they were.
        """
        carried = self._task.carried()
        with torch.random.fork_rng(devices=[]):
            numbers = [number for number in self._numbers if not crowded(number)]
            self.number = quickest(self._seconds, numbers, self.number)
        self._task.carry(carried)
        self._task.network.zero_grad(set_to_none=True)
        torch.set_num_threads(self.number)
        return self.number

    def _seconds(self, number: int) -> float:
        torch.set_num_threads(number)
        self._learn()  # the first time, threads are woken
        begun = time.monotonic()
        self._learn()
        return time.monotonic() - begun

    def _learn(self) -> None:
        """Compute the gradient of some rows, with all parts of the network learning."""
        task, (device, bf16, _) = self._task, self._device
        task.network.train()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            share = Share(0, max(1, task.training.batch_size // _TOKENS))
            nats, examples, _ = task.loss(self._batch, Moment(0, 1.0, 0.0), share)
        torch.autograd.backward(nats / examples)
