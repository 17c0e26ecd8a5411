"""TEXT arguments and files of texts, as answering commands get them."""

import click
import pytest

from seqtext.cli.inputs import faults_at, read_texts, utf8
from seqtext.cli.options import UsageFault
from seqtext.errors import CorpusError, InputError

BAD = "caf\udce9 ___"  # what Python makes of the bytes b"caf\xe9 ___"


def test_arguments_have_no_place() -> None:
    assert list(read_texts(("a", "b"), None, "strict")) == [("", "a"), ("", "b")]


def test_a_file_gives_each_line_with_its_place(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\r\n\r\n  \r\nlast ž".encode())
    expected = [(f"{path}, line {number}", line) for number, line in enumerate(["one", "", "  ", "last ž"], 1)]
    assert list(read_texts((), str(path), "strict")) == expected


@pytest.mark.parametrize(("texts", "file"), [((), None), (("a",), "b"), (("a",), "")])
def test_there_must_be_one_source(texts, file) -> None:
    with click.Context(click.Command("fill"), info_name="fill"), pytest.raises(UsageFault) as fault:
        read_texts(texts, file, "strict")
    assert fault.value.exit_code == 2
    assert fault.value.hint == "fill --help"
    assert fault.value.message.endswith("a TEXT or a --file is expected.")


def test_a_long_line_is_not_answered_in_pieces(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 3_000_000)
    with pytest.raises(CorpusError, match="line 1: the line is longer than"):
        list(read_texts((), str(path), "strict"))


def test_a_byte_that_is_not_utf8_is_reported() -> None:
    with pytest.raises(InputError) as fault:
        utf8(BAD, "strict")
    assert fault.value.message == "'caf\ufffd ___', character 4: the byte 0xE9 is not UTF-8."
    assert fault.value.hint == "--encoding-errors replace"


def test_a_byte_that_is_not_utf8_is_replaced_on_request() -> None:
    assert utf8(BAD, "replace") == "caf\ufffd ___"


def test_utf8_in_a_locale_that_is_not() -> None:
    assert utf8("caf\udcc3\udca9 ___", "strict") == "café ___"


def test_half_a_surrogate_pair_is_no_internal_fault() -> None:
    with pytest.raises(InputError):
        utf8("a \ud83d ___", "strict")
    assert utf8("a \ud83d ___", "replace") == "a \ufffd ___"


def test_a_fault_names_its_place() -> None:
    with pytest.raises(InputError) as fault, faults_at("a.txt, line 3"):
        raise InputError("'x' has no blank.", "do this")
    assert (fault.value.message, fault.value.hint) == ("a.txt, line 3: 'x' has no blank.", "do this")


def test_a_fault_without_a_place_is_left_alone() -> None:
    with pytest.raises(InputError) as fault, faults_at(""):
        raise InputError("'x' has no blank.", "do this")
    assert fault.value.message == "'x' has no blank."


PIPED = ["fill", "next", "score", "classify", "translate", "summarize --extract", "inspect tokens --model fill-en"]


@pytest.mark.parametrize("typed", PIPED)
def test_without_text_and_file_standard_input_is_read(seqtext, typed) -> None:
    sent = b"A man ___ a horse.\n\nHe ___ home.\n"
    for arguments in ([], ["--json"]):
        piped = seqtext(*typed.split(), *arguments, stdin=sent)
        assert piped == seqtext(*typed.split(), *arguments, "-f", "-", stdin=sent)
        assert piped.status == 0
        assert piped.stdout.count("\n") > 2


@pytest.mark.parametrize(
    ("typed", "received", "hint"),
    [
        (["translate", "-f", "a.txt", "-f", "b.txt", "--to", "de"], "--file received a.txt and b.txt",
         "cat a.txt b.txt | seqtext translate --file - --to de"),
        (["fill", "--json", "--file=a.txt", "--file", "b c.txt", "-f", "d"], "--file received a.txt, b c.txt and d",
         "cat a.txt 'b c.txt' d | seqtext fill --file - --json"),
        (["generate", "-f", "a", "-f", "b"], "--file received a and b", "cat a b | seqtext generate --file -"),
        (["inspect", "tokens", "-f", "a", "--model", "fill-en", "-f", "b"], "--file received a and b",
         "cat a b | seqtext inspect tokens --file - --model fill-en"),
        (["cloze", "-f", "a", "-f", "b"], "--file received a and b", "cat a b | seqtext cloze --file -"),
        (["fill", "-f", "a.csv", "-f", "b.csv"], "--file received a.csv and b.csv", "seqtext fill --file a.csv"),
        (["translate", "-f", "a.md", "-f", "b.md"], "--file received a.md and b.md", "seqtext translate --file a.md"),
        (["score", "-f", "a.gz", "-f", "b.gz"], "--file received a.gz and b.gz", "seqtext score --file a.gz"),
        (["fill", "A ___.", "--avoid", "a", "--avoid", "b"], "--avoid received a and b",
         "cat a b | seqtext fill --avoid - 'A ___.'"),
        (["fill", "-f", "-", "--avoid", "a", "--avoid", "b"], "--avoid received a and b",
         "seqtext fill --avoid a -f -"),
        (["translate", "Hi.", "--glossary", "a", "--glossary", "b"], "--glossary received a and b",
         "cat a b | seqtext translate --glossary - Hi."),
    ],
)  # fmt: skip
def test_an_option_takes_one_file(seqtext, typed, received, hint, monkeypatch) -> None:
    """Of two, the first was not read, and nothing said so."""
    monkeypatch.setattr("seqtext.shell.ON_WINDOWS", False)
    result = seqtext(*typed)
    assert (result.status, result.stdout) == (2, "")
    assert result.error == (f"{received}; one file is accepted.", hint)


def test_the_hint_for_several_files_works(seqtext, tmp_path) -> None:
    texts = [b"A ___ runs.\n", b"He ___ home.\n"]
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    files = [word for path in paths for word in ("-f", str(path))]
    first, hint = (part.split() for part in seqtext("fill", *files, "--json").error[1].split(" | "))
    assert first == ["cat", *map(str, paths)]
    assert seqtext(*hint[1:], stdin=b"".join(texts)).stdout.count("\n") == 2


@pytest.mark.parametrize("command", ["next", "translate"])
def test_a_text_that_names_a_file_is_noted(seqtext, command, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = seqtext(command, "notes.txt")
    for name in ("notes.txt", "more notes.txt"):
        (tmp_path / name).write_text("Some words", encoding="utf-8")
    after = seqtext(command, "notes.txt")
    assert after[:2] == before[:2]
    assert (
        after.stderr == "The TEXT notes.txt is also the name of a file; --file notes.txt reads the file.\n" + before[2]
    )
    assert "a file" not in seqtext(command, "more notes.txt").stderr
    (tmp_path / "folder").mkdir()
    assert "a file" not in seqtext(command, "folder").stderr
    several = seqtext(command, "notes.txt", "Hi there.", "./notes.txt", str(tmp_path / "notes.txt")).stderr
    assert several.startswith("The TEXT notes.txt is also the name of a file; so are 2 more; --file notes.txt reads")


def test_generate_reads_standard_input_only_where_it_is_named(seqtext) -> None:
    typed = ["generate", "--length", "5", "--seed", "1"]
    assert seqtext(*typed, stdin=b"Once upon") == seqtext(*typed)
    assert seqtext(*typed, "-f", "-", stdin=b"Once upon").stdout.startswith("Once upon")


def test_standard_input_that_names_words_to_avoid_holds_no_texts(seqtext) -> None:
    result = seqtext("fill", "--avoid", "-", stdin=b"fox\n")
    assert result.error[0] == "No TEXT was given; a TEXT or a --file is expected."
    assert "fox" not in seqtext("fill", "The quick brown ___ jumped.", "--avoid", "-", stdin=b"fox\n").stdout


def test_a_picture_is_drawn_of_a_typed_text(seqtext) -> None:
    result = seqtext("translate", "--attention", "a.png", stdin=b"A man rides a horse.\n")
    assert result.error[0] == "--picture draws one TEXT; standard input was given."


def test_documents_give_their_lines_with_their_places(tmp_path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nOne\ntwo\n", encoding="utf-8")
    assert list(read_texts((), str(path), "strict")) == [(f"{path}, line 2", "One two")]
    page = tmp_path / "a.html"
    page.write_bytes(b"<p>One<p>caf\xe9")
    with pytest.raises(CorpusError, match="is not UTF-8"):
        list(read_texts((), str(page), "strict"))
    assert [text for _, text in read_texts((), str(page), "replace")] == ["One", "caf\ufffd"]


@pytest.mark.parametrize("name", ["a.tmx", "a.xliff", "b.xlf", "a.po"])
def test_translations_are_no_texts(name) -> None:
    with pytest.raises(UsageFault, match="holds texts and their translations") as fault:
        read_texts((), name, "strict")
    assert fault.value.hint == f"seqtext evaluate MODEL {name}"
