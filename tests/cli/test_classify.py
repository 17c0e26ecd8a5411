"""`seqtext classify`, with a model that finds what is lovely good."""

import json

import pytest

from seqtext.errors import InputError, ModelError
from seqtext.models.classifier import Classification, Label, Reason
from seqtext.models.label_names import LabelNames


class Classifier:
    """Finds what is lovely good; refuses "faulty"; what is odd is unusual, once it has a doubt."""

    def __init__(self) -> None:
        self.asked, self.loaded = [], []
        self.tells_unusual, self.names = False, LabelNames()

    def check_can_reject(self):
        if not self.tells_unusual:
            raise ModelError("--reject was given, but it cannot tell.", "leave --reject out")

    def classify(self, texts, top, reject=False):
        self.asked.append(list(texts))
        if any("faulty" in text for text in texts):
            raise InputError("'faulty' cannot be read.", "well")
        first = (("good", "bad") if "lovely" in text else ("bad", "good") for text in texts)
        labels = [[Label(one, 0.75), Label(other, 0.25)][:top] for one, other in first]
        odd = ["odd" in text if self.tells_unusual else None for text in texts]
        return [Classification([] if reject and one else row, one) for row, one in zip(labels, odd, strict=True)]

    def words_read(self, text):
        words = len(text.split())
        return min(words, 6), max(words - 6, 0)

    def explain(self, text):
        return [Reason(word, text.index(word), text.index(word) + len(word), len(word) - 5.0) for word in text.split()]


@pytest.fixture(autouse=True)
def model(monkeypatch):
    fake = Classifier()
    monkeypatch.setattr(
        "seqtext.storage.catalog.load", lambda name, task=None: fake.loaded.append((name, task)) or fake
    )
    return fake


def test_languages_are_told_without_a_model(seqtext, model) -> None:
    seqtext("classify", "Où est la gare ?")
    assert model.loaded == [("language-id", "classify")]


def test_labels_with_their_probabilities(seqtext, model) -> None:
    result = seqtext("classify", "A lovely film", "dull", "--model", "runs/m")
    assert result == (0, "75.0%  good\n25.0%  bad\n\n75.0%  bad\n25.0%  good\n", "")
    assert model.loaded == [("runs/m", "classify")]


def test_top(seqtext) -> None:
    assert seqtext("classify", "A lovely film", "--model", "m", "--top", "1") == (0, "75.0%  good\n", "")
    assert seqtext("classify", "A", "--model", "m", "--top", "0").status == 2


def test_json(seqtext) -> None:
    result = seqtext("classify", "été", "--model", "m", "--json", "--top", "1")
    assert json.loads(result.stdout) == {"text": "été", "labels": [{"label": "bad", "probability": 0.75}]}


@pytest.mark.parametrize("chosen", [None, True])
def test_a_label_stays_on_its_line(seqtext, model, chosen) -> None:
    labels = [Label("late\r\nor\u2028lost", 0.75, chosen), Label("bad", 0.5, chosen)]
    model.classify = lambda texts, top, reject: [labels for _ in texts]
    result = seqtext("classify", "--file", "-", "--model", "m", stdin=b"a\n\nb\n")
    line = "bad|late or lost\n" if chosen else "late or lost\n"
    assert result == (0, f"{line}\n{line}", "")
    assert seqtext("classify", "a", "--model", "m").stdout.count("\n") == 2


def test_json_has_the_codes_of_languages(seqtext, model) -> None:
    model.classify = lambda texts, top, reject: [[Label("French", 0.75, None, "fr"), Label("?", 0.25, None, "und")]]
    result = seqtext("classify", "été", "--model", "m", "--json")
    assert json.loads(result.stdout)["labels"] == [
        {"label": "French", "probability": 0.75, "code": "fr"}, {"label": "?", "probability": 0.25, "code": "und"},
    ]  # fmt: skip
    assert seqtext("classify", "été", "--model", "m").stdout == "75.0%  French\n25.0%  ?\n"


def test_a_label_for_none_of_the_others_needs_no_note(seqtext, model, tmp_path) -> None:
    model.tells_unusual, model.names = True, LabelNames(unknown="bad")
    (tmp_path / "a.txt").write_text("odd\n", encoding="utf-8")
    assert seqtext("classify", "odd", "--model", "m", "--top", "1") == (0, "75.0%  bad\n", "")
    assert seqtext("classify", "--file", str(tmp_path / "a.txt"), "--model", "m") == (0, "bad\n", "")
    assert json.loads(seqtext("classify", "odd", "--model", "m", "--json").stdout)["unusual"] is True
    rejected = seqtext("classify", "--file", str(tmp_path / "a.txt"), "--model", "m", "--reject")
    assert (rejected.stdout, "1 of 1 texts, which have no label" in rejected.stderr) == ("\n", True)


