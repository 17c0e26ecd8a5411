"""Share a least-recently-used cache between several threads."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Cache values by text, dropping the least recently used; safe for threads.

    most: largest number of values.

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
        """Pickle an empty cache, because a lock cannot be sent to another process."""
        return type(self), (self._most,)

    def __len__(self) -> int:
        return len(self._values)

    def find(self, texts: Iterable[str]) -> dict[str, V]:
        """Look up texts: the values that are known, by text."""
        with self._lock:
            known = {text: self._values[text] for text in texts if text in self._values}
            for text in known:
                self._values.move_to_end(text)
        return known

    def keep(self, values: Mapping[str, V]) -> None:
        """Store values; the least recently used ones make room for them."""
        with self._lock:
            for text, value in values.items():
                self._values[text] = value
                self._values.move_to_end(text)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
