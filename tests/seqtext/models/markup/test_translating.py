"""Marked-up texts through translators that are not any: the marks that other programs read are those of the source."""

import html
import random
import re

import pytest
from marked_texts import (
    KINDS,
    SAMPLES,
    Answer,
    align_backwards,
    backwards,
    code_of,
    cues_of,
    rendered,
    sample,
    skeleton,
    translating,
    unchanged,
)  # fmt: skip

import seqtext
from seqtext.models.flags import Flag
from seqtext.models.markup.sentences import Sentence, put_together
from seqtext.models.markup.translating import Translating


def translated(text: str, kind: str = "auto", **parts) -> str:
    return translating(**parts).answers([text], kind)[0][0].text


def of_kind(kind: str) -> list:
    return [path for path in SAMPLES if KINDS[path.suffix] == kind]


# Samples, as other programs read them


@pytest.mark.parametrize("path", of_kind("html"), ids=lambda path: path.name)
def test_pages_keep_their_tags(path) -> None:
    source = sample(path)
    answer = translated(source, "html")
    assert skeleton(answer) == skeleton(source)
    assert answer != source


@pytest.mark.parametrize("path", of_kind("markdown"), ids=lambda path: path.name)
def test_markdown_renders_as_the_same_structure(path) -> None:
    source = sample(path)
    answer = translated(source, "markdown")
    assert skeleton(rendered(answer)) == skeleton(rendered(source))
    assert code_of(answer) == code_of(source)
    assert answer.count("\n") == source.count("\n")


@pytest.mark.parametrize("path", of_kind("subtitles"), ids=lambda path: path.name)
def test_subtitles_keep_their_times(path) -> None:
    source = sample(path)
    answer = translated(source, "subtitles")
    assert cues_of(answer, path.suffix) == cues_of(source, path.suffix)
    kept = re.compile(r"^(?:.*\d -->.*|\d*|(?:NOTE|STYLE|Kind|WEBVTT).*)\r?$", re.MULTILINE)
    assert kept.findall(answer) == kept.findall(source)


# What is translated, and where marks go


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("See the **red house** now.", "NOW **HOUSE RED** THE SEE."),
        ("*One* **two** three", "THREE **TWO** *ONE*"),
        ("a **b *c* d** e", "E **D *C* B** A"),
        ("Go to [my page](http://a.b/c) today", "TODAY [PAGE MY](http://a.b/c) TO GO"),
        ("A note[^1] here", "HERE NOTE[^1] A"),
        ("Run `x_y` now.", "NOW `x_y` RUN."),
        ("One ![a map](m.png) two", "![MAP A](m.png) TWO ONE"),
        ("**All of it.** And more.", "**IT OF ALL.** MORE AND."),
        ("**All of it. And more.**", "**IT OF ALL. MORE AND.**"),
        ("The <b>end</b> of <i>it</i>!", "<i>IT</i> OF <b>END</b> THE!"),
        ('<p class="a">One <a href="#">two</a></p>', '<p class="a"><a href="#">TWO</a> ONE</p>'),
        ("Tom &amp; Jerry", "JERRY &amp; TOM"),
        ("See ==red houses== now.", "NOW ==HOUSES RED== SEE."),
        ("See [[map|my plan]] now.", "NOW [[map|PLAN MY]] SEE."),
        ('!!! tip "One two"\n    three four', '!!! tip "TWO ONE"\n    FOUR THREE'),
        ("# A title #\n\nA text  \nand more", "# TITLE A #\n\nTEXT A  \nMORE AND"),
        ("- [ ] do it\n- [x] did it", "- [ ] IT DO\n- [x] IT DID"),
        ("| a b | c |\n|---|---|\n| d | `e` |", "| B A | C |\n|---|---|\n| D | `e` |"),
        ("> one two\n> three four", "> FOUR\n> THREE TWO ONE"),
        ("One. **Two** three.\nFour", "ONE. THREE **TWO**.\nFOUR"),
        ("**Note:** water is H<sub>2</sub>O", "H<sub>2</sub>O IS WATER **NOTE:**"),
        ("<b>one <i>two</b> three</i>", "THREE <b>TWO ONE</b>"),
    ],
)
def test_marks_stand_around_the_words_that_they_stood_around(source: str, answer: str) -> None:
    if source.startswith("<b>one <i>"):  # crossing tags: balanced or not, none is lost
        assert sorted(re.findall("<[^>]*>", translated(source, "html"))) == sorted(re.findall("<[^>]*>", source))
        return
    assert translated(source) == answer