def test_a_model_for_several_labels(seqtext, model, tmp_path) -> None:
    def classify(texts, top, reject):
        return [
            [Label("good", 0.9, True), Label("odd", 0.6, "odd" in text), Label("bad", 0.1, False)] for text in texts
        ]

    model.classify = classify
    result = seqtext("classify", "odd", "--model", "m")
    assert result == (0, "90.0%  good  *\n60.0%  odd   *\n10.0%  bad\n", "")
    line = json.loads(seqtext("classify", "A", "--model", "m", "--json").stdout)
    assert line["labels"][1:] == [
        {"label": "odd", "probability": 0.6, "chosen": False}, {"label": "bad", "probability": 0.1, "chosen": False},
    ]  # fmt: skip
    (tmp_path / "a.txt").write_text("odd\n\nmore\n", encoding="utf-8")
    assert seqtext("classify", "--file", str(tmp_path / "a.txt"), "--model", "m").stdout == "good|odd\n\ngood\n"


def test_unusual_texts_are_marked(seqtext, model, tmp_path) -> None:
    """In --json, beside a text, and in number beside a file; a model that cannot tell says nothing of it."""
    assert "unusual" not in seqtext("classify", "odd", "--model", "m", "--json").stdout
    model.tells_unusual = True
    lines = seqtext("classify", "odd", "lovely", "--model", "m", "--json").stdout.splitlines()
    assert [json.loads(line)["unusual"] for line in lines] == [True, False]
    assert all(len(json.loads(line)["labels"]) == 2 for line in lines)
    result = seqtext("classify", "odd", "lovely", "--model", "m", "--top", "1")
    note = "unusual: unlike the texts that the model has learnt from"
    assert result.stdout == f"75.0%  bad\n{note}\n\n75.0%  good\n"
    (tmp_path / "a.txt").write_text("odd\n\nlovely\n", encoding="utf-8")
    result = seqtext("classify", "--file", str(tmp_path / "a.txt"), "--model", "m")
    assert result.stdout == "bad\n\ngood\n"
    assert "1 of 3 texts" in result.stderr


def test_reject_leaves_unusual_texts_without_a_label(seqtext, model, tmp_path) -> None:
    result = seqtext("classify", "odd", "--model", "m", "--reject")
    assert (result.status, result.stdout) == (1, "")
    assert result.error[1] == "leave --reject out"
    model.tells_unusual = True
    (tmp_path / "a.txt").write_text("odd\nlovely\n", encoding="utf-8")
    assert seqtext("classify", "--file", str(tmp_path / "a.txt"), "--model", "m", "--reject").stdout == "\ngood\n"
    line = json.loads(seqtext("classify", "odd", "--model", "m", "--reject", "--json").stdout)
    assert line == {"text": "odd", "labels": [], "unusual": True}
    assert seqtext("classify", "odd", "--model", "m", "--reject").stdout == "\n"


def test_explain(seqtext) -> None:
    result = seqtext("classify", "A lovely film", "--model", "m", "--explain", "--top", "1")
    assert result.stdout == "75.0%  good\n\nfor good\n+1.00  lovely\n-1.00  film\n-4.00  A\n"
    line = json.loads(seqtext("classify", "A", "--model", "m", "--explain", "--json").stdout)
    assert line["words"] == [{"text": "A", "start": 0, "end": 1, "weight": -4.0}]


