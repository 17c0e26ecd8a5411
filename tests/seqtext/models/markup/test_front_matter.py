"""Values of front matter that readers see are translated; everything else stays to the letter."""

import time

import pytest
from marked_texts import translating, unchanged

from seqtext.models.markup.reading import parts_of, plain_of

TRANSLATED = [
    ("title: my first garden", "title: GARDEN FIRST MY"),
    ('title: "my first garden"', 'title: "GARDEN FIRST MY"'),
    ("description: 'one two'  # why", "description: 'TWO ONE'  # why"),
    ("Summary:   one two  ", "Summary:   TWO ONE  "),
    ("subtitle: it's # why", "subtitle: IT'S # why"),
    ("subtitle: 'it''s so'", "subtitle: 'SO IT''S'"),
    ('title: "so \\"it\\" is"', 'title: "IS \\"IT\\" SO"'),
    ("summary: >-\n  one two\n  three.\n\n  Four.\nx: Tom", "summary: >-\n  THREE\n  TWO ONE.\n\n  FOUR.\nx: Tom"),
]  # fmt: skip
COPIED = [
    "author: Tom Brown", "title: 2024-01-02", "title: true", "title: {{ site.title }}", 'title: "one\\ntwo"', "title:",
    "titles: one two", "seo:\n  title: one two", "description: one\n  two", "title: [one, two]", "title: *one",
    "# title: one",
]  # fmt: skip


@pytest.mark.parametrize(("source", "answer"), [*TRANSLATED, *zip(COPIED, COPIED, strict=True)])
def test_titles_and_descriptions_are_translated_as_they_were_quoted(source: str, answer: str) -> None:
    page = "---\n{}\ndraft: yes\n---\n\n# One two\n"
    assert translating().answers([page.format(source)], "markdown")[0][0].text == page.format(answer).replace(
        "One two", "TWO ONE"
    )
    (same,) = unchanged().answers([page.format(source)], "markdown")[0]
    assert (same.text, same.flags) == (page.format(source), ())


@pytest.mark.parametrize(
    ("said", "quoted"),
    [("a: b", '"a: b"'), ("- a", '"- a"'), ('"a" b', '"\\"a\\" b"'), ("a # b", '"a # b"'), ("a b", "a b")],
)  # fmt: skip
def test_a_value_is_quoted_where_it_would_be_something_else(said: str, quoted: str) -> None:
    saying = translating(lambda text: said, lambda source, target: None)
    page = "---\ntitle: one\n---\n"
    assert saying.answers([page], "markdown")[0][0].text == f"---\ntitle: {quoted}\n---\n"


def test_front_matter_in_toml_is_read() -> None:
    page = '+++\ntitle = "one two"\nsummary = \'a b\'\ntags = ["c"]\n+++\n\nd\n'
    answer = translating().answers([page], "markdown")[0][0].text
    assert answer == '+++\ntitle = "TWO ONE"\nsummary = \'B A\'\ntags = ["c"]\n+++\n\nD\n'


def test_a_summary_is_without_front_matter() -> None:
    assert plain_of("---\ntitle: one two\ndescription: |\n  three\n---\n\n# Four\n") == "Four"


@pytest.mark.parametrize("value", ["", ">"])
def test_long_front_matter_takes_time_linear_in_its_length(value: str) -> None:
    start = time.process_time()
    parts_of(f"---\ntitle: {value}" + "\n  a" * 20_000 + "\n---\nb", "markdown")
    assert time.process_time() - start < 2