def test_definitions_keep_the_white_space_behind_their_mark() -> None:
    assert translated("A cat\n:   an animal\n:   a **friend**", "markdown") == "CAT A\n:   ANIMAL AN\n:   **FRIEND** A"


def test_a_cue_is_one_sentence_over_its_lines() -> None:
    cue = "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n"
    assert translated(cue.format("One two three\nfour five six.")) == cue.format("SIX FIVE FOUR\nTHREE TWO ONE.")
    assert translated(cue.format("- One two.\n- Three four.")) == cue.format("- TWO ONE.\n- FOUR THREE.")
    assert translated(cue.format("MY MOTHER: One two.")) == cue.format("MOTHER MY: TWO ONE.")
    assert translated(cue.format("<i>One\ntwo</i>")) == cue.format("<i>TWO\nONE</i>")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("[BELL RINGS]\nJOHN: One two\nthree.", "RINGS] [BELL\nJOHN: THREE\nTWO ONE."),
        ("Tom: One two.\nMary: Three four.", "TOM: TWO ONE.\nMARY: FOUR THREE."),
        ("- MAN 2: One two.\n- ÉLISE: Three four.", "- 2 MAN: TWO ONE.\n- ÉLISE: FOUR THREE."),
        ("Then he said: one two", "TWO ONE SAID: HE THEN"),
        ("(sighs softly)\nOne two", "SOFTLY) (SIGHS\nTWO ONE"),
    ],
)
def test_each_line_of_a_cue_may_name_who_speaks(said: str, answer: str) -> None:
    """A name in the sentence is lost: JOHN: became a German Herr:, or nothing."""
    cue = "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n"
    assert translated(cue.format(said)) == cue.format(answer)


def test_a_text_without_marks_has_the_answers_of_the_translator() -> None:
    asked: list[list[str]] = []
    answer = Answer("as it is")
    model = Translating(lambda texts: asked.append(texts) or [[answer]] * len(texts), lambda pairs: [], str)
    assert model.answers(["A line.\nAnother  one.", "2 * 3 * 4"], "auto") == [[answer], [answer]]
    assert asked == [["A line.\nAnother  one.", "2 * 3 * 4"]]


def test_answers_of_one_rank_are_joined() -> None:
    model = Translating(
        lambda texts: [[Answer(f"{text}{k}", -k) for k in range(2)] for text in texts],
        lambda pairs: [None] * len(pairs),
        str,
    )
    found = model.answers(["- a\n- b"], "auto")[0]
    assert [(one.text, one.score) for one in found] == [("- a0\n- b0", 0), ("- a1\n- b1", -2)]


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ('<p title="one two">three four</p>', '<p title="TWO ONE">FOUR THREE</p>'),
        ("<img src=a.png alt='it is \"so\"'>", "<img src=a.png alt='\"SO\" IS IT'>"),
        ('<a title="one &amp; two">three</a> four', 'FOUR <a title="TWO &amp; ONE">THREE</a>'),
        ('<a title="one two"><img alt="a b"></a>', '<a title="TWO ONE"><img alt="B A"></a>'),
        ('<a href="x y" title="one two">1</a>', '<a href="x y" title="TWO ONE">1</a>'),
        ('<b title="x y">One two. Three four.</b>', '<b title="Y X">TWO ONE. FOUR THREE.</b>'),
        ('<meta name="description" content="one two">', '<meta name="description" content="TWO ONE">'),
        ('<meta name="viewport" content="one two">', '<meta name="viewport" content="one two">'),
        ('<input type="submit" value="one two">', '<input type="submit" value="TWO ONE">'),
        ('<input value="one two" placeholder="c d">', '<input value="one two" placeholder="D C">'),
        ('<p translate="no" title="a b">c d</p>', '<p translate="no" title="a b">c d</p>'),
        ('<p title="three  four\nfive">b a</p>', '<p title="three  four\nfive">A B</p>'),
    ],
)
def test_attributes_that_people_read_are_translated(source: str, answer: str) -> None:
    assert translated(source, "html") == answer
    assert unchanged().answers([source], "html")[0][0].text == source


