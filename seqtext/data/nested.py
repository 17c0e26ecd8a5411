"""Look up nested values of objects by paths such as meta.label."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_DEEPEST = 8
_MOST = 200  # most paths of an object


def value_at(data: Any, path: str) -> Any:
    """Look up a path in a JSON object.

    A key that contains a dot itself takes precedence. Paths inside null are null. Raises KeyError if there is none.

    >>> value_at({"meta": {"label": "good"}}, "meta.label"), value_at({"a.b": [1, 2]}, "a.b.1")
    ('good', 2)
    """
    if isinstance(data, Mapping) and path in data:
        return data[path]
    dot = path.rfind(".")
    while dot > 0:  # the longest key first, because keys may contain dots
        head, rest = path[:dot], path[dot + 1 :]
        if isinstance(data, Mapping) and head in data:
            return None if data[head] is None else value_at(data[head], rest)
        if _is_index(data, head):
            return value_at(data[int(head)], rest)
        dot = path.rfind(".", 0, dot)
    if _is_index(data, path):
        return data[int(path)]
    raise KeyError(path)


def _is_index(data: Any, key: str) -> bool:
    """Tell whether a key is an index of a list, from 0."""
    return isinstance(data, Sequence) and not isinstance(data, str) and key.isdecimal() and int(key) < len(data)


def has_path(data: Any, path: str) -> bool:
    """Tell whether a path exists."""
    try:
        value_at(data, path)
    except KeyError:
        return False
    return True


def value_or_none(data: Mapping[str, Any], path: str) -> Any:
    """Look up a path; None if it does not exist."""
    return value_at(data, path) if has_path(data, path) else None


def paths(data: Mapping[str, Any]) -> list[str]:
    """List an object's keys, then at most 200 paths into its objects.

    >>> paths({"id": 1, "meta": {"label": "good", "by": {"name": "A"}}})
    ['id', 'meta', 'meta.label', 'meta.by', 'meta.by.name']
    """
    keys = list(data)
    inner = (path for key in keys if isinstance(data[key], Mapping) for path in _inside(data[key], key, 1))
    return [*keys, *(path for path, _ in zip(inner, range(_MOST), strict=False) if path not in data)]


def _inside(data: Mapping[str, Any], head: str, depth: int) -> Iterator[str]:
    for key, value in data.items():
        yield f"{head}.{key}"
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _inside(value, f"{head}.{key}", depth + 1)


class ByPath(Mapping[str, Any]):
    """Look up values of an object by keys or paths."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def __getitem__(self, path: str) -> Any:
        """Look up a path, see `value_at`."""
        return self._data[path] if path in self._data else value_at(self._data, path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)
