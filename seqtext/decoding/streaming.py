"""Stream characters and hold back what may be a stop text."""

from collections.abc import Collection, Iterable, Iterator


def before_stop(characters: Iterable[str], stop: Collection[str]) -> Iterator[str]:
    """The characters before the first stop text; those that may be the start of one are held back until it is clear.

    >>> "".join(before_stop("a-b--c", ["--"]))
    'a-b'
    """
    held = ""
    for character in characters:
        held += character
        found = max((len(one) for one in stop if held.endswith(one)), default=0)
        if found:
            yield from held[:-found]
            return
        start = next((k for k in range(len(held)) if any(one.startswith(held[k:]) for one in stop)), len(held))
        yield from held[:start]
        held = held[start:]
    yield from held
