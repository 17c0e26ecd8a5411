"""`seqtext summarize`, with a model that knows only the beginning of a document."""

import json

import pytest

from seqtext.config import SearchConfig
from seqtext.models.summaries import Summary, quote

DOCUMENT = """\
The old bridge over the river was closed on Monday. Engineers had found cracks in two of the pillars of the bridge.

Buses now take the long way round. The town hopes that the bridge can be opened again before the winter. Nobody knows.
"""


NETWORK = {"extracted": False, "unusual": False}


class Summarizer:
    """Gives the first words in capitals, and reads at most ten; a document that holds "odd" is unusual."""

    def __init__(self) -> None:
        self.asked, self.loaded, self.extracts = [], [], []

    def summarize(self, texts, search, max_words=None, avoid=(), extract_unusual=None):
        texts = list(texts)
        self.extracts.append(extract_unusual)
        self.asked.append((texts, search, max_words))
        answers = []
        for text in texts:
            if "odd" in text and extract_unusual:
                answers.append([quote(text, None, extract_unusual, max_words, unusual=True)])
                continue
            words = text.split()
            read = min(10, len(words))
            short = " ".join(words[: max_words or 3]).upper()
            answers.append(
                [Summary(short, -2.0 - k, read, len(words) - read, unusual="odd" in text) for k in range(search.n_best)]
            )
        return answers


@pytest.fixture(autouse=True)
def model(monkeypatch):
    fake = Summarizer()
    monkeypatch.setattr(
        "seqtext.storage.catalog.load", lambda name, task=None: fake.loaded.append((name, task)) or fake
    )
    return fake


@pytest.fixture
def document(tmp_path):
    (tmp_path / "report.txt").write_text(DOCUMENT, encoding="utf-8")
    return str(tmp_path / "report.txt")


def test_the_best_summary(seqtext, model) -> None:
    assert seqtext("summarize", "one two three four", "five six") == (0, "ONE TWO THREE\nFIVE SIX\n", "")
    assert model.loaded == [("summarize-en", "summarize")]
    assert model.asked == [(["one two three four", "five six"], SearchConfig(no_repeat=3, length_penalty=1.5), None)]


def test_options_reach_the_model(seqtext, model) -> None:
    seqtext("summarize", "a b", "--model", "runs/mine", "--max-words", "1", "--beam", "2", "--no-repeat", "0")
    assert model.loaded == [("runs/mine", "summarize")]
    assert model.asked == [(["a b"], SearchConfig(beam=2, length_penalty=1.5), 1)]


def test_the_usual_settings_are_those_of_the_model(seqtext) -> None:
    from seqtext.config import SUMMARY_SEARCH
    from seqtext.models.summarizer import Summarizer as Real

    assert Real.summarize.__defaults__ == (SearchConfig(**SUMMARY_SEARCH), None, (), None)
    assert "default: 3" in seqtext("summarize", "--help").stdout.split("--no-repeat")[1].split("--min-length")[0]


def test_several_answers_have_their_scores(seqtext) -> None:
    assert seqtext("summarize", "a", "b", "--n-best", "2") == (0, "-2.00  A\n-3.00  A\n\n-2.00  B\n-3.00  B\n", "")


def test_json_says_what_was_read(seqtext) -> None:
    result = seqtext("summarize", "--json", "--file", "-", stdin=b"a b\n" + b"w " * 25 + b"\n\n")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"source": "a b", "summaries": [{"text": "A B", "score": -2.0}], **NETWORK, "read": 2, "cut": 0},
        {"source": "w " * 25, "summaries": [{"text": "W W W", "score": -2.0}], **NETWORK, "read": 10, "cut": 15},
        {"source": "", "summaries": [], **NETWORK, "read": 0, "cut": 0},
    ]
    assert result.stderr == "Of 1 of 2 documents, only the beginning was read: 10 of 25 words.\n"


def test_what_was_cut_is_said(seqtext) -> None:
    assert seqtext("summarize", "w " * 1200) == (
        0, "W W W\n", "Of the document, only the beginning was read: 10 of 1,200 words.\n"
    )  # fmt: skip
    result = seqtext("summarize", "w " * 30, "w " * 20, "w")
    assert result.stderr == "Of 2 of 3 documents, only the beginning was read: 20 of 50 words.\n"


def test_a_file_has_a_document_per_line(seqtext, document) -> None:
    out = seqtext("summarize", "--file", document).stdout
    assert out == "THE OLD BRIDGE\n\nBUSES NOW TAKE\n"


