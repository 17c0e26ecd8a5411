"""Blanks in texts: what they say that they take, and what is refused."""

import re
import subprocess
import sys
import time

import pytest

from seqtext.blanks import MOST_LETTERS, Blank, letters_of, read_blanks
from seqtext.errors import InputError


def only(text: str) -> Blank:
    (blank,) = read_blanks(text).blanks
    return blank


@pytest.mark.parametrize(("text", "wanted"), [
    ("___", Blank()),
    ("_____", Blank()),
    ("___{2,4}", Blank(words=(2, 4))),
    ("___{2-4}", Blank(words=(2, 4))),
    ("___{2}", Blank(words=(2, 2))),
    ("___[5]", Blank(letters=(5, 5))),
    ("___[3-5]", Blank(letters=(3, 5))),
    ("___[ 3 – 5 ]", Blank(letters=(3, 5))),
    ("___[s..r]", Blank(letters=(4, 4), pattern=("s", ".", ".", "r"))),
    ("___[S…R]", Blank(letters=(5, 5), pattern=("s", ".", ".", ".", "r"))),
    ("___[..]", Blank(letters=(2, 2), pattern=(".", "."))),
    ("___[e\u0301.]", Blank(letters=(2, 2), pattern=("é", "."))),
    ("___[stra\u00df.]", Blank(letters=(6, 6), pattern=("s", "t", "r", "a", "ss", "."))),
    ("___(-sad,gloomy)", Blank(avoided=("sad", "gloomy"))),
    ("___( - sad , -gloom*, “so so”,)", Blank(avoided=("sad", "gloom*", "so so"))),
    ("___(\u2212sad)", Blank(avoided=("sad",))),
    ("___[5](-sweet){1}", Blank(words=(1, 1), letters=(5, 5), avoided=("sweet",))),
    ("___(-sweet)[s..r][3-5]", Blank(letters=(4, 4), pattern=("s", ".", ".", "r"), avoided=("sweet",))),
])  # fmt: skip
def test_what_a_blank_says(text: str, wanted: Blank) -> None:
    assert only(f"A {text}.") == wanted
    assert only(f"A {text}.").written == ("___" if wanted == Blank() else text)
    assert read_blanks(f"A {text}.").parts == ["A ", "."]


@pytest.mark.parametrize("after", [
    " (see below)", " [1]", " {2}", "(go)", "(see below)", ")", "]", "}", '"', "-", ".[5]", "()", "(", "\n[5]", "<5>",
    "(go-kart)", " (-sad)",
])  # fmt: skip
def test_other_brackets_are_text(after: str) -> None:
    assert read_blanks(f"[___{after}") == (["[", after], [Blank()])


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u2060\u00ad"])
def test_what_nobody_sees_parts_no_bracket_from_its_blank(unseen: str) -> None:
    blank = only(f"A ___{unseen}[5]{unseen}(-sweet).")
    assert (blank.letters, blank.avoided) == ((5, 5), ("sweet",))
    assert read_blanks(f"A ___{unseen} [5]").parts == ["A ", f"{unseen} [5]"]


def test_several_blanks_have_their_own_conditions() -> None:
    found = read_blanks("___[2] b ___ c ____{3} ___[1]___(-a)")
    assert found.parts == ["", " b ", " c ", " ", "", ""]
    assert [one.written for one in found.blanks] == ["___[2]", "___", "____{3}", "___[1]", "___(-a)"]
    assert read_blanks("no blank _") == (["no blank _"], [])


