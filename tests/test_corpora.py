"""The texts that ship: triples and pairs are whole, read as corpora are read, and the table tells their sizes."""

import re
from collections import Counter
from pathlib import Path

import pytest

from golden_sentences import translations
from seqtext.data.corpus import read_labelled, read_rows

CORPORA = Path(__file__).parents[1] / "corpora"


@pytest.mark.parametrize(("name", "count"), [
    ("phrases.tsv", 300), ("daily-life.tsv", 41_062), ("prose.tsv", 5_450),
])  # fmt: skip
def test_every_phrase_is_there_in_three_languages_once(name: str, count: int) -> None:
    lines = (CORPORA / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.count("\t") != 2] == []
    rows = list(read_rows(CORPORA / name, ["english", "french", "german"]))
    assert len(rows) == len(lines) - 1 == count
    assert len({row["english"].casefold() for row in rows}) == count
    assert [cell for row in rows for cell in row.values() if not cell.strip() or cell != cell.strip()] == []


def test_no_triple_that_translators_learn_is_a_sentence_that_tests_ask() -> None:
    asked = {" ".join(words(sentence)) for sentence in translations("de")}
    names = ("daily-life.tsv", "phrases.tsv", "prose.tsv")
    rows = read_rows([CORPORA / name for name in names], ["english", "french", "german"])
    assert asked.isdisjoint(" ".join(words(row["english"])) for row in rows)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def test_summaries_are_shorter_than_their_texts() -> None:
    rows = list(read_rows(CORPORA / "summaries.jsonl", ["text", "summary"]))
    sizes = [(len(row["text"].split()), len(row["summary"].split())) for row in rows]
    assert len(sizes) == len({row["text"] for row in rows}) == 60
    assert [size for size in sizes if not (60 <= size[0] <= 140 and 6 <= size[1] <= 20)] == []


def test_labelled_sentences_are_balanced_and_none_comes_twice() -> None:
    rows = list(read_labelled(CORPORA / "labelled.tsv"))
    labels = ("complaint", "plan", "question", "request", "thanks")
    assert Counter(label for label, _ in rows) == dict.fromkeys(labels, 80)
    assert len({text.casefold() for _, text in rows}) == 400
    assert min(Counter(label for label, _ in rows[:300]).values()) == 60  # the rest is to measure with
    assert [text for _, text in rows if text != text.strip() or not 3 <= len(text.split()) <= 20] == []


def test_the_table_names_every_file_with_its_lines_and_words() -> None:
    table = (CORPORA / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| \[`(.+?)`\]\(\1\) .* ([\d,]+) lines?\b.* ([\d,]+) words \|$", table, re.M)
    counted = []
    for path in CORPORA.iterdir():
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n"), path.name
        if path.name != "README.md":
            counted.append((path.name, f"{text.count(chr(10)):,}", f"{len(text.split()):,}"))
    assert sorted(told) == sorted(counted)
