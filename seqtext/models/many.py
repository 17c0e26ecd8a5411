"""Answer a text, a list of texts or a stream, in batches.

A text gives an answer, a list gives a list, and a stream an iterator.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol, TypeVar

from seqtext.data.sampling import batched_until_fault
from seqtext.errors import InputError

A = TypeVar("A")

_FEW = 8  # texts too few for two groups, one for each of two cores


class Column(Protocol):
    """Define a column of a table. It is a Series of pandas or polars, an array of NumPy or Arrow."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


#: Inputs that give a list of answers. A `str` is a sequence, too, but gives a single answer.
Texts = Sequence[str] | Column


def answer_each(
    texts: str | Iterable[str] | Column,
    answer: Callable[[list[str]], Sequence[A]],
    batch: int,
    example: str,
    check: Callable[[Any], None] = lambda _: None,
) -> A | list[A] | Iterator[A]:
    """Answer a text, a list of texts, or a stream.

    A stream is any iterable but a list; at most a batch of it is read ahead.

    answer: returns the answers to a batch of texts, in order; raises InputError for an invalid text
    batch: most texts in a batch
    example: a hint for an input without text
    check: raises InputError for an item that is not text; the items of a list are all checked before the first answer
    Raises InputError at once for an input that holds no texts. For an invalid text, InputError names its index; an
    iterator first yields all answers before it.

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
    """Return an input with order and length, its items as Python objects; None for any other iterable."""
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
    if hasattr(texts, "to_pylist"):  # Arrow, whose items are not strings
        items: list[Any] = texts.to_pylist()
        return items
    return texts if isinstance(texts, Sequence) or hasattr(texts, "__len__") else None


def check_text(text: object, example: str) -> None:
    """Raise InputError for a non-text, such as NaN for an empty cell."""
    if not isinstance(text, str):
        raise InputError(f"{text!r:.80} was received; a text is expected.", example)


def _first_fault(texts: Iterable[Any], check: Callable[[Any], None], start: int = 0) -> tuple[int, InputError] | None:
    """Find the first item that is not text, with its error; start: the index of the first item in the stream."""
    for index, text in enumerate(texts):
        try:
            check(text)
        except InputError as error:
            return index, _named(error, start + index)
    return None


def _named(error: InputError, number: int) -> InputError:
    """Add the index of a text to its error."""
    named = error.framed(f"texts[{number}]: ")
    named.__cause__ = error
    return named


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
    """Yield the answers to a batch; if a text is invalid, answer one by one up to it."""
    try:
        answers = answer(some)
    except InputError:
        for number, text in enumerate(some, start):
            try:
                answered = answer([text])
            except InputError as error:
                raise _named(error, number) from error
            yield from answered
        raise AssertionError("a batch was at fault of which no text is") from None
    yield from answers


def answers_or_faults(answer: Callable[[Iterator[str]], Iterable[Any]], texts: Sequence[str]) -> list[Any]:
    """Answer texts in order, with InputError in place of failed answers.

    answer: yields the answers before the first invalid text, then raises; it is called again with the rest.
    """
    results: list[Any] = []
    while len(results) < len(texts):
        try:
            for answered in answer(iter(texts[len(results) :])):
                results.append(answered)
            break
        except InputError as error:
            results.append(error.framed(without=r"texts\[\d+\]: "))
    return results


def groups_of_like_length(lengths: Sequence[int], rows: int, tokens: int = 32_768) -> list[list[int]]:
    """Group the indices of texts by length, the longest first.

    If there are enough texts for two cores, there are at least two groups. lengths: tokens of each text; rows: most
    texts in a group; tokens: approximate size of a group, with padding.

    >>> groups_of_like_length([3, 9, 4], 2)
    [[1, 2], [0]]
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    rows = min(rows, max(_FEW, -(-len(order) // 2)))
    groups, start = [], 0
    while start < len(order):
        size = max(1, min(rows, tokens // max(1, lengths[order[start]])))
        groups.append(order[start : start + size])
        start += size
    return groups


def in_order(groups: Sequence[Sequence[int]], answers: Iterable[Sequence[A]]) -> list[A]:
    """Restore the order of answers to groups of indices."""
    answer_of = {
        index: answer
        for group, group_answers in zip(groups, answers, strict=True)
        for index, answer in zip(group, group_answers, strict=True)
    }
    return [answer_of[index] for index in range(len(answer_of))]