LINES = "Each line was read as a document, though blank lines stand between; --whole reads the file as one.\n"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("One.\n\nTwo.\n", LINES),
        ("\nOne.\nTwo.\n \n\nThree.\n\nFour.\n", LINES),
        ("One.\nTwo.\n", ""),
        ("\n\nOne.\nTwo.\n\n", ""),
        ("\n\n", ""),
    ],
)
def test_blank_lines_between_documents_are_said_once(seqtext, tmp_path, written, told) -> None:
    (tmp_path / "a.txt").write_text(written)
    status, out, err = seqtext("summarize", "--file", str(tmp_path / "a.txt"))
    assert (status, out, err) == (0, written.upper().replace(" ", ""), told)
    assert seqtext("summarize", "--json", "--file", "-", stdin=written.encode()).stderr == told
    assert seqtext("summarize", "--file", str(tmp_path / "a.txt"), "--whole").stderr == ""


def test_neither_texts_nor_rows_have_blank_lines_between(seqtext, tmp_path) -> None:
    assert seqtext("summarize", "One.", "", "Two.").stderr == ""
    (tmp_path / "a.csv").write_text('source\nOne.\n""\nTwo.\n')
    (tmp_path / "a.jsonl").write_text('{"source": "One."}\n{"source": ""}\n{"source": "Two."}\n')
    (tmp_path / "a.tsv").write_text("source\tid\nOne.\t1\n\t2\nTwo.\t3\n")
    for name in ("a.csv", "a.jsonl", "a.tsv"):
        assert "--whole" not in seqtext("summarize", "--file", str(tmp_path / name)).stderr


def test_blank_lines_are_no_documents(seqtext, tmp_path) -> None:
    (tmp_path / "a.txt").write_text(f"{ODD}\n\nOne two.\n\n{ODD}\n")
    told = seqtext("summarize", "--file", str(tmp_path / "a.txt")).stderr
    assert told.startswith(f"{LINES}2 of 3 documents are unlike all that the model has learnt: ")
    told = seqtext("summarize", "--file", str(tmp_path / "a.txt"), "--lead", "1", "--max-words", "2").stderr
    assert told == f"{LINES}2 of 3 summaries end inside a sentence: --max-words 2 has no room for a whole one.\n"
    (tmp_path / "a.txt").write_text(f"\n{ODD}\n\n")
    told = seqtext("summarize", "--file", str(tmp_path / "a.txt"), "--model", "runs/mine").stderr
    assert told.startswith("Of the document, only the beginning was read")
    assert "The document is unlike all" in told


def test_a_whole_file_is_one_document(seqtext, model, document) -> None:
    assert seqtext("summarize", "--file", document, "--whole").stdout == "THE OLD BRIDGE\n"
    assert model.asked[0][0] == [DOCUMENT.rstrip("\n")]