def test_an_attribute_keeps_the_mark_that_encloses_it_and_is_flagged_where_it_loses_something() -> None:
    quoting = translating(lambda text: 'so "it" is', lambda source, target: None)
    assert quoting.answers(['<img alt="one two">'], "html")[0][0].text == '<img alt="so &quot;it&quot; is">'
    losing = translating(lambda text: "is", lambda source, target: None).answers(['<img alt="one \ue001">'], "html")
    assert losing[0][0].flags == (Flag("code", "\ue001"),)


# What is lost


def test_a_stand_in_that_is_lost_is_put_back_and_flagged() -> None:
    def forgets(text: str) -> str:
        return re.sub("[\ue000-\uf8ff]", "", text)

    found = translating(forgets, lambda source, target: None).answers(["Now run `this` twice, please."], "auto")[0][0]
    assert found.text.count("`this`") == 1
    assert Flag("code", "`this`") in found.flags


def test_a_mark_whose_words_nobody_looked_at_is_kept_and_flagged() -> None:
    def blind(source: str, target: str):
        found = align_backwards(source, target)
        return found._replace(weights=found.weights * 0)

    found = translating(align=blind).answers(["One **two** three four."], "auto")[0][0]
    assert found.text.count("**") == 2
    assert found.flags == (Flag("place", "**"),)
    assert translating().answers(["One **two** three four."], "auto")[0][0].flags == ()


def test_without_an_alignment_marks_are_placed_by_share_and_flagged() -> None:
    found = translating(align=lambda source, target: None).answers(["One two three **four**."], "auto")[0][0]
    assert found.text == "FOUR THREE TWO **ONE**."
    assert found.flags == (Flag("place", "**"),)


@pytest.mark.parametrize("word", ["aujourd'hui", "Quelqu’un", "presqu'île"])
def test_no_mark_stands_inside_a_word_with_an_apostrophe(word: str) -> None:
    """Attention is on aujourd, the apostrophe and hui, each by itself."""

    def align(source: str, target: str):
        found = align_backwards(source, target)
        spans = [match.span() for match in re.finditer(r"\w+|[^\w\s]", target)]
        weights = found.weights[:1].repeat(len(spans), 0) * 0
        weights[:, -1], weights[1] = 1, [0, 1, 0]
        return found._replace(target=spans, weights=weights)

    found = translating(lambda text: f"La {word} là", align).answers(["The **one** there"], "auto")[0][0]
    assert (found.text, found.flags) == (f"La **{word}** là", ())


def test_a_tag_stays_where_no_word_is_left_for_it() -> None:
    short = translating(lambda text: "One.", lambda source, target: None)
    found = short.answers(["Two <a href='#x'>three</a> <b>four</b> <i>five</i> six."], "html")[0][0]
    assert sorted(re.findall("<[^>]*>", found.text)) == sorted(["<a href='#x'>", "</a>", "<b>", "</b>", "<i>", "</i>"])
    assert {flag.kind for flag in found.flags} == {"place"}
    found = short.answers(["Two **three** *four* five."], "markdown")[0][0]
    assert "****" not in found.text  # which would be no emphasis
    found = short.answers(["Two **three** *four* ~~five~~ six."], "markdown")[0][0]
    assert Flag("place", "**") in found.flags
    assert Flag("mark", "~~") in found.flags


