"""--avoid FILE in every command that writes, from the file to the model."""

from pathlib import Path

import pytest

COMMANDS = {
    "fill": ["A ___."],
    "generate": ["Once"],
    "next": ["Once"],
    "translate": ["A dog."],
    "summarize": ["A dog."],
    "similar": ["dog"],
}


class Told:
    """A model of any task that remembers which words it was to avoid."""

    languages = ("en", "fr")

    def __init__(self) -> None:
        self.avoid: list[tuple[str, ...]] = []

    def __getattr__(self, name: str):
        def answer(*arguments, avoid=None, **options):
            self.avoid.append(arguments[-1] if avoid is None else avoid)
            return [[] for _ in arguments[0]] if isinstance(arguments[0], list) else []

        return answer


@pytest.fixture
def told(monkeypatch, tmp_path: Path) -> Told:
    model = Told()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("seqtext.storage.catalog.load", lambda *_: model)
    return model


@pytest.mark.parametrize("command", COMMANDS)
def test_words_reach_the_model(seqtext, told, command) -> None:
    with open("words.txt", "w", encoding="utf-8") as file:
        file.write("\ufeffsad\r\n\n  white   lie \ngloom*\n")
    texts = COMMANDS[command]
    result = seqtext(command, *texts, "--avoid", "words.txt", "--json")
    assert result.status == 0, result.stderr
    assert told.avoid == [("sad", "white lie", "gloom*")]
    assert seqtext(command, *texts, "--json").status == 0
    assert told.avoid[-1] == ()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_line_that_is_no_word_is_named(seqtext, told, command) -> None:
    with open("words.txt", "w", encoding="utf-8") as file:
        file.write("sad\n!!\n")
    result = seqtext(command, *COMMANDS[command], "--avoid", "words.txt")
    assert result.status == 1
    assert "words.txt, line 2: A word to avoid is '!!'" in result.error[0]
    assert not told.avoid


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_file_is_named(seqtext, told, command) -> None:
    result = seqtext(command, *COMMANDS[command], "--avoid", "nowhere.txt")
    assert result.status == 1
    assert "nowhere.txt" in result.error[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_standard_input_is_one_thing(seqtext, told, command) -> None:
    result = seqtext(command, "--file", "-", "--avoid", "-")
    assert result.status == 2
    assert "one of them can be standard input" in result.error[0]


@pytest.mark.parametrize("flag", [["--extract"], ["--lead", "1"]])
def test_avoid_is_refused_for_a_quote(seqtext, told, flag) -> None:
    result = seqtext("summarize", "A dog.", *flag, "--avoid", "words.txt")
    assert result.status == 2
    assert "the document's own" in result.error[0]
