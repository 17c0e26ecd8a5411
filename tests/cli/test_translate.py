"""`seqtext translate`, with a model that writes in capitals."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from seqtext.config import SearchConfig
from seqtext.errors import InputError
from seqtext.models.flags import Flag
from seqtext.models.seq2seq import Alignment
from seqtext.models.translator import Translation


class Translator:
    """Writes the last word first, in capitals; refuses "bad"."""

    languages = ("en", "fr")

    def __init__(self) -> None:
        self.asked, self.searches, self.loaded, self.glossaries = [], [], [], []

    def translate(self, texts, search, avoid, glossary=()):
        self.asked.append(list(texts))
        self.glossaries.append(dict(glossary))
        self.searches.append(search)
        if any("bad" in text for text in texts):
            raise InputError("'bad' cannot be translated.", "good")
        turned = ["\n".join(" ".join(line.split()[::-1]) for line in text.upper().split("\n")) for text in texts]
        return [[Translation(text + "!" * k, -1.5 - k) for k in range(search.n_best)] for text in turned]

    def align(self, source, target):
        source, target = source.split(), target.split()
        return Alignment(source, target, np.eye(len(source), dtype=np.float32)[::-1])


@pytest.fixture(autouse=True)
def model(monkeypatch):
    fake = Translator()
    monkeypatch.setattr(
        "seqtext.storage.catalog.load", lambda name, task=None: fake.loaded.append((name, task)) or fake
    )
    names = ("fill-en", "translate-en-de", "translate-en-fr")
    monkeypatch.setattr("seqtext.storage.catalog.bundled", lambda: {name: Path(name) for name in names})
    return fake


def test_the_best_translation(seqtext, model) -> None:
    assert seqtext("translate", "A man rides.", "Hi there") == (0, "RIDES. MAN A\nTHERE HI\n", "")
    assert model.loaded == [("translate-en-fr", "translate")]
    assert model.asked == [["A man rides.", "Hi there"]]
    assert model.searches == [SearchConfig()]


def test_line_breaks_of_a_text_are_kept(seqtext) -> None:
    assert seqtext("translate", "one two\n\nthree") == (0, "TWO ONE\n\nTHREE\n", "")


def test_several_answers_have_their_scores(seqtext, model) -> None:
    result = seqtext("translate", "a b", "c", "--n-best", "2", "--beam", "4", "--length-penalty", "0.5")
    assert result == (0, "-1.50  B A\n-2.50  B A!\n\n-1.50  C\n-2.50  C!\n", "")
    assert model.searches == [SearchConfig(beam=4, n_best=2, length_penalty=0.5)]


def test_settings_are_checked(seqtext, model) -> None:
    result = seqtext("translate", "a", "--n-best", "3", "--beam", "2")
    assert result.status == 2
    assert result.error[0].startswith("--n-best received 3")
    assert model.loaded == []


def test_json(seqtext) -> None:
    result = seqtext("translate", "--json", "été là", "--n-best", "2")
    assert (result.status, result.stderr) == (0, "")
    answers = [{"text": text, "score": score, "flags": []} for text, score in (("LÀ ÉTÉ", -1.5), ("LÀ ÉTÉ!", -2.5))]
    assert json.loads(result.stdout) == {"source": "été là", "translations": answers, "unusual": False, "flags": []}


# Files


def test_line_n_answers_line_n(seqtext, model, tmp_path) -> None:
    lines = [f"line {k}" if k % 7 else " " * (k % 2) for k in range(150)]
    (tmp_path / "a.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = seqtext("translate", "--file", str(tmp_path / "a.txt"))
    assert result.stdout.split("\n") == [*(f"{k} LINE" if k % 7 else "" for k in range(150)), ""]
    assert [len(batch) for batch in model.asked] == [54, 55, 19]  # of 64, 64 and 22 lines, those that are not blank
    as_json = seqtext("translate", "--file", str(tmp_path / "a.txt"), "--json", "--alignment").stdout.splitlines()
    assert json.loads(as_json[7]) == {
        "source": " ", "translations": [], "unusual": False, "flags": [],
        "alignment": {"source": [], "target": [], "pairs": []},
    }  # fmt: skip
    assert [json.loads(line)["source"] for line in as_json] == lines


def test_an_empty_file(seqtext, model, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("")
    assert seqtext("translate", "--file", str(tmp_path / "a.txt")) == (0, "", "")
    assert seqtext("translate", "--file", "-", stdin=b"\n\n") == (0, "\n\n", "")
    assert model.asked == []


def test_a_line_that_cannot_be_read_is_named_after_those_before_it_are_answered(seqtext) -> None:
    result = seqtext("translate", "--file", "-", stdin=b"a b\nc\nB \xe9\nd\n")
    assert (result.status, result.stdout) == (1, "B A\nC\n")
    assert result.error[0] == "standard input, line 3, column 3: the byte 0xE9 is not UTF-8."


def test_a_line_that_the_model_refuses_is_named_after_those_before_it_are_answered(seqtext, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("a b\n\nbad\nc\n")
    result = seqtext("translate", "--file", str(tmp_path / "a.txt"))
    assert (result.status, result.stdout) == (1, "B A\n\n")
    assert result.error == (f"{tmp_path}/a.txt, line 3: 'bad' cannot be translated.", "good")
    assert seqtext("translate", "bad").error[0] == "'bad' cannot be translated."


PROGRAM = textwrap.dedent("""
    import sys
    from pathlib import Path
    import seqtext.storage.catalog
    from seqtext.cli.main import main
    from seqtext.models.translator import Translation

    class Translator:
        languages = ("", "")

        def translate(self, texts, search, avoid):
            print(len(texts), file=sys.stderr)
            return [[Translation(text.upper(), 0.0)] for text in texts]

    seqtext.storage.catalog.load = lambda name, task: Translator()
    sys.exit(main(["translate", "--model", "m", "--file", "-"]))
