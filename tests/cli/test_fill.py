"""`seqtext fill`, with a model that gives fixed answers."""

import gzip
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from command_words import words_of

from builders import random_weights, unsaved_model
from seqtext.config import FillConfig, TokenizerConfig
from seqtext.errors import InputError
from seqtext.models.blank_filler import Choice, Fill
from seqtext.models.many import answer_each
from seqtext.networks.blank_filler import expected_shapes
from seqtext.storage.model_folder import write_folder
from seqtext.tokenizer import Tokenizer


class FakeFiller:
    """Answers every blank with "fox", then "wolf"; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked = []

    def fill(self, texts, top=5, max_words=1, avoid=()):
        return answer_each(texts, lambda some: [self._fill(text, top, max_words) for text in some], 64, "")

    def choose(self, texts, options):
        return answer_each(texts, lambda some: [self._choose(text, options) for text in some], 64, "")

    def _fill(self, text, top, max_words):
        self.asked.append((text, top, max_words))
        if "__" not in text:
            raise InputError(f"{text!r} has no blank; at least one ___ is expected.", 'seqtext fill "A ___."')
        words = [("fox", 0.75), ("wolf", 0.0125)][:top]
        count = text.count("___")
        return [Fill(text.replace("___", word), (word,) * count, probability) for word, probability in words]

    def _choose(self, text, options):
        self.asked.append((text, tuple(options)))
        return [Choice(option, 0.6 if k == 0 else 0.4) for k, option in enumerate(reversed(options))]


@pytest.fixture
def filler(monkeypatch):
    fake = FakeFiller()
    fake.loaded = []

    def load(name, task=None):
        fake.loaded.append((name, task))
        return fake

    monkeypatch.setattr("seqtext.storage.catalog.load", load)
    return fake


def objects(result):
    assert result.status == 0, result.stderr
    assert result.stderr == ""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_text_gets_a_table(seqtext, filler) -> None:
    result = seqtext("fill", "The ___ ran.")
    assert result == (0, "75.0%  fox   The fox ran.\n 1.2%  wolf  The wolf ran.\n", "")
    assert filler.loaded == [("fill-en", "fill")]
    assert filler.asked == [("The ___ ran.", 5, 1)]


def test_options_reach_the_model(seqtext, filler) -> None:
    seqtext("fill", "--model", "runs/mine", "--top", "1", "--max-words", "3", "The ___ ran.")
    assert filler.loaded == [("runs/mine", "fill")]
    assert filler.asked == [("The ___ ran.", 1, 3)]


def test_several_texts_get_a_table_each(seqtext, filler) -> None:
    out = seqtext("fill", "--top", "1", "A ___.", "B ___ and ___.").stdout
    assert out == "75.0%  fox  A fox.\n\n75.0%  fox … fox  B fox and fox.\n"


def test_json(seqtext, filler) -> None:
    assert objects(seqtext("fill", "--json", "A ___.", "Ü ___.")) == [
        {
            "text": f"{start} ___.",
            "fills": [
                {"text": f"{start} fox.", "blanks": ["fox"], "probability": 0.75},
                {"text": f"{start} wolf.", "blanks": ["wolf"], "probability": 0.0125},
            ],
        }
        for start in "AÜ"
    ]


def test_json_with_options(seqtext, filler) -> None:
    result = seqtext("fill", "--json", "--option", "tea", "--option", "sand", "A ___.")
    ranked = [{"option": "sand", "probability": 0.6}, {"option": "tea", "probability": 0.4}]
    assert objects(result) == [{"text": "A ___.", "options": ranked}]
    assert filler.asked == [("A ___.", ("tea", "sand"))]


def test_options_get_a_table(seqtext, filler) -> None:
    result = seqtext("fill", "--option", "tea", "--option", "sand", "A ___.")
    assert result.stdout == "60.0%  sand\n40.0%  tea\n"


def test_line_n_answers_line_n(seqtext, filler, tmp_path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes("\ufeffA ___.\r\n\r\n   \nD ___.".encode())
    assert seqtext("fill", "--file", str(path)).stdout == "A fox.\n\n\nD fox.\n"
    found = objects(seqtext("fill", "--json", "--file", str(path)))
    assert [one["text"] for one in found] == ["A ___.", "", "   ", "D ___."]
    assert found[1] == {"text": "", "fills": []}
    assert [len(one["fills"]) for one in found] == [2, 0, 0, 2]


def test_line_n_answers_line_n_with_options(seqtext, filler) -> None:
    arguments = ("fill", "--file", "-", "--option", "tea", "--option", "sand")
    assert seqtext(*arguments, stdin=b"A ___.\n\nB ___.\n").stdout == "sand\n\nsand\n"
    assert objects(seqtext(*arguments, "--json", stdin=b"\n")) == [{"text": "", "options": []}]


def test_standard_input(seqtext, filler) -> None:
    assert seqtext("fill", "--file", "-", stdin="Ž ___.\n".encode()).stdout == "Ž fox.\n"


def test_no_lines_give_no_results(seqtext, filler) -> None:
    assert seqtext("fill", "--file", "-", "--json") == (0, "", "")


def test_a_compressed_file(seqtext, filler, tmp_path) -> None:
    path = tmp_path / "texts.txt.gz"
    path.write_bytes(gzip.compress(b"A ___.\n"))
    assert seqtext("fill", "--file", str(path)).stdout == "A fox.\n"


def test_a_text_without_a_blank(seqtext, filler) -> None:
    result = seqtext("fill", "No gap.")
    assert result.status == 1
    assert result.error == ("'No gap.' has no blank; at least one ___ is expected.", 'seqtext fill "A ___."')


def test_an_empty_text_is_at_fault_unlike_a_blank_line(seqtext, filler) -> None:
    assert seqtext("fill", "").status == 1


def test_a_line_without_a_blank_is_named_after_the_earlier_answers(seqtext, filler) -> None:
    result = seqtext("fill", "--file", "-", stdin=b"A ___.\n\nNo gap.\nD ___.\n")
    assert result.status == 1
    assert result.stdout == "A fox.\n\n"
    assert result.error[0] == "standard input, line 3: 'No gap.' has no blank; at least one ___ is expected."


def test_a_byte_that_is_not_utf8_in_a_file(seqtext, filler) -> None:
    data = b"A ___.\nB \xe9 ___.\n"
    result = seqtext("fill", "--file", "-", stdin=data)
    assert result.status == 1
    assert result.stdout == "A fox.\n"
    assert result.error == (
        "standard input, line 2, column 3: the byte 0xE9 is not UTF-8.",
        "--encoding cp1252 or iconv -f CP1252 -t UTF-8, in front of this command, if it is from Windows, or "
        "--encoding-errors replace",
    )
    replaced = seqtext("fill", "--file", "-", "--encoding-errors", "replace", stdin=data)
    said = "1 × character that cannot be decoded, replaced by U+FFFD: standard input, line 2.\n"
    assert replaced == (0, "A fox.\nB \ufffd fox.\n", said)
    named = seqtext("fill", "--file", "-", "--encoding", "cp1252", stdin=data)
    assert named == (0, "A fox.\nB é fox.\n", "")
    assert "--encoding was given, which is for a --file" in seqtext("fill", "A ___", "--encoding", "cp1252").error[0]


def test_a_byte_that_is_not_utf8_in_an_argument(seqtext, filler) -> None:
    result = seqtext("fill", "caf\udce9 ___")
    assert result.status == 1
    assert result.error[0] == "'caf\ufffd ___', character 4: the byte 0xE9 is not UTF-8."
    assert seqtext("fill", "--option", "\udce9", "A ___.").status == 1
    assert seqtext("fill", "--encoding-errors", "replace", "--top", "1", "caf\udce9 ___").stdout.endswith(
        "caf\ufffd fox\n"
    )


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    """The folder of a small model with random weights."""
    tokenizer = Tokenizer.train(["the old dog sat by the door", "a fox ran"] * 3, TokenizerConfig("word", 700, 1))
    config = FillConfig(hidden=16, embedding=16)
    contents = unsaved_model("fill", config, tokenizer, random_weights(expected_shapes(config, tokenizer.size)))
    folder = tmp_path_factory.mktemp("models") / "small"
    write_folder(folder, contents, "fp32")
    return str(folder)


def test_blanks_say_what_they_take(seqtext, small_model) -> None:
    found = objects(seqtext("fill", "-m", small_model, "--json", "The ___[d.g] ran.", "The ___[3](-dog) ran."))
    assert "dog" in [fill["blanks"][0] for fill in found[0]["fills"]]
    assert found[0]["text"] == "The ___[d.g] ran."
    assert all(len(fill["blanks"][0]) == 3 and fill["blanks"] != ["dog"] for fill in found[1]["fills"])


def test_where_nothing_fits_it_is_said_and_line_n_answers_line_n(seqtext, small_model) -> None:
    result = seqtext("fill", "-m", small_model, "The ___[64] ran.")
    assert result == (0, "", "Nothing that the model knows fits in 'The ___[64] ran.'.\n")
    lines = b"A ___[64].\n\nThe ___[dog] ran.\nB ___[64].\n"
    result = seqtext("fill", "-m", small_model, "--file", "-", stdin=lines)
    assert result.stderr == "Nothing that the model knows fits in line 1 and 1 more.\n"
    first, blank, dog, last = result.stdout.split("\n")[:4]
    assert (first, blank, last, dog.lower()) == ("", "", "", "the dog ran.")
    found = objects(seqtext("fill", "-m", small_model, "--json", "--file", "-", stdin=lines))
    assert [len(one["fills"]) > 0 for one in found] == [False, False, True, False]


def test_a_blank_that_cannot_be_read_is_named_with_its_line(seqtext, small_model) -> None:
    result = seqtext("fill", "-m", small_model, "--file", "-", stdin=b"The ___ ran.\nThe ___[s?r] ran.\n")
    assert result.status == 1
    assert result.stdout.count("\n") == 1
    message, hint = result.error
    assert message.startswith("standard input, line 2: The blank '___[s?r]' has the pattern 's?r', of which '?' is no")
    assert hint == 'seqtext fill "The word ___[s.r]"'
    assert seqtext("fill", "-m", small_model, *words_of(hint)[2:]).status == 0


def test_options_that_a_blank_does_not_take_are_refused(seqtext, small_model) -> None:
    arguments = ("fill", "-m", small_model, "--option", "dog", "--option", "door", "The ___[3] ran.")
    assert seqtext(*arguments).error[0].startswith("The option 'door' does not fit the blank '___[3]'")


def test_a_table_has_blanks_that_say_what_they_take(seqtext, small_model, tmp_path) -> None:
    path = tmp_path / "clues.csv"
    path.write_text("text,id\nThe ___[dog] ran.,1\nThe ___[64] ran.,2\nThe ___[ ran.,3\n")
    result = seqtext("fill", "-m", small_model, "--file", str(path), "--on-error", "null")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows[0]["filled"].lower() == "the dog ran."
    assert [row["filled"] for row in rows[1:]] == [None, None]
    assert "1 of 3 rows" in result.stderr


def test_a_missing_file(seqtext, filler, tmp_path) -> None:
    result = seqtext("fill", "--file", str(tmp_path / "nowhere.txt"))
    assert result.status == 1
    assert "nowhere.txt' does not exist" in result.error[0]


@pytest.mark.parametrize("arguments", [[], ["A ___.", "--file", "x"]])
def test_one_source_of_texts(seqtext, filler, arguments) -> None:
    result = seqtext("fill", *arguments)
    assert result.status == 2
    assert result.error[1] == "seqtext fill --help"
    assert filler.loaded == []


PROGRAM = textwrap.dedent("""
    import sys
    import seqtext.storage.catalog
    from seqtext.cli.main import main
    from seqtext.models.blank_filler import Fill

    class Filler:
        def fill(self, texts, top, max_words, avoid):
            return [[Fill(text.replace("___", "fox"), ("fox",), 0.5)] for text in texts]

    seqtext.storage.catalog.load = lambda name, task: Filler()
    sys.exit(main())
""")


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "fill", "--file", "-", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_an_answer_comes_before_the_next_line_is_read(arguments) -> None:
    with start(*arguments) as process:
        for name in ("A", "B"):
            process.stdin.write(f"{name} ___.\n".encode())
            process.stdin.flush()
            assert f"{name} fox." in process.stdout.readline().decode()
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_closed_pipe_ends_quietly() -> None:
    with start() as process:
        process.stdin.write(b"A ___.\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"A fox.\n"
        process.stdout.close()
        process.stdin.write(b"B ___.\n" * 1000)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_said_once() -> None:
    with Path("/dev/full").open("wb") as full:
        finished = subprocess.run(
            [sys.executable, "-c", PROGRAM, "fill", "A ___."], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert finished.returncode == 1
    assert finished.stderr.decode().startswith("Error: No space left on device.\nTry:   ")
    assert finished.stderr.count(b"\n") == 2
