"""One text, a list or a stream: what comes in decides what comes out."""

from collections.abc import Iterator

import numpy as np
import pyarrow
import pytest

from seqtext.errors import InputError
from seqtext.models.many import answer_each


def lengths(texts: list[str]) -> list[int]:
    for text in texts:
        if not isinstance(text, str):
            raise InputError(f"{text!r} was received; a text is expected.", "give a text")
    return [len(text) for text in texts]


def ask(texts: object) -> object:
    return answer_each(texts, lengths, 2, "give a text")  # type: ignore[arg-type]


def test_a_text_has_one_answer() -> None:
    assert ask("abc") == 3


@pytest.mark.parametrize(
    "texts", [["a", "bc", ""], ("a", "bc", ""), np.array(["a", "bc", ""]), pyarrow.array(["a", "bc", ""])]
)
def test_what_has_a_length_has_a_list_of_answers(texts: object) -> None:
    assert ask(texts) == [1, 2, 0]


def test_series_have_a_list_of_answers() -> None:
    pandas = pytest.importorskip("pandas")
    assert ask(pandas.Series(["a", "bc"], index=[7, 3])) == [1, 2]


def test_nothing_has_no_answers() -> None:
    assert ask([]) == []
    assert list(ask(iter(()))) == []  # type: ignore[call-overload]


def test_a_stream_is_read_at_most_a_batch_ahead() -> None:
    read = []

    def stream() -> Iterator[str]:
        for text in "abcdefg":
            read.append(text)
            yield text

    found = ask(stream())
    assert not isinstance(found, list)
    assert read == []
    assert next(found) == 1  # type: ignore[call-overload]
    assert read == ["a", "b"]


def test_a_text_at_fault_raises_at_its_turn_with_its_index() -> None:
    found, given = ask(text for text in ["a", "bc", "d", None, "e"]), []
    with pytest.raises(InputError, match=r"texts\[3\]: None was received"):
        given.extend(found)  # type: ignore[arg-type]
    assert given == [1, 2, 1]
    with pytest.raises(InputError, match=r"texts\[1\]: nan was received"):
        ask(["a", float("nan")])


def test_what_was_read_before_a_source_breaks_is_answered() -> None:
    def stream() -> Iterator[str]:
        yield from ("a", "bc", "d")
        raise OSError("the disk is gone")

    given: list[object] = []
    with pytest.raises(OSError, match="the disk is gone"):
        given.extend(ask(stream()))  # type: ignore[call-overload]
    assert given == [1, 2, 1]


@pytest.mark.parametrize("texts", [None, 5, b"abc", {"a": 1}, {"a"}, str, np.array("abc")])
def test_what_holds_no_texts_in_order_is_refused_at_once(texts: object) -> None:
    with pytest.raises(InputError, match="a list of texts, is expected"):
        ask(texts)


def test_a_table_is_refused_with_one_of_its_columns() -> None:
    with pytest.raises(InputError, match="one of its columns") as fault:
        ask(pyarrow.table({"body": ["a"]}))
    assert fault.value.hint == "table['body']"


def test_a_list_is_checked_before_any_of_it_is_answered() -> None:
    asked: list[str] = []

    def check(text: object) -> None:
        if not isinstance(text, str):
            raise InputError(f"{text!r} was received; a text is expected.", "give a text")

    def answer(texts: list[str]) -> list[int]:
        asked.extend(texts)
        return lengths(texts)

    with pytest.raises(InputError, match=r"texts\[3\]: None was received"):
        answer_each(["a", "b", "c", None], answer, 2, "", check)  # type: ignore[list-item]
    assert asked == []
    stream = answer_each(iter(["a", "b", "c", None]), answer, 2, "", check)  # type: ignore[arg-type, list-item]
    assert [next(stream) for _ in range(3)] == [1, 1, 1]  # type: ignore[call-overload]
    assert asked == ["a", "b", "c"]
    with pytest.raises(InputError, match=r"texts\[3\]: None was received"):
        next(stream)  # type: ignore[call-overload]
