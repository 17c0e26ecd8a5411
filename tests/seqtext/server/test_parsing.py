"""Bodies: JSON read strictly, texts within limits, options held to their fields."""

import json

import pytest

from seqtext.models.options import ClassifyOptions, FillOptions, GenerateOptions, SummarizeOptions, TranslateOptions
from seqtext.server.faults import Fault
from seqtext.server.limits import Limits
from seqtext.server.parsing import options_of, public_names, read_json, refuse_unknown, texts_of


def test_an_object_is_read() -> None:
    body = {"text": "ü \U0001f600 \\", "top": 3, "temperature": 0.5, "avoid": ["a"], "seed": None, "x": True}
    assert read_json(json.dumps(body).encode()) == body
    assert read_json(json.dumps(body, ensure_ascii=False).encode()) == body
    assert read_json(b"\xef\xbb\xbf" + json.dumps(body).encode()) == body


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "it is empty"),
        (b" \r\n", "it is empty"),
        (b"x", "Expecting value, line 1, column 1"),
        (b'{"text": "a"', "line 1"),
        (b'{"text": "a"} x', "Extra data"),
        (b'"text"', "a text was received"),
        (b"[1]", "a list was received"),
        (b"null", "null was received"),
        (b"7", "a number was received"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number has 5000 digits"),
        (b'{"a": 0.' + b"1" * 500 + b"}", "too long"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' comes twice"),
        (b'{"a": {"b": 1, "b": 1}}', "'b' comes twice"),
        (b'{"a": "\\ud800"}', "half a surrogate pair"),
        (b'{"a": ["x", {"b": "\\udc00"}]}', "half a surrogate pair"),
        (b'{"\\ud800": 1}', "half a surrogate pair"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        ('{"a": "b"}'.encode("utf-16"), "is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"a": "\x00"}', "control character"),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(Fault, match=why) as caught:
        read_json(body)
    assert (caught.value.status, caught.value.code) == (400, "no_json")
    assert len(caught.value.message) < 250


def test_a_whole_pair_of_surrogates_is_a_character() -> None:
    assert read_json(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_an_unknown_field_is_refused_with_the_nearest() -> None:
    with pytest.raises(Fault, match="'tpo' was received") as caught:
        refuse_unknown(["text", "tpo"], ["text", "top"])
    assert caught.value.hint == 'write "top" instead, or leave it out'
    assert caught.value.param == "tpo"


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (["txt"], 'write "text" instead'),
        (["prompt"], 'write "text" instead'),
        (["sentence"], 'write "text" instead'),
        (["tpo"], 'write "top" instead'),
        (["text", "source"], 'write "text" instead, or leave it out'),
        (["text", "max_wrods"], 'write "max_words" instead, or leave it out'),
    ],
)
def test_a_field_that_is_needed_is_not_to_be_left_out(names, hint) -> None:
    with pytest.raises(Fault) as caught:
        refuse_unknown(names, ["text", "top", "max_words"], "text")
    assert caught.value.hint == hint
    assert ("text is needed" in caught.value.message) == ("text" not in names)


def test_the_hint_for_a_body_that_is_no_object_asks_the_same_command() -> None:
    with pytest.raises(Fault) as caught:
        read_json(b"[]", "source", "translate")
    assert json.loads(caught.value.hint) == {"source": "A man rides a horse."}


def test_texts_come_alone_or_as_a_list() -> None:
    assert texts_of({"text": "a"}, "text", Limits()) == (["a"], False)
    assert texts_of({"text": ["a", "b"]}, "text", Limits()) == (["a", "b"], True)
    assert texts_of({"text": []}, "text", Limits()) == ([], True)


@pytest.mark.parametrize(
    ("given", "why", "code"),
    [
        ({}, "No text was received", None),
        ({"text": 5}, "text received a number; a text is expected", None),
        ({"text": None}, "text received null", None),
        ({"text": {"a": 1}}, "text received an object", None),
        ({"text": ["a", ["b"]]}, r"text\[1\] received a list", None),
        ({"text": "a" * 21}, "text has 21 characters; at most 20", "text_too_long"),
        ({"text": ["a"] * 4}, "4 texts; at most 3", "too_many_texts"),
    ],
)
def test_what_is_no_text_is_refused(given: dict, why: str, code: str | None) -> None:
    with pytest.raises(Fault, match=why) as caught:
        texts_of(given, "text", Limits(max_characters=20, max_texts=3))
    assert (caught.value.param, caught.value.code) == ("text", code)


def test_options_are_those_of_the_dataclass() -> None:
    assert options_of(FillOptions, {"top": 2, "avoid": ["a"]}) == FillOptions(top=2, avoid=("a",))
    assert options_of(FillOptions, {"top": 2.0}).top == 2
    assert options_of(FillOptions, {"option": []}) == FillOptions()
    assert options_of(TranslateOptions, {"to": "de", "from": "en"}) == TranslateOptions(target="de", source="en")
    assert options_of(GenerateOptions, {"seed": None}).seed is None
    assert public_names(TranslateOptions)["to"] == "target"


@pytest.mark.parametrize(
    ("kind", "given", "why", "param", "hint"),
    [
        (FillOptions, {"top": 0}, "top received 0", "top", '"top": 5'),
        (FillOptions, {"top": True}, "top received true", "top", '"top": 5'),
        (FillOptions, {"top": None}, "top received null", "top", '"top": 5'),
        (FillOptions, {"top": -1}, "accepted is from 1 to 200", "top", '"top": 5'),
        (FillOptions, {"option": None}, "option received null; a list", "option", '"option": ["word"]'),
        (ClassifyOptions, {"explain": 1}, "1; accepted are true and false", "explain", '"explain": true'),
        (ClassifyOptions, {"labels": 1}, "labels received 1", "labels", '"labels": "good,bad"'),
        (SummarizeOptions, {"max_words": 10**6}, "from 1 to 10000", "max_words", '"max_words": 10000'),
        (FillOptions, {"top": "5"}, "top received '5'", "top", '"top": 5'),
        (FillOptions, {"top": 1.5}, "top received 1.5", "top", '"top": 5'),
        (FillOptions, {"top": {}}, "top received {}", "top", '"top": 5'),
        (FillOptions, {"avoid": "word"}, "avoid received 'word'", "avoid", '"avoid": ["word"]'),
        (FillOptions, {"avoid": [["word"]]}, "avoid received", "avoid", '"avoid": ["word"]'),
        (TranslateOptions, {"to": 5}, "to received 5", "to", '"to": "fr"'),
        (TranslateOptions, {"beam": 1000}, "accepted is from 1 to 32", "beam", '"beam": 5'),
        (TranslateOptions, {"n_best": 4, "beam": 2}, "n_best received 4", "n_best", '"n_best": 4, "beam": 4'),
        (GenerateOptions, {"length": 10**7}, "accepted is from 1 to 10000", "length", '"length": 300'),
        (GenerateOptions, {"stop": ["a" * 10_001]}, "10001 characters", "stop", "send a shorter one"),
        (FillOptions, {"avoid": ["a"] * 2001}, "2001 texts", "avoid", "send the first 2000"),
        (GenerateOptions, {"stop": ["a"] * 17}, "17 texts", "stop", "send the first 16"),
        (FillOptions, {"top": 201}, "accepted is from 1 to 200", "top", '"top": 5'),
        (ClassifyOptions, {"prompt": "It was ___."}, "without labels", "prompt",
         '"labels": "good,bad", "prompt": "It was ___."'),
    ],
)  # fmt: skip
def test_options_that_are_not_accepted_are_named(kind, given, why, param, hint) -> None:
    with pytest.raises(Fault, match=why) as caught:
        options_of(kind, given)
    assert (caught.value.status, caught.value.param, caught.value.hint) == (400, param, hint)
