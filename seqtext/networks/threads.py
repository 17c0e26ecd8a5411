"""Threads of BLAS: one for a single step, side by side for many answers."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@cache
def _libraries() -> tuple[Any, ...]:
    from threadpoolctl import ThreadpoolController

    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


class one_thread:
    """A block in which BLAS uses one thread: products of a single step are too small to share out."""

    def __enter__(self) -> None:
        self._limited = [(one, threads) for one in _libraries() if (threads := one.get_num_threads()) != 1]
        for library, _ in self._limited:
            library.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        for library, threads in self._limited:
            library.set_num_threads(threads)


def side_by_side(answer: Callable[[T], R], groups: Sequence[T]) -> list[R]:
    """The answer to each group, in order; as many at a time as BLAS may use threads, each with one of them."""
    if len(groups) < 2 or all(library.get_num_threads() < 2 for library in _libraries()):
        return [answer(group) for group in groups]
    from concurrent.futures import ThreadPoolExecutor  # an answer to one text needs none of it

    threads = min(len(groups), max(library.get_num_threads() for library in _libraries()))
    with one_thread(), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(answer, groups))