@pytest.mark.parametrize("sign", ["-", "1.", "#", ">"])
def test_no_line_begins_with_what_would_be_a_mark(sign: str) -> None:
    sentence = Sentence("one two three", "", breaks={3: "\n"})
    assert put_together(sentence, f"uno {sign} tre", [], str) == f"uno {sign}\ntre"
    assert put_together(sentence, "uno a tre", [], str) == "uno\na tre"


def test_hundreds_of_codes_in_a_sentence_come_through() -> None:
    codes = [f"`c{number}`" for number in range(300)]
    found = translating().answers([" or ".join(codes)], "markdown")[0][0]
    assert re.findall("`[^`]*`", found.text) == codes[::-1]
    assert found.flags == ()


def test_private_characters_of_a_text_come_back() -> None:
    assert translated("**The icon** \ue001\uf123 here") == "HERE \ue001\uf123 **ICON THE**"


def test_what_follows_a_cue_after_a_blank_line_is_translated_and_times_need_no_fraction() -> None:
    cue = "1\n00:00:01 --> 00:00:03\n"
    assert translated(f"{cue}one two\n\nthree four\n", "subtitles") == f"{cue}TWO ONE\n\nFOUR THREE\n"
    assert translated("one two", "subtitles") == "TWO ONE"


# Anything


PIECES = [
    "*", "**", "_", "`", "~~", "[", "](u)", "![", "<b>", "</b>", "<i>", "</i>", "<br>", "a", "b c", " ", "\n", "\n\n",
    "- ", "# ", "> ", "&lt;", "\\", "<!-- x -->", ".", "1. ", "| ", "\r\n", "<p>", "</p>",
    "<code>x</code>", "[^1]", "E. ",
]  # fmt: skip


def letters(text: str) -> list[str]:
    return sorted("".join(html.unescape(text).upper().split()))


@pytest.mark.parametrize("kind", ["auto", "markdown", "html", "subtitles"])
def test_nothing_is_lost_of_anything(kind: str) -> None:
    draw = random.Random(7)
    for _ in range(400):
        text = "".join(draw.choices(PIECES, k=draw.randint(1, 25)))
        same = unchanged().answers([text], kind)[0][0].text
        assert "".join(html.unescape(same).split()) == "".join(html.unescape(text).split())
        answer = translated(text, kind)
        if translating().answers([text], kind)[0][0].flags == ():
            assert letters(answer) == letters(text)


def test_backwards_is_what_the_expectations_take_it_for() -> None:
    assert backwards("One two, three.") == "THREE TWO, ONE."


@pytest.mark.parametrize(
    ("language", "button", "first"), [("de", "**roten Knopf**", "Guten Morgen"), ("fr", "**bouton rouge**", "Bonjour")]
)
def test_bundled_translators_keep_marks_and_translate_what_is_between(language: str, button: str, first: str) -> None:
    model = seqtext.load(f"translate-en-{language}")
    text = "# Good morning\n\n- Press the **red button** to open `main.py`.\n- [x] 2 * 3 &lt; 7\n"
    (answer,) = model.translate(text)
    lines = answer.text.split("\n")
    assert lines[0].startswith(f"# {first}")
    assert lines[1] == ""
    assert lines[2].startswith("- ")
    assert button in lines[2]
    assert lines[2].count("`main.py`") == 1
    assert lines[3:] == ["- [x] 2 * 3 &lt; 7", ""]
    assert "".join(piece.text for piece in model.translate_document(text)) == answer.text
    assert model.translate("2 * 3 * 4 is *not") == model.translate("2 * 3 * 4 is *not", marks="none")
