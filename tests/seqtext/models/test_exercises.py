"""Exercises as text, Markdown, HTML, GIFT and notes for Anki: each is read back by its own grammar."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import pytest

from seqtext.models.exercises import FORMATS, GAP, ClozeItem, Exercise, joined, key_lines

HOSTILE = (
    '# "It {{c1::x}} was :: }} 50% = ~fun~" said the hen\t& <b>sat</b></script> on\\a chair.\r\n\r\n'
    "  1. *Nora* heard a noise in the kitchen: {loud} //here. She went out again.\n"
)
ODD = ("~a=", "chair", "b}", "c:#")


def item(text: str, word: str, options: tuple[str, ...] = (), accepted: tuple[str, ...] = ()) -> ClozeItem:
    start = text.index(word)
    return ClozeItem(word, options, accepted, start, start + len(word), 0.5, "easy")


@pytest.fixture
def hostile() -> Exercise:
    chair = item(HOSTILE, "chair", ODD, ("stool", "a::b"))
    noise = item(HOSTILE, "noise", ("noise", "x", "y", "z"))
    return Exercise(HOSTILE, (chair, noise, item(HOSTILE, "kitchen", ("u", "kitchen", "y", "z"))))


@pytest.fixture
def typed() -> Exercise:
    text = "She drank a cup of tea in the garden."
    return Exercise(text, (item(text, "tea", (), ("coffee", "milk")), item(text, "garden")), letters=1)


def write(name: str, *parts: Exercise, with_key: bool = True) -> str:
    return "".join(FORMATS[name](list(parts), with_key))


def test_gaps_are_numbered_and_letters_left_standing(typed) -> None:
    assert typed.exercise == "She drank a cup of (1) t____ in the (2) g____."
    assert typed._replace(first=7, letters=0).exercise == "She drank a cup of (7) ____ in the (8) ____."


def test_json_is_plain(typed) -> None:
    found = json.loads(json.dumps(typed.as_json()))
    assert [*found] == ["text", "exercise", "items", "unknown"]
    assert [*found["items"][0]] == ["answer", "options", "accepted", "start", "end", "probability", "difficulty"]
    assert found["text"][found["items"][0]["start"] : found["items"][0]["end"]] == "tea"
    assert found["items"][0]["accepted"] == ["coffee", "milk"]


def test_parts_are_joined(typed) -> None:
    whole = joined([typed, typed._replace(unknown=1.0)])
    assert [whole.text[one.start : one.end] for one in whole.items] == ["tea", "garden", "tea", "garden"]
    assert whole.unknown == 0.5
    assert joined([]) == Exercise("", ())


def test_the_key_names_letters_and_what_also_fits(hostile, typed) -> None:
    assert next(key_lines(hostile.numbered())) == "1. b) chair (also stool, a::b)\n"
    assert [*key_lines(typed.numbered())] == ["1. tea (also coffee, milk)\n", "2. garden\n"]


def test_text(hostile, typed) -> None:
    body, options, key = write("text", hostile).replace("\n\nKey\n\n", "\0").replace("\n\n1. ", "\x001. ").split("\0")
    assert body == hostile.exercise.removesuffix("\n")
    assert options.splitlines()[0] == "1. a) ~a=   b) chair   c) b}   d) c:#"
    assert key == "".join(key_lines(hostile.numbered()))
    assert "Key" not in write("text", hostile, with_key=False)
    assert write("text", typed, with_key=False) == typed.exercise + "\n"


@pytest.mark.parametrize("name", FORMATS)
def test_numbers_go_on_from_part_to_part(name, typed) -> None:
    first, second = typed, typed._replace(first=3)
    found = write(name, first, second)
    for number in range(1, 5):
        assert re.search(rf"\({number}\)|Gap {number}\b|c{number - 2 if number > 2 else number}::", found)


def unescaped_markdown(text: str) -> str:
    """Read the inlines that we write, as CommonMark does: escapes, hard breaks, bold, entities."""
    text = re.sub(r"\\\n", "\n", text).replace("**", "").replace("&nbsp;", "\u00a0")
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def test_markdown_shows_the_text_and_no_mark_up(hostile) -> None:
    body = write("markdown", hostile, with_key=False).split("\n\n\n")[0]
    assert unescaped_markdown(body).replace("\u00a0", " ") == hostile.exercise.replace("\r\n", "\n").strip("\n")
    assert not re.search(r"(?<!\\)[<*_`#](?!\*|\()", body.replace("**(", "(").replace(")**", ")"))


@pytest.mark.parametrize("after", ["And so\non.\n", "\n# b\n", "\r\nb"])
def test_markdown_in_parts_is_that_of_the_whole(after) -> None:
    lines = "It was late.\nThey slept.\n"
    whole = write("markdown", Exercise(lines + after, ()))
    assert write("markdown", Exercise(lines, ()), Exercise(after, ())) == whole


def gift_questions(text: str) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """Read GIFT as Moodle does: escaped signs are put aside, blank lines part questions, then = and ~ part answers."""
    signs = "\\~=#{}:"
    aside = {sign: chr(0xE100 + k) for k, sign in enumerate(signs)} | {"n": "\ue200"}
    back = {mark: sign if sign != "n" else "\n" for sign, mark in aside.items()}

    def plain(part: str) -> str:
        return "".join(back.get(sign, sign) for sign in part)

    found = []
    text = re.sub(r"\\([\\~=#{}:n])", lambda sign: aside[sign[1]], text)
    for question in re.split(r"\n\s*\n", text.strip()):
        assert not question.startswith("//")
        title, before, answers, after = re.fullmatch(
            r"::([^:]+)::\[plain\]([^{}=~#:]*)\{([^{}]*)\}([^{}=~#:]*)", question
        ).groups()
        assert re.fullmatch(r"(?:[=~][^=~#]+)+", answers)
        pairs = [(sign, plain(answer.strip())) for sign, answer in re.findall(r"([=~])([^=~]+)", answers)]
        found.append((plain(title), plain(before), pairs, plain(after)))
    return found


def test_gift_is_read_back(hostile) -> None:
    questions = gift_questions(write("gift", hostile))
    assert [title for title, *_ in questions] == ["Gap 1", "Gap 2", "Gap 3"]
    for one, (_, before, answers, after) in zip(hostile.items, questions, strict=True):
        assert [word for _, word in answers] == [*one.options]
        assert [word for sign, word in answers if sign == "="] == [one.answer]
        others = "|".join({"noise", "kitchen"} - {one.answer})
        assert f"{before}{one.answer}{after}".replace(GAP, "") in re.sub(others, "", HOSTILE)


def test_gift_without_options_takes_all_that_fits(typed) -> None:
    (_, before, answers, after), _ = gift_questions(write("gift", typed))
    assert (before, after) == ("She drank a cup of t", f" in the g{GAP}.")
    assert answers == [("=", "tea"), ("=", "coffee"), ("=", "milk")]


def anki_notes(text: str) -> list[tuple[str, str]]:
    """Read a file as Anki does: header lines, then fields between tabs."""
    lines = text.split("\n")
    assert lines[:4] == ["#separator:tab", "#html:true", "#notetype:Cloze", "#columns:Text\tBack Extra"]
    assert lines.pop() == ""
    notes = [tuple(line.split("\t")) for line in lines[4:]]
    assert all(len(note) == 2 and '"' not in note[0] and note[0][0] != "#" for note in notes)
    return notes


def test_anki_is_read_back(hostile) -> None:
    first, second = anki_notes(write("anki", hostile))
    marks = [re.findall(r"\{\{c(\d+)::(.*?)(?:::(.*?))?\}\}", note) for note, _ in (first, second)]
    assert [(number, answer) for own in marks for number, answer, _ in own] == [
        ("1", "chair"), ("1", "noise"), ("2", "kitchen")
    ]  # fmt: skip
    assert html.unescape(marks[0][0][2]) == " / ".join(ODD)
    shown = [html.unescape(re.sub(r"\{\{c\d+::(.*?)(::.*?)?\}\}", r"\1", note)) for note, _ in (first, second)]
    assert all(sentence in HOSTILE for sentence in shown)
    assert html.unescape(first[1]) == "chair: also stool, a::b"


class Page(HTMLParser):
    """What a page holds: its text, fields, scripts and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.open, self.texts, self.script, self.within = [], [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "script":
            self.script[dict(attrs).get("type", "")] = ""

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.script[[*self.script][-1]] += data
        elif "p" in self.open and not {"option", "button"} & {*self.open}:
            self.texts.append(data)


def test_the_page_holds_text_and_key(hostile) -> None:
    page = Page(write("html", hostile))
    shown = re.sub(r"\(\d\) ", "", "".join(page.texts)).strip()
    expected = re.sub("chair|noise|kitchen", "", HOSTILE.replace("\r\n", "\n")).strip()
    assert shown == expected
    key = json.loads(page.script["application/json"])
    assert [one["answer"] for one in key] == ["chair", "noise", "kitchen"]
    assert sum(tag == "select" for tag, _ in page.tags) == 3
    assert not any(name.startswith("on") or name in ("src", "href", "style") for _, own in page.tags for name in own)
    policy = next(own["content"] for _, own in page.tags if own.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(page.script[""].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    labels = [own["aria-label"] for tag, own in page.tags if tag == "select"]
    assert labels == ["Gap 1", "Gap 2", "Gap 3"]


def test_the_page_takes_what_follows_the_letters(typed) -> None:
    key = json.loads(Page(write("html", typed)).script["application/json"])
    assert key[0] == {"answer": "ea", "accepted": ["tea", "coffee", "milk"], "letters": "t"}


def test_paper_shows_the_words_to_choose_from(hostile, typed) -> None:
    found = write("html", hostile)
    assert re.findall(r'<li value="(\d)">(.*?)</li>', found)[-1] == ("3", "u  ·  kitchen  ·  y  ·  z")
    assert found.count("<li ") == len(hostile.items)
    assert "<ol" not in write("html", typed)


@pytest.mark.parametrize("name", ["gift", "anki"])
def test_a_line_that_never_ends_a_sentence_is_not_repeated_whole(name) -> None:
    words = [f"w{number}" for number in range(4000)]
    text = " ".join(words)
    gaps = tuple(item(text, f" {word} ")._replace(answer=word) for word in words[100::200])
    gaps = tuple(one._replace(start=one.start + 1, end=one.end - 1) for one in gaps)
    found = write(name, Exercise(text, gaps))
    assert len(found) < len(gaps) * 900
    assert all(one.answer in found for one in gaps)
