"""Limit answering threads, and those of BLAS, to the cores.

As many are at work as there are cores, and none has more threads of its own. BLAS has one limit for the whole process
(that of OpenBLAS for one thread is the same number), so who needs another one must not set it back while others are
inside. And threads beyond the cores only take the interpreter's lock from each other, so each waits its turn. Processor
time of an answer of eight threads on two cores against the main thread's, in turns and, in brackets, with no waiting:
fill 1.06 (1.21), generate-en 1.04 (1.09), translate 0.95 (1.00).
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from threading import Lock, RLock, local
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE = 1.0  # seconds: a turn is a courtesy, and a thread that waits this long goes ahead


@cache
def _libraries() -> tuple[Any, ...]:
    from threadpoolctl import ThreadpoolController

    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set_threads(library: Any, threads: int) -> None:
    """Set the limit of a library from any thread.

    threadpoolctl 3.8 heeds the first thread that sets a limit, and no other as long as that one lives.
    """
    release = getattr(library, "clear_controlling_thread", lambda **_: None)
    release(force=True)
    library.set_num_threads(threads)
    release(force=True)


def count_cores() -> int:
    """Count the cores that this process may use, at least 1.

    It counts all of the machine where the system does not tell.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Own(local):
    """What a thread knows of itself: the blocks that it is in."""

    depth = 0


class _Cores:
    """The cores, shared out among the threads that answer; whoever is inside holds one of them."""

    def __init__(self, cores: int) -> None:
        self._cores, self._own = cores, _Own()
        self._begin(0)

    def _begin(self, inside: int) -> None:
        self._lock = Lock()  # guards all that follows, and is held for some microseconds only
        self._inside, self._free = inside, self._cores - inside  # below 0 after a wait that ran out
        self._turns: deque[Any] = deque()  # locked locks, one for each thread that waits
        self._limited: list[tuple[Any, int]] = []  # libraries that are held to one thread, and their threads before

    def enter(self, *, limit: bool) -> None:
        """Take a core; limit: hold BLAS to one thread at once, and not only when a second thread comes in."""
        outermost = not self._own.depth
        if outermost:
            self._take()
        self._own.depth += 1
        if not outermost and not limit:
            return
        with self._lock:
            self._inside += outermost
            if limit or self._inside > 1:
                self._limit()

    def leave(self) -> None:
        """Give the core back; the last one gives BLAS its threads back."""
        self._own.depth -= 1
        if self._own.depth:
            return
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._restore()
            self._give()

    def _take(self) -> None:
        """Wait for a core: whoever has waited longest is next."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            turn = Lock()
            turn.acquire()
            self._turns.append(turn)
        try:
            turn.acquire(timeout=_PATIENCE)
        except BaseException:  # an interrupt
            with self._lock:
                if turn in self._turns:
                    self._turns.remove(turn)
                else:
                    self._give()
            raise
        with self._lock:
            if turn in self._turns:  # the wait ran out: this thread goes ahead without a free core
                self._turns.remove(turn)
                self._free -= 1

    def _give(self) -> None:
        # Below 0, more threads are inside than there are cores: these cores are made up for before a turn comes.
        if self._turns and self._free >= 0:
            self._turns.popleft().release()
        else:
            self._free += 1

    def _limit(self) -> None:
        if not self._limited:
            counted = [(library, library.get_num_threads()) for library in _libraries()]
            self._limited = [(library, threads) for library, threads in counted if threads != 1]
            for library, _ in self._limited:
                _set_threads(library, 1)

    def _restore(self) -> None:
        for library, threads in self._limited:
            _set_threads(library, threads)
        self._limited = []

    def take_free(self, wanted: int) -> int:
        """Take more cores, so many at most, without waiting: how many were free."""
        with self._lock:
            taken = max(0, min(wanted, self._free))
            self._free -= taken
            return taken

    def give_back(self, count: int) -> None:
        """Give back what `take_free` took."""
        with self._lock:
            for _ in range(count):
                self._give()

    def is_inside(self) -> bool:
        """Tell whether the calling thread is in a block."""
        return self._own.depth > 0

    def join(self) -> None:
        """Count the calling thread as inside.

        It works for another, which is inside, and lives no longer.
        """
        self._own.depth = 1

    def blas_threads(self) -> int:
        """Count the threads that BLAS may use where nobody is inside."""
        with self._lock:
            before = {id(library): threads for library, threads in self._limited}
            counts = (before.get(id(library)) or library.get_num_threads() for library in _libraries())
            return max(counts, default=1)

    def forget_others(self) -> None:
        """Begin anew in a forked process: its only thread is the forking one."""
        limited, inside = self._limited, self._own.depth > 0
        self._begin(int(inside))
        self._limited = limited
        if not inside:
            self._restore()


_CORES = _Cores(count_cores())
_short = RLock()


def _begin_anew() -> None:
    """Let a forked process hold nothing for threads that it does not have."""
    global _short
    _short = RLock()
    _CORES.forget_others()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def in_turn() -> AbstractContextManager[Any]:
    """Enter a block for answers of less than a millisecond.

    Threads give them one after the other. Nearly all of such an answer is Python, whose lock the threads would take
    from each other at every operation: on two cores that took two and a half times as much processor time, and twice as
    long.
    """
    return _short


class one_thread:
    """Enter a block that limits BLAS to one thread.

    Products of a single step are too small to share out. As many threads as there are cores are in a block at a time.
    The first holds BLAS to one thread, the last gives it back those that it had. A block may stand in another one; none
    may hold a `yield`, which others would wait for.
    """

    def __enter__(self) -> None:
        _CORES.enter(limit=True)

    def __exit__(self, *_: object) -> None:
        _CORES.leave()


class threads_if_alone:
    """Enter a block for large matrix products. BLAS has all its threads, or one beside other blocks."""

    def __enter__(self) -> None:
        _CORES.enter(limit=False)

    def __exit__(self, *_: object) -> None:
        _CORES.leave()


def side_by_side(answer: Callable[[T], R], groups: Sequence[T]) -> list[R]:
    """Answer groups in parallel threads, and return the answers in order.

    At most as many are answered at a time as BLAS may use threads, with one BLAS thread each, on the cores that no
    other thread answers on; inside a block, they are answered one after the other. Of a single group, too, the products
    are too small to share out: on two cores that others use as well, three translations took twice as long with two
    threads of BLAS, and on idle cores no less time.
    """
    if len(groups) < 2 or _CORES.is_inside():
        with one_thread():
            return [answer(group) for group in groups]
    with one_thread():
        helpers = _CORES.take_free(min(len(groups), _CORES.blas_threads()) - 1)
        try:
            if not helpers:
                return [answer(group) for group in groups]
            from concurrent.futures import ThreadPoolExecutor  # an answer to one text needs none of it

            with ThreadPoolExecutor(1 + helpers, initializer=_CORES.join) as pool:
                return list(pool.map(answer, groups))
        finally:
            _CORES.give_back(helpers)
