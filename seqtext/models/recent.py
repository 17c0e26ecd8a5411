"""What was found out last, kept for whoever asks again: a cache for many threads at once."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Keeps the values of the texts asked for last (a cache that is LRU), so many at most.

    >>> recent = Recent[int](2)
    >>> recent.keep({"a": 1, "b": 2})
    >>> recent.find(["a", "x"])
    {'a': 1}
    >>> recent.keep({"c": 3})
    >>> recent.find("abc")
    {'a': 1, 'c': 3}
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._values: OrderedDict[str, V] = OrderedDict()

    def __reduce__(self) -> tuple[type["Recent[V]"], tuple[int]]:
        """Sent to another process, it begins empty: a lock cannot be sent."""
        return type(self), (self._most,)

    def __len__(self) -> int:
        return len(self._values)

    def find(self, texts: Iterable[str]) -> dict[str, V]:
        """The values that are known, by text."""
        with self._lock:
            found = {text: self._values[text] for text in texts if text in self._values}
            for text in found:
                self._values.move_to_end(text)
        return found

    def keep(self, values: Mapping[str, V]) -> None:
        """Remember some values, and forget those that nobody has asked for longest."""
        with self._lock:
            for text, value in values.items():
                self._values[text] = value
                self._values.move_to_end(text)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
