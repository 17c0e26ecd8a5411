"""Stand-ins: what people write is found however it is written, and nothing that matches remains."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtext.errors import ConfigError
from seqtext.masks import MASK_KINDS, Masks, parse_masks

EVERY = Masks(MASK_KINDS)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("email", "ann.lee+news@mail.example.org"), ("email", "o'neil_7@x.co.uk"), ("email", "müller@bücher.de"),
        ("email", "mailto:a@b.com"), ("email", "joe@[192.168.0.1]"), ("email", "A.B@EXAMPLE.COM"),
        ("url", "https://user:pw@host.example:8080/path(a)?q=1#f"), ("url", "http://localhost:8000"),
        ("url", "www.example.museum"), ("url", "example.com"), ("url", "github.com/foo/bar"), ("url", "ftp://a.b/c.gz"),
        ("url", "sub.example.co.uk:443/x?y=z&w=1"), ("url", "https://example.org/path_(x)"),
        ("url", "https://example.org/f(a(b))"), ("url", "www.example.org/a_(b)_(c)"), ("url", "example.org/a?b[]"),
        ("url", "https://example.org/(a)/b[0]"),
        ("phone", "+49 (0) 30 / 12 34-56"), ("phone", "+1 415 555 2671"), ("phone", "(555) 123-4567 ext. 89"),
        ("phone", "1-800-555-0199"), ("phone", "0171/1234567"), ("phone", "030 12 34 56 78"), ("phone", "555.123.4567"),
        ("phone", "00441632960961x12"), ("phone", "+33 1 23 45 67 89"), ("phone", "٠١٧١ ١٢٣٤٥٦٧".replace("٠", "0", 1)),
        ("number", "1945"), ("number", "3.14"), ("number", "1,234,567.89"), ("number", "1.234.567,89"),
        ("number", "1 234 567,89"), ("number", "-5"), ("number", "1'000"), ("number", "٣٤٥"), ("number", "４２"),
        ("number", "6.02e23"),
    ],
)  # fmt: skip
def test_what_people_write_is_masked_whole(kind: str, written: str) -> None:
    for before, after in (("", ""), ("Ask ", " today"), ("(", ")"), ("see: ", ", then"), ("is ", "."), ('"', '"')):
        text = f"{before}{written}{after}"
        assert EVERY(text) == f"{before}<{kind}>{after}", text


@pytest.mark.parametrize("address", ["https://a.org", "https://a.org/b_(c)", "www.a.org/b", "a.org/", "a.org/b[0]"])
@pytest.mark.parametrize("after", [")", "))", ").", "]", ")]", "...", ")?!", "(…", ")(", "]("])
def test_brackets_that_an_address_does_not_open_stay(address: str, after: str) -> None:
    assert EVERY(f"({address}{after}") == f"(<url>{after}"


@pytest.mark.parametrize(
    "text",
    [
        "a@b, @user and foo@bar",
        "file.txt and end.Next",
        "v1 abc123 x86 3rd",
        "5kg",
        "e.g. this",
        "etc...",
        "A/B",
        "12_34",
    ],
)
def test_what_is_inside_a_word_or_of_no_kind_stays(text: str) -> None:
    assert EVERY(text) == text


def test_only_the_kinds_asked_for_are_masked() -> None:
    text = "Write to a@b.org or call 555-123-4567"
    assert Masks(["email"])(text) == "Write to <email> or call 555-123-4567"
    assert Masks(["phone"])(text) == "Write to a@b.org or call <phone>"
    assert Masks([])(text) == text


PIECES = st.sampled_from([
    "ann@x.org", "+49 30 123456", "1,234.5", "www.a.de/b", "http://a.b", "a.com", "@", ".", "-", "+", " ", "1", "x",
    "0", "/", ":", "(", ")", "_", "é", "٣", ",", "'", "<", ">", "<email>", "www", "00", "\n", "://", "#",
])  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sets(st.sampled_from(list(MASK_KINDS))))
def test_nothing_that_matches_remains(text: str, kinds: set[str]) -> None:
    masks = Masks(kinds)
    masked = masks(text)
    assert masks.find(masked) == []
    assert masks(masked) == masked


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_spans_lead_back_to_what_was_masked(text: str) -> None:
    masked = EVERY.masked(text)
    rest = masked.text
    assert masked.back(0, len(rest)) == (0, len(text)) or not rest
    shift = 0
    for one in masked.found:
        start = one.start - shift
        size = len(MASK_KINDS[one.kind].stand_in)
        assert rest[start : start + size] == MASK_KINDS[one.kind].stand_in
        assert masked.back(start, start + size) == (one.start, one.end)
        assert masked.back(start + 1, start + 2) == (one.start, one.end)
        shift += one.end - one.start - size


@pytest.mark.parametrize(
    "bad", ["a", "1", "a.", "a@", "+", "a-", "http://", "/", "(((", "http://(", "a.de/((", "a.de/[a](b", "a.de/(a(b"]
)
def test_a_long_text_takes_no_time_that_grows_with_its_square(bad: str) -> None:
    begun = time.process_time()
    EVERY(bad * (50_000 // len(bad)))
    assert time.process_time() - begun < 5


def test_an_unknown_kind_gets_one_error_that_lists_the_kinds() -> None:
    assert parse_masks("number, Email,email") == ("email", "number")
    with pytest.raises(ConfigError, match=re.escape("'fone'")) as caught:
        parse_masks("email,fone")
    assert all(kind in caught.value.message for kind in MASK_KINDS)
    assert "phone" in caught.value.hint
