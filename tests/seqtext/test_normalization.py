"""One form for text, however it was typed: what is changed and what is not, and where each character came from."""

import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, normalizers

from seqtext.normalization import FORMS, Form, has_quotes, normalize, normalize_written, trace, with_quotes

CHARACTERS = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
TEXTS = st.text(
    st.one_of(
        st.sampled_from(
            "ab cé'\"’“\u0301\u0308\u0323\u200b\ufeff\u00ad\u00a0ﬁﬃＡ１中\u1100\u1161\u11a8\uac00\u0915\u093c"
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=20,
)
changed = pytest.mark.parametrize("form", ["read", "written"])

#: The same made of what `tokenizers` has.
LIBRARY = normalizers.Sequence([
    normalizers.Replace(Regex("[‘’‚‛ʼ＇´\u1ffd]"), "'"), normalizers.Replace(Regex("[“”„‟＂]"), '"'),
    normalizers.Replace(Regex("[\ufeff\u200b\u2060\u00ad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"), ""),
    normalizers.Replace(Regex("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"), " "),
    *(normalizers.Replace(chr(one), chr(one - 0xFEE0))
      for first, last in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)) for one in range(first, last + 1)),
    *(normalizers.Replace(chr(one), unicodedata.normalize("NFKC", chr(one))) for one in range(0xFB00, 0xFB07)),
    normalizers.NFC(),
])  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("“I don’t know,” she said.", '"I don\'t know," she said.'),
        ("‘so’ ‚so‛ „so‟", "'so' 'so' \"so\""),
        ("\ufeffThe c\u00adat\u200b sl\u200eeeps.\u2069", "The cat sleeps."),
        ("a\u00a0b\u2009c\u202fd\u3000e", "a b c d e"),
        ("cafe\u0301 \u1112\u1161\u11ab", "café 한"),
        ("e\u200b\u0301", "é"),
        ("ﬁne ﬂag oﬀ oﬃce baﬄe ﬅ ﬆ", "fine flag off office baffle st st"),
        ("ＡＢＣ １２３ ａｂｃ", "ABC 123 abc"),
        # What is no way to type something else stays.
        ("。、「」（）！ œ ½ ² ™ … – — « » ′ ` ~ ™ ß ſ", "。、「」（）！ œ ½ ² ™ … – — « » ′ ` ~ ™ ß ſ"),
        ("می\u200cخواهم क्\u200dष 👩\u200d🚀 ❤\ufe0f", "می\u200cخواهم क्\u200dष 👩\u200d🚀 ❤\ufe0f"),
        ("a\tb\nc\r\n\u2028d", "a\tb\nc\r\n\u2028d"),
        ("", ""),
    ],
)
def test_text_that_is_read(typed: str, read: str) -> None:
    assert normalize(typed) == read


def test_text_that_is_written_is_only_composed() -> None:
    assert normalize_written("\ufeff“cafe\u0301”\u00a0\u200bﬁ\ufeff") == "“café”\u00a0\u200bﬁ"


@pytest.mark.learning
@changed
def test_every_character_of_unicode_has_a_form_that_stays(form: Form) -> None:
    bring = FORMS[form]
    once = list(map(bring, CHARACTERS))
    assert once == list(map(bring, once))
    # Alone, a million characters take half a minute. Between lines, they are traced as they are alone.
    changed = [
        (character, form_of) for character, form_of in zip(CHARACTERS, once, strict=True) if character != form_of
    ]
    assert [form_of for _, form_of in changed] == [trace(character, form).text for character, _ in changed]
    for start in range(0, len(CHARACTERS), 1000):
        lines = "\n".join(CHARACTERS[start : start + 1000])
        assert trace(lines, form).text == bring(lines) == "\n".join(once[start : start + 1000])


@changed
@settings(max_examples=300, deadline=None)
@example("e\u200b\u0301\ufeff")
@example("\u0301\u0301")
@given(text=TEXTS)
def test_what_is_traced_is_the_form_and_every_character_has_an_origin(form: Form, text: str) -> None:
    found = trace(text, form)
    assert found.text == FORMS[form](text) == FORMS[form](FORMS[form](text))
    assert len(found.text) == len(found.starts) == len(found.ends)
    assert (found.starts < found.ends).all()
    assert (np.diff(found.starts) >= 0).all()
    assert (np.diff(found.ends) >= 0).all()
    assert found.size == len(text)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_the_library_makes_the_same_of_a_text(text: str) -> None:
    assert normalize(text) == LIBRARY.normalize_str(text)
    assert normalize_written(text.replace("\ufeff", "")) == normalizers.NFC().normalize_str(text.replace("\ufeff", ""))


def test_places_are_found_again() -> None:
    found = trace("\ufeffﬁne cafe\u0301!", "read")
    assert found.text == "fine café!"
    assert found.back(np.array([[0, 4], [5, 9], [0, 0], [10, 10], [1, 2]])).tolist() == [
        [1, 4], [5, 10], [1, 1], [11, 11], [1, 2],
    ]  # fmt: skip
    assert trace("\u200b", "read").back(np.array([[0, 0]])).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("single", "double", "wanted"),
    [
        (False, False, "\"It's\" 'so'"),
        (True, True, "“It’s” ‘so’"),
        (None, None, "“It's\" ‘so’"),
        (None, False, '"It\'s" ‘so’'),
        (True, None, '“It’s" ‘so’'),
    ],
)
def test_quotes_of_a_prompt(single: bool | None, double: bool | None, wanted: str) -> None:
    assert with_quotes("“It's\" ‘so’", curly_single=single, curly_double=double) == wanted


def test_a_quote_opens_at_the_start_of_a_word() -> None:
    curly = with_quotes("\"Yes,\" he said—\"('no')\" dogs' '", curly_single=True, curly_double=True)
    assert curly == "“Yes,” he said—“(‘no’)” dogs’ ’"


def test_quotes_are_found_in_every_shape() -> None:
    assert [one for one in "'\"‘’‚‛“”„‟ʼ＇＂´ab «»" if has_quotes(one)] == list("'\"‘’‚‛“”„‟ʼ＇＂´")
