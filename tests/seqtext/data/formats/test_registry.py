"""The records of formats: whole, and all that is derived from them."""

import re
from dataclasses import fields
from pkgutil import resolve_name

import pytest

from seqtext.data.formats.registry import (
    BY_SUFFIX,
    FORMATS,
    LINES,
    PAIRS,
    ROWS,
    TEXTS,
    Format,
    every_suffix,
    file_and_sheet,
    format_of,
    formats_that_give,
    kind_of,
    suffixes,
)
from seqtext.extras import EXTRAS

RECORDS = list(FORMATS.values())


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_a_record_is_whole(record: Format) -> None:
    assert record.gives in (LINES, ROWS, TEXTS, PAIRS)
    assert record.extra in ("", *EXTRAS.values())
    for name in filter(None, (record.reader, record.table, record.two)):
        assert callable(resolve_name(name))
    assert bool(record.table) == (record.gives in (LINES, ROWS))  # rows can be answered, texts and pairs have none
    assert bool(record.called) or record.gives in (LINES, ROWS)
    assert bool(record.member) <= bool(record.called)
    assert all(re.fullmatch(r"\.[a-z0-9]+", suffix) for suffix in record.suffixes)


def test_a_suffix_has_one_format() -> None:
    every = [suffix for record in RECORDS for suffix in record.suffixes]
    assert sorted(every) == sorted(BY_SUFFIX)
    assert [record.name for record in RECORDS if not record.suffixes] == ["hf"]


@pytest.mark.parametrize(("suffix", "record"), BY_SUFFIX.items())
def test_a_name_has_its_format(suffix: str, record: Format) -> None:
    assert format_of(f"some.folder/a.b{suffix}") is record
    assert format_of(f"A{suffix.upper()}.gz") is record
    assert kind_of(f"a{suffix}#July") == (record.name if record.has_sheets else "text")


@pytest.mark.parametrize("name", ["-", "a", "a.log", "a.docx.bak", ".docx", "", "docx"])
def test_other_names_are_of_text(name: str) -> None:
    assert format_of(name) is FORMATS["text"]


def test_a_data_set_of_the_hub_is_no_file() -> None:
    assert kind_of("hf:user/name.csv") == "hf"
    assert FORMATS["hf"] not in formats_that_give(ROWS)


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(KeyError):
        FORMATS["odd"]


def test_all_formats_are_listed_once() -> None:
    listed = re.findall(r"(?<![A-Z])\.[a-z]+", every_suffix())
    assert sorted(listed) == sorted({record.suffix for record in BY_SUFFIX.values()})
    by_content = ", ".join(suffixes(gives) for gives in (LINES, ROWS, TEXTS, PAIRS))
    assert sorted(by_content.split(", ")) == sorted(listed)


def test_a_sheet_is_named_behind_its_workbook() -> None:
    for suffix, record in BY_SUFFIX.items():
        name = f"a{suffix}#1"
        assert file_and_sheet(name) == ((f"a{suffix}", "1") if record.has_sheets else (name, ""))


def test_every_field_of_a_record_is_described() -> None:
    assert [field.name for field in fields(Format) if f"    {field.name}:" not in str(Format.__doc__)] == []
