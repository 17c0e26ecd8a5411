"""Answers to a text, a list of texts or a stream of them: one, a list, or an iterator.

Models answer a batch of texts at once; this is what turns a call with any of the three into batches.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol, TypeVar

from seqtext.data.sampling import batched_until_fault
from seqtext.errors import InputError

A = TypeVar("A")

_FEW = 8  # texts that are not worth two groups, one for each of two cores


class Column(Protocol):
    """A column of a table: a Series of pandas or polars, an array of NumPy or Arrow."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


#: What gives a list of answers. A `str`, which is a sequence, too, gives one.
Texts = Sequence[str] | Column


def answer_each(
    texts: str | Iterable[str] | Column,
    answer: Callable[[list[str]], Sequence[A]],
    batch: int,
    example: str,
    check: Callable[[Any], None] = lambda _: None,
) -> A | list[A] | Iterator[A]:
    """Answer a text, a list of them, or a stream.

    Of a stream, any iterable but a list, at most a batch is read ahead.

    answer: gives the answers to a batch of texts, in order, and raises InputError for one at fault
    batch: how many texts are answered at once, at most
    example: a hint, for whoever gives no text
    check: raises InputError for an item that is no text; those of a list are checked before any of them is answered
    Raises InputError for what holds no texts at once, and for a text at fault at its turn, by its index: an iterator
    gives all answers before it.

    >>> answer_each(["a", "bc"], lambda texts: [len(text) for text in texts], 64, "")
    [1, 2]
    """
    if isinstance(texts, str):
        check(texts)
        return answer([texts])[0]
    if isinstance(texts, type) or getattr(texts, "shape", None) == ():  # a class, or an array of no dimension
        raise InputError(f"{texts!r:.80} was received; a text, or a list of texts, is expected.", example)
    whole = _column(texts, example)
    if whole is not None:
        if fault := _first_fault(whole, check):
            raise fault[1]
        return list(_answers(iter(whole), answer, batch, lambda _: None))
    if not isinstance(texts, Iterable):
        raise InputError(f"{texts!r:.80} was received; a text, or a list of texts, is expected.", example)
    return _answers(iter(texts), answer, batch, check)


def _column(texts: Any, example: str) -> Sequence[Any] | Column | None:
    """What has an order and a length, its items as Python's own; None of any other iterable."""
    if hasattr(texts, "columns") or hasattr(texts, "column_names"):
        names = getattr(texts, "column_names", None) or list(texts.columns)
        names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        raise InputError(
            f"A table ({type(texts).__name__}) was received; one of its columns is expected.",
            f"table[{(names or ['text'])[0]!r}]",
        )
    if isinstance(texts, bytes | bytearray | Mapping | AbstractSet):
        raise InputError(
            f"{texts!r:.80} was received, which is {type(texts).__name__}; a text, or a list of texts, is expected.",
            example,
        )
    if hasattr(texts, "to_pylist"):  # of Arrow, whose items are no strings
        found: list[Any] = texts.to_pylist()
        return found
    return texts if isinstance(texts, Sequence) or hasattr(texts, "__len__") else None


def check_text(text: object, example: str) -> None:
    """Raise InputError for what is no text, such as the NaN of an empty cell."""
    if not isinstance(text, str):
        raise InputError(f"{text!r:.80} was received; a text is expected.", example)


def _first_fault(texts: Iterable[Any], check: Callable[[Any], None], start: int = 0) -> tuple[int, InputError] | None:
    """The place of the first item that is no text, and the error that names it; start: the index of the first item."""
    for place, text in enumerate(texts):
        try:
            check(text)
        except InputError as error:
            return place, _named(error, start + place)
    return None


def _named(error: InputError, number: int) -> InputError:
    """The fault of a text with its index."""
    found = error.framed(f"texts[{number}]: ")
    found.__cause__ = error
    return found


def _answers(
    texts: Iterator[Any], answer: Callable[[list[Any]], Sequence[A]], batch: int, check: Callable[[Any], None]
) -> Iterator[A]:
    start = 0
    for some in batched_until_fault(texts, batch):
        fault = _first_fault(some, check, start)
        good = some[: fault[0]] if fault else some
        if good:
            yield from _batch_answers(good, answer, start)
        if fault:
            raise fault[1]
        start += len(some)


def _batch_answers(some: list[Any], answer: Callable[[list[Any]], Sequence[A]], start: int) -> Iterator[A]:
    """The answers to a batch; where a text is at fault, one by one up to it."""
    try:
        found = answer(some)
    except InputError:
        for number, text in enumerate(some, start):
            try:
                one = answer([text])
            except InputError as error:
                raise _named(error, number) from error
            yield from one
        raise AssertionError("a batch was at fault of which no text is") from None
    yield from found


def answers_or_faults(answer: Callable[[Iterator[str]], Iterable[Any]], texts: Sequence[str]) -> list[Any]:
    """Answer texts in order, with the InputError of each at fault in its place.

    answer: gives the answers before the first text at fault, then raises; what stands behind that is asked anew
    """
    found: list[Any] = []
    while len(found) < len(texts):
        try:
            for one in answer(iter(texts[len(found) :])):
                found.append(one)
            break
        except InputError as error:
            found.append(error.framed(without=r"texts\[\d+\]: "))
    return found


def groups_of_like_length(lengths: Sequence[int], rows: int, tokens: int = 32_768) -> list[list[int]]:
    """Group the places of texts by length, the longest first; two groups at least if they are enough for two cores.

    lengths: tokens of each text; rows: texts in a group, at most; tokens: in a group, with padding, about so many

    >>> groups_of_like_length([3, 9, 4], 2)
    [[1, 2], [0]]
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    rows = min(rows, max(_FEW, -(-len(order) // 2)))
    groups, start = [], 0
    while start < len(order):
        size = max(1, min(rows, tokens // max(1, lengths[order[start]])))
        groups.append(order[start : start + size])
        start += size
    return groups


def in_order(groups: Sequence[Sequence[int]], answers: Iterable[Sequence[A]]) -> list[A]:
    """Give the answers to groups of places in the order of places."""
    found = {
        place: one for group, own in zip(groups, answers, strict=True) for place, one in zip(group, own, strict=True)
    }
    return [found[place] for place in range(len(found))]