""")


def test_a_pipe_is_answered_before_the_next_line_is_read() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        for name in (b"a", b"b"):
            process.stdin.write(name + b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == name.upper() + b"\n"
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == 0


def test_a_file_as_standard_input_is_read_in_batches(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("a\n" * 100)
    with (tmp_path / "a.txt").open("rb") as file:
        finished = subprocess.run([sys.executable, "-c", PROGRAM], stdin=file, capture_output=True, check=True)
    assert finished.stdout == b"A\n" * 100
    assert finished.stderr.split() == [b"64", b"36"]


def test_memory_does_not_grow(monkeypatch, seqtext, model) -> None:
    """A batch is answered before the next one is read."""
    read = []

    def lines(*_):
        for number in range(1000):
            read.append(number)
            yield "", "a"

    monkeypatch.setattr("seqtext.cli.inputs.read_texts", lines)
    translate = model.translate
    monkeypatch.setattr(model, "translate", lambda texts, *rest: read.clear() or translate(texts, *rest))
    ahead = []
    monkeypatch.setattr("seqtext.cli.output.say", lambda text: ahead.append(len(read)))
    assert seqtext("translate", "--file", "a.txt").status == 0
    assert (len(ahead), max(ahead)) == (1000, 0)


# What is lost, and glossaries


def flagged(texts, *rest):
    """Repeat texts, with a flag for each number."""
    flags = [tuple(Flag("number", one) for one in text.split() if one.isdigit()) for text in texts]
    return [[Translation(text, 0.0, lost)] for text, lost in zip(texts, flags, strict=True)]


def test_what_is_lost_is_noted_once_behind_the_answers(seqtext, model, monkeypatch) -> None:
    monkeypatch.setattr(model, "translate", flagged)
    assert seqtext("translate", "a 12") == (0, "a 12\n", "The translation lost a number: 12.\n")
    assert seqtext("translate", "a").stderr == ""
    many = seqtext("translate", *[f"{k} {k}" if k % 2 else "a" for k in range(100)])
    assert many.stderr == "50 of 100 translations lost a number: 1, 1, 3, 3, 5 …\n"
    (line,) = seqtext("translate", "a 12", "--json").stdout.splitlines()
    assert json.loads(line)["translations"][0]["flags"] == [{"kind": "number", "text": "12"}]


def test_rows_that_lost_something_are_noted(seqtext, model, monkeypatch, tmp_path) -> None:
    def translate(texts, search, avoid):
        return flagged(list(texts))

    monkeypatch.setattr(model, "translate", translate)
    (tmp_path / "a.csv").write_text("source\na 12\nb\n")
    result = seqtext("translate", "--file", str(tmp_path / "a.csv"))
    assert result.stderr.endswith("1 of 2 answers lost a number: 12.\n")
    assert [json.loads(line)["flags"] for line in result.stdout.splitlines()] == ["number 12", None]


def test_a_glossary_is_read_and_handed_over(seqtext, model, tmp_path) -> None:
    (tmp_path / "terms.tsv").write_text("\ufeffinvoice\tRechnung\n\nfull moon \t Vollmond\n", encoding="utf-8")
    assert seqtext("translate", "a", "--glossary", str(tmp_path / "terms.tsv")).status == 0
    assert seqtext("translate", "a", "--glossary", "-", stdin=b"a\tb\n").status == 0
    assert model.glossaries == [{"invoice": "Rechnung", "full moon": "Vollmond"}, {"a": "b"}]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a\tb\nc d\n", ", line 2: 'c d' has 1 column; \"source<TAB>target\" is expected."),
        ("a\tb\tc\n", ", line 1: 'a\\tb\\tc' has 3 columns"),
        ("a\t\n", ", line 1: A term of the glossary, or its translation, is ''"),
        ("a\tb\n\na\tc\n", ", line 3: The term 'a' is twice in the glossary, as 'b' and as 'c'"),
        ("\n", " holds no term; source<TAB>target is expected"),
    ],
)
def test_a_bad_glossary_is_named_with_its_line(seqtext, model, tmp_path, lines, message) -> None:
    (tmp_path / "terms.tsv").write_text(lines)
    result = seqtext("translate", "a", "--glossary", str(tmp_path / "terms.tsv"))
    assert (result.status, result.stdout) == (1, "")
    assert result.error[0].startswith(f"{tmp_path}/terms.tsv{message}")
    assert model.loaded == []


def test_standard_input_is_read_once(seqtext) -> None:
    result = seqtext("translate", "--file", "-", "--glossary", "-")
    assert result.status == 2
    assert result.error[0] == "--file and --glossary both received -; one of them can be standard input."


# Which model


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "translate-en-fr"),
        (["--to", "de"], "translate-en-de"),
        (["--to", "DE", "--from", "EN"], "translate-en-de"),
        (["--model", "runs/mine"], "runs/mine"),
        (["--model", "runs/mine", "--to", "fr", "--from", "en"], "runs/mine"),
    ],
)
def test_the_model_is_chosen(seqtext, model, monkeypatch, arguments, name) -> None:
    monkeypatch.setattr(model, "languages", ("en", name[-2:] if name.startswith("tr") else "fr"))
    assert seqtext("translate", "a", *arguments).status == 0
    assert model.loaded == [(name, "translate")]


@pytest.mark.parametrize(
    ("arguments", "pair"), [(["--to", "it"], "en to it"), (["--from", "fr"], "fr to fr"), (["--to", "en"], "en to en")]
)
def test_a_pair_that_is_not_bundled(seqtext, model, arguments, pair) -> None:
    result = seqtext("translate", "a", *arguments)
    assert result.status == 1
    assert result.error == (
        f"No model is bundled to translate {pair}; bundled are translate-en-de, translate-en-fr.",
        "seqtext train translate CORPUS --run FOLDER, then --model FOLDER",
    )
    assert model.loaded == []


def test_nothing_is_bundled(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", dict)
    assert seqtext("translate", "a").error[0] == "No model is bundled to translate en to fr; bundled are none."


@pytest.mark.parametrize(("flag", "value", "known"), [("--to", "de", "fr"), ("--from", "fr", "en")])
def test_a_model_for_other_languages(seqtext, model, flag, value, known) -> None:
    result = seqtext("translate", "a", "--model", "runs/mine", flag, value)
    assert result.status == 2
    assert result.error == (
        f"{flag} received '{value}'; the model runs/mine translates en to fr.", f"{flag} {known}"
    )  # fmt: skip
    assert model.asked == []


def test_a_model_that_does_not_say_its_languages_may_be_for_any(seqtext, model, monkeypatch) -> None:
    monkeypatch.setattr(model, "languages", ("", ""))
    assert seqtext("translate", "a", "--model", "runs/mine", "--to", "de").status == 0


# Alignment


def test_alignment_is_part_of_json(seqtext) -> None:
    (line,) = seqtext("translate", "a red car", "--json", "--alignment").stdout.splitlines()
    assert json.loads(line)["alignment"] == {
        "source": ["a", "red", "car"], "target": ["CAR", "RED", "A"], "pairs": [[2, 0], [1, 1], [0, 2]]
    }  # fmt: skip
    result = seqtext("translate", "a", "--alignment")
    assert result.status == 2
    assert result.error == ("--alignment was given without --json, which it is part of.", "--json --alignment")


VIEW = "\nCAR  · · ██  100% car\nRED  · ██·   100% red\nA    ██· ·   100% a\n"


def test_attention_as_text(seqtext) -> None:
    assert seqtext("translate", "a red car", "--attention", "-") == (0, f"CAR RED A\n{VIEW}", "")
    result = seqtext("translate", "a red car", "--attention", "-", "--json")
    assert (result.stdout.count("\n"), result.stderr) == (1, VIEW)


def test_attention_as_a_picture(seqtext, tmp_path, monkeypatch) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    picture = tmp_path / "a.png"
    assert seqtext("translate", "a red car", "--attention", str(picture)) == (0, "CAR RED A\n", "")
    assert picture.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr("seqtext.cli.output.on_terminal", lambda: True)
    assert seqtext("translate", "a red car", "--attention", str(picture)).stdout == f"CAR RED A\n{VIEW}"


@pytest.mark.parametrize(
    ("arguments", "received"),
    [(["a", "b"], "2 were"), (["--file", "x"], "--file was"), ([" "], "a blank one was")],
)
def test_attention_is_of_one_text(seqtext, model, arguments, received) -> None:
    result = seqtext("translate", *arguments, "--attention", "a.png")
    assert result.status == 2
    assert result.error == (f"--picture draws one TEXT; {received} given.", '"A man rides." --picture a.png')
    assert model.loaded == []


def test_a_picture_of_another_kind_is_refused_before_anything_is_loaded(seqtext, model) -> None:
    result = seqtext("translate", "a", "--attention", "a.gif")
    assert result.status == 2
    assert result.error == ("A picture cannot be written as 'a.gif'; accepted are .png, .svg, .pdf.", "a.png")
    assert model.loaded == []


def test_a_translation_without_words_has_nothing_to_draw(seqtext, model, monkeypatch) -> None:
    monkeypatch.setattr(model, "translate", lambda *_: [[Translation("", -1.0)]])
    result = seqtext("translate", "a", "--attention", "-")
    assert result == (0, "\n", "The translation is empty; there is nothing to draw.\n")


@pytest.mark.parametrize("arguments", [[], ["a", "--file", "x"]])
def test_one_source_of_texts(seqtext, model, arguments) -> None:
    result = seqtext("translate", *arguments)
    assert result.status == 2
    assert result.error[1] == "seqtext translate --help"
    assert model.loaded == []


def test_texts_in_another_language_are_noted_behind_the_answers(seqtext, monkeypatch) -> None:
    def others(self, texts):
        return ["German" if "Kinder" in text else "" for text in texts]

    monkeypatch.setattr("seqtext.models.source_language.SourceLanguage.others", others)
    told = "probably in another language, German. The model has learnt to read 'en': do not trust the translation.\n"
    assert seqtext("translate", "Kinder spielen") == (0, "SPIELEN KINDER\n", f"The text is {told}")
    assert seqtext("translate", "a b", "Kinder c").stderr == f"Text 2 is {told}"
    many = seqtext("translate", *["a"] * 64, *["Kinder"] * 3)
    assert many.stderr.startswith("Text 65 is probably in another language, German; so are 2 more. ")
    assert seqtext("translate", "a b").stderr == ""


def test_of_an_unusual_text_one_thing_is_said(seqtext, model, monkeypatch) -> None:
    def translate(texts, search, avoid):
        return [[Translation(text.upper(), -1.0, unusual="x" in text or "Kinder" in text)] for text in texts]

    monkeypatch.setattr(model, "translate", translate)
    monkeypatch.setattr(
        "seqtext.models.source_language.SourceLanguage.others",
        lambda self, texts: ["German" if "Kinder" in text else "" for text in texts],
    )
    foreign = seqtext("translate", "Kinder", "--json")
    assert json.loads(foreign.stdout)["unusual"] is True
    assert foreign.stderr.count("\n") == 1
    assert "another language" in foreign.stderr
    odd = seqtext("translate", "xq zx")
    assert odd.stderr.startswith("The text is unlike all that the model has learnt: do not trust the translation")
    assert odd.stderr.count("\n") == 1
    both = seqtext("translate", "a", "xq", "zx", "Kinder", "b", "--json")
    assert [json.loads(line)["unusual"] for line in both.stdout.splitlines()] == [False, True, True, True, False]
    assert both.stderr.startswith("2 of 5 texts are unlike all that the model has learnt: ")
    assert both.stderr.splitlines()[1].startswith("Text 4 is probably in another language, German.")
