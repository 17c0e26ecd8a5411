"""Titles of links and images are translated; addresses and the marks around titles stay."""

import pytest
from marked_texts import translating, unchanged

from seqtext.models.markup.reading import plain_of, words_of


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ('See [the page](http://a.b/c "my title") now.', 'NOW [PAGE THE](http://a.b/c "TITLE MY") SEE.'),
        ("![a **red** cat](m.png)", "![CAT **RED** A](m.png)"),
        ("![see `x` ![a b](c)](m.png)", "![see `x` ![a b](c)](m.png)"),
        ("[one](/u 'my title')", "[ONE](/u 'TITLE MY')"),
        ("[one](/u (my title))", "[ONE](/u (TITLE MY))"),
        ('![a map](m.png "my title")', '![MAP A](m.png "TITLE MY")'),
        ('[![a map](m.png "b c")](/u "d e")', '[![MAP A](m.png "C B")](/u "E D")'),
        ('[one][1]\n\n[1]: http://a.b/c "my title"\n', '[ONE][1]\n\n[1]: http://a.b/c "TITLE MY"\n'),
        ('[one](/u "so \\"it\\" is")', '[ONE](/u "IS \\"IT\\" SO")'),
        ('[one](/u "a &amp; b")', '[ONE](/u "B &amp; A")'),
        ('[one](/u "5")', '[ONE](/u "5")'),
        ('[one]("my/title")', '[ONE]("my/title")'),
        ("[one]( (mine))", "[ONE]( (mine))"),
        ('[One. Two.](/u "my title")', '[ONE. TWO.](/u "TITLE MY")'),
        ('[](/u "my title") a b', '[](/u "TITLE MY") B A'),
        ('[one](/u "two  spaces here")', '[ONE](/u "two  spaces here")'),
    ],
)
def test_titles_are_translated(source: str, answer: str) -> None:
    assert translating().answers([source], "markdown")[0][0].text == answer
    (same,) = unchanged().answers([source], "markdown")[0]
    assert (same.text, same.flags) == (source, ())


def test_a_title_escapes_the_mark_that_ends_it() -> None:
    quoting = translating(lambda text: 'so "it" is', lambda source, target: None)
    answer = quoting.answers(['[1](/u "a b")'], "markdown")[0][0].text
    assert answer == '[1](/u "so \\"it\\" is")'


def test_a_summary_reads_no_title() -> None:
    text = '# One\n\nSee [two](/u "three") ![four](five.png "six").\n\n[1]: http://a.b "seven"\n'
    assert plain_of(text) == "One\n\nSee two ."
    assert words_of(text, "markdown").split("\n") == ["One", "See two .", "seven"]