REFUSED = [
    ("___[]", "is empty"), ("___[ ]", "is empty"), ("___[5", "not closed"), ("___{2", "not closed"),
    ("___(-sad", "not closed"), ("___{}", "does not say how many words"), ("___{a}", "does not say how many words"),
    ("___{2,}", "does not say"), ("___{,4}", "does not say"), ("___{1,2,3}", "does not say"),
    ("___{4,2}", "at least 4 and at most 2 words"), ("___[5-3]", "at least 5 and at most 3 letters"),
    ("___[0]", "1 to 64 are possible"), ("___{0,2}", "1 to 10 are possible"), ("___[999]", "1 to 64"),
    (f"___[{'9' * 5000}]", "1 to 64"), (f"___[{'a' * 65}]", "65 letters; at most 64"),
    ("___[s?r]", "'?' is no letter"), ("___[s r]", "' ' is no letter"), ("___[5a]", "'5' is no letter"),
    ("___[\U0001f600.]", "'\U0001f600' is no letter"), ("___[don't]", "\"'\" is no letter"), ("___[[5]]", "'[' is no"),
    ("___[see below]", "' ' is no letter"), ("___[^1]", "'^' is no letter"), ("___[5-]", "'5' is no letter"),
    ("___(-)", "names no word"), ("___(- , )", "names no word"), ("___(-!)", "'!', which is no word"),
    (f"___(-{'a' * 101})", "no word to leave out"), ("___[5][5]", "twice"), ("___{2}{2}", "twice"),
    ("___(-a)(-b)", "twice"), ("___[a.][..]", "twice"), ("___{2}[5]", "for several words"),
    ("___(-dark now. It was (bad) here", "not closed"), ("___(-dark now.\nA smile :-)", "not closed"),
    ("___(-dark now, ___(-b)", "not closed"),
    ("___[s..r]{1,2}", "for several words"), ("___[5][s..r]", "5 letters and for a pattern of 4"),
    ("___[2-3][s..r]", "2 to 3 letters and for a pattern of 4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_a_blank_that_cannot_be_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=re.escape(why)) as caught:
        read_blanks(f"An ___[5] a {text}")
    message, hint = caught.value.typed()
    assert message[:10] == "The blank "
    assert message[11:].startswith(text[:5])
    assert all(form in message for form in ("___[5]", "___[3-5]", "___[s..r]", "___{2,4}", "___(-sad,gloomy)"))
    assert len(message) < 500
    assert "'" not in hint
    example = re.fullmatch('seqtext fill "([^"]*___[^"]*)"', hint)
    assert example
    assert read_blanks(example[1]).blanks
    assert caught.value.hint == f'model.fill("{example[1]}")'


def test_a_hint_has_the_pattern_that_was_meant() -> None:
    with pytest.raises(InputError) as caught:
        read_blanks("___[s??r]")
    assert "___[s..r]" in caught.value.hint
    with pytest.raises(InputError) as caught:
        read_blanks("___[don’t]")
    assert "___[dont]" in caught.value.hint
    with pytest.raises(InputError) as caught:
        read_blanks("___{4,2}")
    assert "___{2,4}" in caught.value.hint


@pytest.mark.parametrize(("text", "filling", "wanted"), [
    ("___", "anything at all 5", True),
    ("___[5]", "house", True), ("___[5]", "mouse ", True), ("___[5]", "cat", False), ("___[4]", "don't", True),
    ("___[4]", "don’t", True), ("___[8]", "Well-Read", True), ("___[3]", "4th", False), ("___[1]", "'s", False),
    ("___[4]", "1984", False), ("___[4]", "café", True), ("___[4]", "cafe\u0301", True), ("___[6]", "Straße", True),
    ("___[3]", "हिन्दी", True),
    ("___[ｄ.ｇ]", "dog", True), ("___[d.g]", "ｄｏｇ", True),
    ("___[4]", "a cat", False), ("___[s..r]", "STAR", True), ("___[S..R]", "star", True),
    ("___[s..r]", "stars", False), ("___[caf.]", "café", True), ("___[cafe]", "café", False),
    ("___[café]", "cafe\u0301", True), ("___[É...]", "état", True), ("___[σ.ς]", "ΣΑΣ", True),
    ("___[3-5]", "ab", False), ("___[3-5]", "abc", True), ("___[3-5]", "abcde", True), ("___[3-5]", "abcdef", False),
    ("___{2,3}", "one", False), ("___{2,3}", "one two", True), ("___{2,3}", "one two three four", False),
    ("___(-sad,gloom*)", "SAD", False), ("___(-sad,gloom*)", "sadness", True), ("___(-sad,gloom*)", "gloomy", False),
    ("___(-sad){2}", "so sad", False), ("___[4](-star)", "stir", True), ("___[4](-star)", "Star", False),
])  # fmt: skip
def test_what_a_blank_takes(text: str, filling: str, wanted: bool) -> None:
    assert only(text).takes(filling) is wanted


def test_letters_have_their_marks() -> None:
    assert letters_of("e\u0301a\u0323\u0302") == ("é", "ậ")
    assert letters_of("") == ()
    assert letters_of("a\U0001f600") is None


def test_many_blanks_and_brackets_take_no_time_of_their_own() -> None:
    begun = time.process_time()
    for unit in ("___[5]", "___(-sad)", "___ [", "___(", "___(" + " " * 50, "___{2}\n"):
        assert len(read_blanks(unit * 20_000).blanks) == 20_000
    with pytest.raises(InputError, match="not closed"):
        read_blanks("___ " * 20_000 + "___[" * 20_000)
    assert time.process_time() - begun < 8.0
    assert only(f"___[{'.' * MOST_LETTERS}]").letters == (64, 64)


def test_blanks_are_read_without_numpy() -> None:
    program = "import sys, seqtext.blanks; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