def test_an_empty_file(seqtext, model, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("\n\n")
    assert seqtext("summarize", "--file", str(tmp_path / "a.txt"), "--whole") == (0, "\n", "")
    assert seqtext("summarize", "--file", str(tmp_path / "a.txt")) == (0, "\n\n", "")
    assert model.asked == []


ODD = "The odd boat left. It was late. The odd boat came back to the odd harbour in the morning."


def test_of_a_kind_that_the_bundled_model_does_not_know_a_document_answers_itself(seqtext, model) -> None:
    result = seqtext("summarize", "one two three four", ODD, "--json", "--sentences", "1")
    usual, odd = map(json.loads, result.stdout.splitlines())
    assert (usual["extracted"], usual["unusual"], usual["summaries"][0]["score"]) == (False, False, -2.0)
    assert (odd["extracted"], odd["unusual"], odd["summaries"][0]["score"]) == (True, True, None)
    assert odd["summaries"][0]["text"] in ODD
    assert model.extracts == [1]
    assert result.stderr == (
        "1 of 2 documents is unlike all that the model has learnt: its own sentences answer, as with --extract; "
        "--model summarize-en takes the network.\n"
    )
    plain = seqtext("summarize", ODD, "--n-best", "2")
    assert plain.stdout == "The odd boat left. The odd boat came back to the odd harbour in the morning.\n"
    assert plain.stderr.startswith("The document is unlike all that the model has learnt: its own sentences answer")


def test_a_model_that_is_named_answers_all(seqtext, model) -> None:
    result = seqtext("summarize", ODD, "--model", "summarize-en", "--json")
    told = json.loads(result.stdout)
    assert (told["extracted"], told["unusual"], told["summaries"]) == (
        False, True, [{"text": "THE ODD BOAT", "score": -2.0}]
    )  # fmt: skip
    assert model.extracts == [None]
    told = "The document is unlike all that the model has learnt: do not trust the summary, or try --extract.\n"
    assert result.stderr.endswith(told)


def test_each_row_of_a_table_is_decided_by_itself(seqtext, model, tmp_path) -> None:
    (tmp_path / "a.csv").write_text(f'source\none two three four\n"{ODD}"\n')
    result = seqtext("summarize", "--file", str(tmp_path / "a.csv"))
    usual, odd = map(json.loads, result.stdout.splitlines())
    assert (usual["summary"], usual["score"]) == ("ONE TWO THREE", -2.0)
    assert (odd["summary"], odd["score"]) == (ODD.replace("It was late. ", ""), None)
    assert "1 of 2 rows is unlike all that the model has learnt: its own sentences answer, as " in result.stderr


# Without a model


@pytest.mark.parametrize(
    ("arguments", "short"),
    [
        (["--lead", "1"], "The old bridge over the river was closed on Monday."),
        (["--lead", "3", "--max-words", "24"], DOCUMENT.splitlines()[0]),
        (["--lead", "9"], " ".join(DOCUMENT.split())),
    ],
)
def test_the_first_sentences(seqtext, model, document, arguments, short) -> None:
    assert seqtext("summarize", "--file", document, "--whole", *arguments) == (0, f"{short}\n", "")
    assert model.loaded == []


@pytest.mark.parametrize("arguments", [["--lead", "3"], ["--extract"]])
def test_an_end_inside_a_sentence_is_said(seqtext, document, arguments) -> None:
    cut = "The summary ends inside a sentence: --max-words 1 has no room for a whole one.\n"
    arguments = [*arguments, "--max-words", "1"]
    status, out, err = seqtext("summarize", "--file", document, "--whole", *arguments)
    assert (status, len(out.split()), err) == (0, 1, cut)
    result = seqtext("summarize", "今年的预算。", "Yes.", "--json", *arguments)
    assert [json.loads(line)["summaries"] for line in result.stdout.splitlines()] == [
        [{"text": "今", "score": None, "shortened": True}], [{"text": "Yes.", "score": None}]
    ]  # fmt: skip
    assert result.stderr.startswith("1 of 2 summaries end")


def test_sentences_without_spaces_are_put_together_without_one(seqtext) -> None:
    text = "食堂中午供应面条。公司公布了今年的预算。今年的预算比去年增加了百分之十。"
    assert seqtext("summarize", text, "--extract", "--sentences", "2").stdout == f"{text[9:]}\n"


def test_sentences_of_the_document(seqtext, model, document) -> None:
    for count in (1, 2, 3):
        result = seqtext("summarize", "--file", document, "--whole", "--extract", "--sentences", str(count))
        assert (result.status, result.stderr) == (0, "")
        assert result.stdout.count(".") == count
        for sentence in result.stdout.strip().split(". "):
            assert sentence.rstrip(".") in DOCUMENT
    three = seqtext("summarize", "--file", document, "--whole", "--extract")
    assert three == seqtext("summarize", "--file", document, "--whole", "--extract", "--sentences", "3")
    short = seqtext("summarize", "--file", document, "--whole", "--extract", "--max-words", "12").stdout
    assert 0 < len(short.split()) <= 12
    assert model.loaded == []


@pytest.mark.parametrize(
    "arguments", [["--lead", "1"], ["--extract", "--sentences", "1"], ["--lead", "1", "--n-best", "2"]]
)
def test_its_own_words_have_no_score(seqtext, arguments) -> None:
    assert seqtext("summarize", "The cat slept.", *arguments).stdout == "The cat slept.\n"
    result = seqtext("summarize", "--json", "The cat slept.", *arguments)
    assert json.loads(result.stdout) == {
        "source": "The cat slept.", "summaries": [{"text": "The cat slept.", "score": None}], "extracted": True,
        "unusual": False, "read": 3, "cut": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lead", "2", "--extract"], "--extract and --lead were given; one of them is accepted."),
        (["--model", "runs/a", "--lead", "2"], "--model and --lead were given; one of them is accepted."),
        (["--whole"], "--whole was given without a --file."),
        (["--n-best", "9"], "--n-best received 9, but --beam is 5; at most as many are accepted."),
    ],
)
def test_what_does_not_go_together(seqtext, model, arguments, message) -> None:
    result = seqtext("summarize", "a", *arguments)
    assert result.status == 2
    assert result.error[0] == message
    assert model.loaded == []


@pytest.mark.parametrize("flag", ["--max-words", "--lead", "--sentences"])
def test_at_least_one(seqtext, flag) -> None:
    assert seqtext("summarize", "a", flag, "0").status == 2


@pytest.mark.parametrize("arguments", [[], ["a", "--file", "x"]])
def test_one_source_of_texts(seqtext, model, arguments) -> None:
    result = seqtext("summarize", *arguments)
    assert result.status == 2
    assert result.error[1] == "seqtext summarize --help"
    assert model.loaded == []