def test_a_file_is_answered_in_batches_line_by_line(seqtext, model, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("lovely\n\ndull\n" * 50, encoding="utf-8")
    result = seqtext("classify", "--file", str(tmp_path / "a.txt"), "--model", "m")
    assert result.stdout == "good\n\nbad\n" * 50
    assert [len(texts) for texts in model.asked] == [100]
    result = seqtext("classify", "--file", "-", "--model", "m", "--json", stdin=b"lovely\n\n")
    assert [json.loads(line)["labels"] == [] for line in result.stdout.splitlines()] == [False, True]


def test_a_fault_names_its_line(seqtext, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("lovely\nfaulty\n", encoding="utf-8")
    result = seqtext("classify", "--file", str(tmp_path / "a.txt"), "--model", "m")
    assert (result.status, result.stdout) == (1, "good\n")
    assert "line 2" in result.error[0]


def test_what_was_not_read_is_said(seqtext) -> None:
    """Of a text longer than the model reads, with the words in --json; of others nothing is said."""
    long, short = "dull from one end to the other", "dull"
    result = seqtext("classify", long, short, "--json", "--model", "runs/m")
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["read"], first["cut"]) == (6, 1)
    assert not {"read", "cut"} & set(second)
    assert result.stderr == "Of 1 of 2 texts, only the beginning was read: 6 of 7 words.\n"
    result = seqtext("classify", long, "--explain", "--model", "runs/m")
    assert result.stderr == "Of the text, only the beginning was read: 6 of 7 words.\n"


class Filler:
    """Finds what is lovely to be the first label; says what it was asked."""

    def __init__(self) -> None:
        self.asked = []

    def classify(self, texts, labels, prompt, top):
        self.asked.append((labels, prompt, top))
        names = list(labels.values())
        found = [names if "lovely" in text else names[::-1] for text in texts]
        return [Classification([Label(row[0], 0.75), Label(row[-1], 0.25)][:top]) for row in found]


@pytest.fixture
def filler(monkeypatch):
    fake, loaded = Filler(), []
    monkeypatch.setattr("seqtext.storage.catalog.load", lambda *given: loaded.append(given) or fake)
    fake.loaded = loaded
    return fake


def test_labels_of_ones_own(seqtext, filler) -> None:
    result = seqtext("classify", "lovely", "dull", "--labels", "good=praise, bad")
    assert result == (0, "75.0%  praise\n25.0%  bad\n\n75.0%  bad\n25.0%  praise\n", "")
    assert filler.loaded == [("fill-en", "fill")]
    assert filler.asked == [({"good": "praise", "bad": "bad"}, "It was ___.", 3)]
    seqtext("classify", "a", "--labels", "a,b", "--prompt", "So ___!", "--top", "1", "--model", "language-id")
    assert filler.loaded[1:] == [("language-id", "fill")]
    assert filler.asked[1:] == [({"a": "a", "b": "b"}, "So ___!", 1)]


def test_labels_of_ones_own_as_json(seqtext, filler) -> None:
    result = seqtext("classify", "--labels", "good,bad", "--json", stdin=b"lovely\n\n")
    labels = [{"label": "good", "probability": 0.75}, {"label": "bad", "probability": 0.25}]
    assert list(map(json.loads, result.stdout.splitlines())) == [
        {"text": "lovely", "labels": labels, "unusual": None},
        {"text": "", "labels": [], "unusual": None},
    ]


def test_labels_of_ones_own_line_by_line(seqtext, filler) -> None:
    assert seqtext("classify", "--labels", "good,bad", stdin=b"lovely\n\ndull\n") == (0, "good\n\nbad\n", "")


def test_labels_of_ones_own_for_a_table(seqtext, filler, tmp_path) -> None:
    table, answered = tmp_path / "a.csv", tmp_path / "b.csv"
    table.write_text("id,text,label\n1,lovely,x\n2,,y\n", encoding="utf-8")
    result = seqtext("classify", "--labels", "good,bad", "--file", str(table), "--output", str(answered))
    assert result.status == 0, result.stderr
    assert answered.read_text(encoding="utf-8").splitlines() == [
        "id,text,label,predicted_label,probability,unusual", "1,lovely,x,good,0.75,", "2,,y,,,",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["--labels", "good"], "'good'; two labels or more are expected", "--labels good,bad"),
        (["--labels", "good,,bad"], "words with commas between", "--labels good,bad"),
        (["--labels", "good,bad", "--prompt", "It was."], "has 0 blanks", '--prompt "It was ___."'),
        (["--labels", "good,bad", "--prompt", "___ ___"], "has 2 blanks", '--prompt "It was ___."'),
        (["--prompt", "It was ___."], "without --labels", "--labels good,bad"),
        (["--labels", "good,bad", "--reject"], "--reject was given with --labels", "leave --reject out"),
        (["--labels", "good,bad", "--explain"], "--explain was given with --labels", "leave --explain out"),
    ],
)
def test_labels_of_ones_own_that_make_no_sense(seqtext, filler, words, error, hint) -> None:
    result = seqtext("classify", "a text", *words)
    assert result.status == 2
    assert error in result.error[0]
    assert hint in result.error[1]


def test_a_classifier_has_its_own_labels(seqtext, monkeypatch) -> None:
    monkeypatch.undo()
    result = seqtext("classify", "a text", "--labels", "good,bad", "--model", "language-id")
    assert result.status == 1
    assert "'classify'; one for 'fill' is needed. Labels of --labels fill a blank" in result.error[0]
    assert result.error[1] == "leave --labels out, or --model fill-en"
