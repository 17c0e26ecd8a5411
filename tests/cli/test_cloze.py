"""`seqtext cloze`: exercises from arguments, files and tables, in every format."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import seqtext as library
from seqtext.storage.catalog import bundled

pytestmark = pytest.mark.skipif("fill-en" not in bundled(), reason="no fill-en is bundled in this tree")
TEXT = (
    "Nora heard a noise in the middle of the night. She took her stick and crept down the stairs to the kitchen.\n"
    "Her father sat down at the table and shook his head. On the coldest night of the year, somebody knocked at the "
    "door of the lighthouse, and the children looked out of the window for a long time.\n"
)


@pytest.fixture(scope="module")
def model():
    return library.load("fill-en")


@pytest.fixture(autouse=True)
def loaded_once(model, monkeypatch):
    monkeypatch.setattr("seqtext.storage.catalog.load", lambda name, task=None: model)


@pytest.fixture
def story(tmp_path):
    path = tmp_path / "story.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def objects(result):
    assert (result.status, result.stderr) == (0, "")
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_is_what_the_model_makes(seqtext, model) -> None:
    found = objects(seqtext("cloze", "--json", TEXT, "Hello"))
    assert found == [json.loads(json.dumps(model.cloze(text).as_json())) for text in (TEXT, "Hello")]
    assert found[0]["items"]


def test_a_file_is_one_text(seqtext, story, model) -> None:
    (found,) = objects(seqtext("cloze", "--json", "--file", str(story)))
    assert found["text"] == TEXT
    assert found == json.loads(json.dumps(model.cloze(TEXT).as_json()))
    (piped,) = objects(seqtext("cloze", "--json", stdin=TEXT.encode()))
    assert piped == found


def test_text_with_its_key(seqtext, story, tmp_path, model) -> None:
    exercise = model.cloze(TEXT)
    result = seqtext("cloze", "--file", str(story))
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.startswith(exercise.exercise)
    assert f"\nKey\n\n1. {'abcd'[exercise.items[0].options.index(exercise.items[0].answer)]}) " in result.stdout
    key = tmp_path / "key.txt"
    apart = seqtext("cloze", "--file", str(story), "--key", str(key))
    assert "Key" not in apart.stdout
    assert result.stdout == f"{apart.stdout}\nKey\n\n{key.read_text(encoding='utf-8')}"


def test_several_texts_are_numbered_through(seqtext, model) -> None:
    count = len(model.cloze(TEXT).items)
    shown = seqtext("cloze", TEXT, TEXT).stdout
    assert f"({count + 1}) ____" in shown
    assert f"\n{2 * count}. " in shown


@pytest.mark.parametrize(
    ("form", "begins"),
    [("markdown", "Nora"), ("html", "<!DOCTYPE html>"), ("gift", "::Gap 1::"), ("anki", "#separator:tab")],
)
def test_formats(form, begins, seqtext, story) -> None:
    result = seqtext("cloze", "--file", str(story), "--format", form)
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.startswith(begins)


def test_options_reach_the_model(seqtext, story) -> None:
    typed = ("--every", "5", "--letters", "2", "--seed", "3", "--items", "2")
    (found,) = objects(seqtext("cloze", "--json", "--file", str(story), *typed))
    assert len(found["items"]) == 2
    assert f"(1) {found['items'][0]['answer'][:2]}____" in found["exercise"]
    assert found["items"][0]["options"] == []


def test_too_few_gaps_are_told(seqtext, story) -> None:
    result = seqtext("cloze", "--file", str(story), "--items", "50")
    assert " of 50 gaps could be made. More words are taken with --hardness hard or --options 0.\n" in result.stderr
    result = seqtext("cloze", "--file", str(story), "--items", "50", "--hardness", "hard", "--options", "0")
    assert result.stderr.endswith(" of 50 gaps could be made.\n")
    story.write_text(TEXT + "Then they went out. " * 100, encoding="utf-8")
    result = seqtext("cloze", "--file", str(story))
    assert "words became gaps: those that are clear. More words are taken with" in result.stderr
    result = seqtext("cloze", "Hello")
    assert result.stdout == "Hello\n"
    assert result.stderr.startswith("No gap was made")


def test_a_foreign_text_is_told(seqtext) -> None:
    result = seqtext("cloze", "Der Hund lief über die Straße und bellte laut, weil er den Mann nicht kannte.")
    assert "of the words: the text is unlike" in result.stderr


def test_words_are_avoided(seqtext, story, tmp_path, model) -> None:
    item = model.cloze(TEXT).items[0]
    (tmp_path / "words.txt").write_text("\n".join(item.options), encoding="utf-8")
    (found,) = objects(seqtext("cloze", "--json", "--file", str(story), "--avoid", str(tmp_path / "words.txt")))
    shown = {word for one in found["items"] for word in (one["answer"], *one["options"], *one["accepted"])}
    assert not shown & {*item.options}


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["A ___ here."], 1, "The text has a blank already, ___ at character 3"),
        ([""], 1, "'' was received; a text with sentences is expected."),
        (["--letters", "1", "--options", "4", "a"], 2, "--letters received 1 and --options 4"),
        (["--options", "1", "a"], 2, "--options received 1; 0 for none, or from 2 to 10 are accepted."),
        (["--hardness", "hrad", "a"], 2, "--hardness received 'hrad'"),
        (["--json", "--format", "gift", "a"], 2, "--json and --format gift were both given"),
    ],
)
def test_faults(arguments, status, error, seqtext) -> None:
    result = seqtext("cloze", *arguments)
    assert result.status == status
    assert result.error[0].startswith(error)


def test_a_key_that_cannot_be_written(seqtext, tmp_path) -> None:
    result = seqtext("cloze", TEXT, "--key", str(tmp_path / "none" / "key.txt"))
    assert result.status == 1
    assert "No such file" in result.stderr
    assert result.stdout == ""
    assert "directory" in seqtext("cloze", TEXT, "--key", str(tmp_path)).error[0]


def test_a_key_overwrites_nothing_that_is_read_or_printed(seqtext, story, tmp_path) -> None:
    before = story.read_bytes()
    link = tmp_path / "link.txt"
    link.symlink_to(story)
    for key in (story, link):
        result = seqtext("cloze", "--file", str(story), "--key", str(key))
        assert (result.status, result.stdout) == (1, "")
        assert "which is read" in result.error[0]
    assert story.read_bytes() == before
    command = [sys.executable, "-m", "seqtext", "cloze", TEXT, "--key", "sheet.txt"]
    with (tmp_path / "sheet.txt").open("w") as sheet:
        done = subprocess.run(command, cwd=tmp_path, stdout=sheet, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "is printed" in done.stderr


def test_a_file_names_its_fault(seqtext, tmp_path) -> None:
    path = tmp_path / "blank.txt"
    path.write_text("A line.\nA ___ here.\n")
    result = seqtext("cloze", "--file", str(path))
    assert result.status == 1
    assert "blank already" in result.error[0]


def test_rows_of_a_table(seqtext, tmp_path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"id": k, "text": text}) for k, text in enumerate([TEXT, "", "Hello"])))
    rows = objects(seqtext("cloze", "--file", str(path)))
    assert rows[0]["exercise"].count("____") == rows[0]["answers"].count("|") + 1
    assert (rows[1]["exercise"], rows[2]["answers"]) == (None, "")


def test_stories_of_the_corpus_make_a_sheet(seqtext) -> None:
    stories = Path(__file__).parents[2] / "corpora" / "stories.txt"
    text = "".join(stories.read_text(encoding="utf-8").splitlines(keepends=True)[:30])
    shown = seqtext("cloze", "--items", "5", stdin=text.encode()).stdout
    assert shown.count("____") == 5
