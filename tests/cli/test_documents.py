"""`seqtext translate --file page.md`: a file that is one document, with a translator that turns sentences round."""

import json

import pytest
from marked_texts import SAMPLES, translating

from seqtext.models.translator import Translation


class Translator:
    """Turns the words of sentences round, in capitals."""

    languages = ("", "")

    def __init__(self) -> None:
        self.marks = []

    def translate(self, texts, search, avoid, glossary=(), marks="auto"):
        self.marks.append(marks)
        found = translating().answers(list(texts), marks)
        return [[Translation(one.text, one.score, one.flags) for one in some] for some in found]

    def translate_document(self, text, search, avoid, glossary=(), marks="auto"):
        self.marks.append(marks)
        yield from translating().pieces(text, marks)


@pytest.fixture(autouse=True)
def model(monkeypatch):
    fake = Translator()
    monkeypatch.setattr("seqtext.storage.catalog.load", lambda name, task=None: fake)
    return fake


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_document_is_known_by_its_ending(seqtext, model, path) -> None:
    status, out, err = seqtext("translate", "--file", str(path))
    kind = {".md": "markdown", ".html": "html"}.get(path.suffix, "subtitles")
    text = path.read_bytes().decode("utf-8")
    assert (status, model.marks) == (0, [kind])
    assert out == translating().answers([text], kind)[0][0].text
    name = {"markdown": "Markdown document", "html": "HTML document"}.get(kind, "file of subtitles")
    assert err == f"{path} is translated as one {name}; --by-line takes each line for a text.\n"


def test_line_ends_and_the_end_of_the_file_are_kept(seqtext, tmp_path) -> None:
    (tmp_path / "a.md").write_bytes(b"# One two\r\n\r\n* three\rfour")
    assert seqtext("translate", "--file", str(tmp_path / "a.md")).stdout == "# TWO ONE\r\n\r\n* FOUR\rTHREE"
    (tmp_path / "b.md").write_bytes(b"")
    assert seqtext("translate", "--file", str(tmp_path / "b.md")).stdout == ""


def test_by_line_and_whole(seqtext, model, tmp_path) -> None:
    (tmp_path / "a.md").write_text("```\nsome code\n```\n")
    by_line = seqtext("translate", "--file", str(tmp_path / "a.md"), "--by-line")
    assert (by_line.stdout, by_line.stderr) == ("```\nCODE SOME\n```\n", "")
    (tmp_path / "a.txt").write_text("```\nsome code\n```\n**so it** is\n")
    assert seqtext("translate", "--file", str(tmp_path / "a.txt")).stdout == "```\nCODE SOME\n```\nIS **IT SO**\n"
    whole = seqtext("translate", "--file", str(tmp_path / "a.txt"), "--whole")
    assert (whole.stdout, whole.stderr) == ("```\nsome code\n```\nIS **IT SO**\n", "")
    assert seqtext("translate", "--file", "-", "--whole", stdin=b"*a* b").stdout == "B *A*"


def test_marks_are_named(seqtext, model, tmp_path) -> None:
    (tmp_path / "a.md").write_text("a **b**\n")
    assert seqtext("translate", "--file", str(tmp_path / "a.md"), "--marks", "none").stdout == "**B** A"
    assert seqtext("translate", "a **b**", "--marks", "markdown").stdout == "**B** A\n"
    assert model.marks == ["none", "markdown"]
    result = seqtext("translate", "a", "--marks", "latex")
    assert result.status == 2
    assert "'latex'" in result.stderr


def test_json_has_the_document(seqtext, tmp_path) -> None:
    (tmp_path / "a.md").write_text("a **b**\n\n`c`\n")
    found = json.loads(seqtext("translate", "--file", str(tmp_path / "a.md"), "--json").stdout)
    assert found["source"] == "a **b**\n\n`c`\n"
    assert [(one["text"], one["score"]) for one in found["translations"]] == [("**B** A\n\n`c`\n", -1.0)]


def test_what_was_lost_is_said(seqtext, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("marked_texts.align_backwards", lambda source, target: None)
    (tmp_path / "a.md").write_text("one **two** three\n")

    def pieces(self, text, *_, **__):
        yield from translating(align=lambda source, target: None).pieces(text, "markdown")

    monkeypatch.setattr(Translator, "translate_document", pieces)
    result = seqtext("translate", "--file", str(tmp_path / "a.md"))
    assert result.stdout == "THREE **TWO** ONE\n"
    assert result.stderr.endswith("The translation lost the place of a mark: **.\n")


def test_what_does_not_go_together(seqtext, tmp_path) -> None:
    assert seqtext("translate", "a", "--whole").error == (
        "--whole was given without a --file.",
        "--file page.md --whole",
    )
    (tmp_path / "a.csv").write_text("source\na\n")
    result = seqtext("translate", "--file", str(tmp_path / "a.csv"), "--whole")
    assert (result.status, result.error[0]) == (2, "--whole was given with a table, which has no room for it.")
    (tmp_path / "a.md").write_text("a\n")
    result = seqtext("translate", "--file", str(tmp_path / "a.md"), "--n-best", "2")
    assert (result.status, result.stdout) == (2, "")
    assert result.error[1] == "--json"
    assert seqtext("translate", "--file", str(tmp_path / "none.md")).error[0].startswith("'")


def test_output_of_a_document_is_what_is_printed(seqtext, tmp_path) -> None:
    (tmp_path / "a.md").write_text("a\n")
    result = seqtext("translate", "--file", str(tmp_path / "a.md"), "--output", str(tmp_path / "b.md"))
    assert result.error[0].endswith(f"{tmp_path / 'a.md'} is none.")
    assert result.error[1] == f"--file {tmp_path / 'a.md'} > {tmp_path / 'b.md'}"
