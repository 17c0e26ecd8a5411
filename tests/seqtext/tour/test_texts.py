"""Made-up texts: what their labels say is so, held-out ones are new, and files of others stay."""

import re
from pathlib import Path

import pytest

from seqtext.errors import InputError
from seqtext.tour.steps import STEPS
from seqtext.tour.texts import HELD_OUT, LABELLED, LEARNT, SETTINGS_FILE, WRITERS, held_out, write_file

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("texts")
    for name in (*WRITERS, "sentences.tsv", SETTINGS_FILE):
        write_file(name, found, ROOT / "corpora")
    return found


def rows(folder: Path, name: str) -> list[tuple[str, list[str]]]:
    """The label and the words of each text of a kind."""
    lines = [*(folder / name).read_text().splitlines(), *(folder / held_out(name)).read_text().splitlines()]
    return [(label, text.split()) for label, text in (line.split("\t") for line in lines)]


@pytest.mark.parametrize("name", WRITERS)
def test_there_are_as_many_texts_as_said(folder: Path, name: str) -> None:
    assert len((folder / name).read_text().splitlines()) == LEARNT
    assert len((folder / held_out(name)).read_text().splitlines()) == HELD_OUT


@pytest.mark.parametrize("name", WRITERS)
def test_labels_are_as_frequent_as_each_other(folder: Path, name: str) -> None:
    colours = [line.split("\t")[0] for line in (folder / held_out(name)).read_text().splitlines()]
    if "\t" in (folder / name).read_text() and name != "french.tsv":
        shares = [colours.count(colour) / HELD_OUT for colour in set(colours)]
        assert all(0.7 / len(shares) <= share <= 1.3 / len(shares) for share in shares)


@pytest.mark.parametrize(("name", "low", "high"), [("next.tsv", 0, 0), ("near.tsv", 2, 2), ("far.tsv", 6, 9)])
def test_the_label_is_the_first_of_two_words_so_far_apart(folder: Path, name: str, low: int, high: int) -> None:
    between = set()
    for label, words in rows(folder, name):
        (first, one), (second, other) = [(k, word) for k, word in enumerate(words) if word in ("red", "blue")]
        assert label == one != other
        between.add(second - first - 1)
    assert between == set(range(low, high + 1))


def test_the_label_is_the_more_frequent_word_and_no_filter_sees_two(folder: Path) -> None:
    for label, words in rows(folder, "more.tsv"):
        assert sorted((words.count("red"), words.count("blue"))) == [3, 5]
        assert words.count(label) == 5
        gaps = [len(gap.split()) for gap in re.split("red|blue", " ".join(words))]
        assert all(4 <= gap <= 6 for gap in gaps)
        assert set(words) == {"the", "red", "blue"}


@pytest.mark.parametrize(("name", "low"), [("memory.tsv", 100), ("growing.tsv", 2), ("first.tsv", 2)])
def test_the_label_is_the_first_word_and_texts_to_measure_on_are_long(folder: Path, name: str, low: int) -> None:
    found, colours = rows(folder, name), {"red", "blue", "green", "black"}
    assert {label for label, _ in found} == colours
    assert all(words[0] == label for label, words in found)
    lengths = [len(words) - 1 for _, words in found]
    assert (min(lengths), max(lengths)) == (low, 100)
    assert set(lengths[LEARNT:]) == {100}
    again = [not colours.isdisjoint(words[1:]) for _, words in found[LEARNT:]]
    assert all(again) if name == "first.tsv" else not any(again)


def test_the_last_word_is_the_second_one(folder: Path) -> None:
    lines = [line.split() for line in (folder / "repeated.txt").read_text().splitlines()]
    assert all(words[1] == words[-1] and words[1] in ("red", "blue") for words in lines)


def test_translations_agree_and_turn_noun_and_colour_round(folder: Path) -> None:
    pairs = dict(line.split("\t") for line in (folder / "french.tsv").read_text().splitlines())
    assert all(len(source.split()) == len(target.split()) for source, target in pairs.items())
    masculine, feminine = "chien|chat|livre|jardin", "maison|porte|fleur|table"
    phrase = f"(le ({masculine}) (rouge|bleu|vert|noir)|la ({feminine}) (rouge|bleue|verte|noire))"
    assert all(re.fullmatch(f"{phrase}( (voit|trouve|veut) {phrase})?", target) for target in pairs.values())


@pytest.mark.parametrize("name", WRITERS)
def test_no_held_out_text_was_learnt(folder: Path, name: str) -> None:
    learnt, new = (set((folder / one).read_text().splitlines()) for one in (name, held_out(name)))
    assert learnt.isdisjoint(new)


def test_sentences_are_those_of_the_corpus(folder: Path) -> None:
    whole = (folder / "sentences.tsv").read_text() + (folder / "sentences-valid.tsv").read_text()
    assert whole == (ROOT / "corpora" / LABELLED).read_text()
    assert len((folder / "sentences-valid.tsv").read_text().splitlines()) == 100


def test_the_same_texts_come_each_time_and_a_file_of_somebody_else_stays(tmp_path: Path, folder: Path) -> None:
    write_file("next.tsv", tmp_path, tmp_path)
    assert (tmp_path / "next.tsv").read_bytes() == (folder / "next.tsv").read_bytes()
    write_file("next.tsv", tmp_path, tmp_path)
    (tmp_path / "next-valid.tsv").write_text("mine")
    with pytest.raises(InputError) as raised:
        write_file("next.tsv", tmp_path, tmp_path)
    assert "holds something else" in str(raised.value)
    assert raised.value.typed()[1] == f"--run {tmp_path}-2"
    assert (tmp_path / "next-valid.tsv").read_text() == "mine"


def test_every_file_of_a_step_can_be_written_and_none_is_made_for_nothing() -> None:
    wanted = {name for step in STEPS for name in step.files}
    assert wanted == {*WRITERS, "sentences.tsv", SETTINGS_FILE}
