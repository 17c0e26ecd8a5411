"""`seqtext evaluate`: a model's scores beside a baseline."""

import json
import math

import pytest

from seqtext.errors import CorpusError

METRICS = {"blanks": 2000, "top1": 0.3, "perplexity": math.inf, "baseline": {"top1": 0.1}}


@pytest.fixture
def asked(monkeypatch):
    """What `seqtext.evaluation.evaluate.evaluate` was called with."""
    calls = []

    def evaluate(*arguments, **settings):
        calls.append((arguments, settings))
        return METRICS

    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", evaluate)
    monkeypatch.setattr("seqtext.storage.catalog.load", lambda name: f"the model {name}")
    return calls


def test_a_table_beside_the_baseline(seqtext, asked) -> None:
    result = seqtext("evaluate", "fill-en", "a.txt")
    assert result.stdout.splitlines() == [
        "            model  baseline",
        "blanks      2,000         -",
        "top1          0.3       0.1",
        "perplexity      -         -",
    ]
    nothing = {
        "columns": None,
        "encoding_errors": "strict",
        "limit": None,
        "seed": 1,
        "on_error": "",
        "paragraphs": False,
    }
    assert asked == [(("the model fill-en", ("a.txt",)), nothing)]


def test_a_negative_seed_is_wrong_usage(seqtext, asked) -> None:
    assert seqtext("evaluate", "fill-en", "a.txt", "--seed", "-1").status == 2
    assert not asked


def test_the_share_that_was_learnt_is_a_sentence_below_the_scores(seqtext, asked, monkeypatch) -> None:
    learnt = {"learnt": 0.5, "learnt_note": "50 % of the texts given"}
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *arguments, **settings: {**METRICS, **learnt})
    lines = seqtext("evaluate", "m", "a.txt").stdout.splitlines()
    assert lines[-3:] == ["perplexity      -         -", "", "learnt  50 % of the texts given"]
    assert json.loads(seqtext("evaluate", "m", "a.txt", "--json").stdout)["learnt"] == 0.5


def test_notes_on_the_corpus_go_to_stderr(seqtext, asked, monkeypatch) -> None:
    notes = {"notes": ["first skipped: empty text: a.tsv, line 4"]}
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *arguments, **settings: {**METRICS, **notes})
    result = seqtext("evaluate", "m", "a.txt", "--encoding", "cp1252")
    assert result.stderr == "Note      first skipped: empty text: a.tsv, line 4\n"
    assert "skipped" not in result.stdout
    assert json.loads(seqtext("evaluate", "m", "a.txt", "--json").stdout)["notes"] == notes["notes"]


def test_intervals_stand_beside_the_scores_of_the_model(seqtext, asked, monkeypatch) -> None:
    spans = {"intervals": {"top1": [0.28123, 0.32456]}}
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *arguments, **settings: {**METRICS, **spans})
    assert seqtext("evaluate", "m", "a.txt").stdout.splitlines() == [
        "            model  95 % range        baseline",
        "blanks      2,000                           -",
        "top1          0.3  (0.281 to 0.325)       0.1",
        "perplexity      -                           -",
    ]
    assert json.loads(seqtext("evaluate", "m", "a.txt", "--json").stdout)["intervals"] == spans["intervals"]
    several = {**METRICS, **spans, "baseline": {"usual": {"top1": 0.1}}}
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *arguments, **settings: several)
    assert seqtext("evaluate", "m", "a.txt").stdout.splitlines()[2] == "top1          0.3  (0.281 to 0.325)    0.1"


def test_json_is_one_object(seqtext, asked) -> None:
    result = seqtext("evaluate", "m", "a.txt", "b.txt", "--json", "--limit", "9", "--seed", "7", "--columns", "text=t")
    assert json.loads(result.stdout) == {**METRICS, "perplexity": None}
    (arguments, settings) = asked[0]
    assert arguments[1] == ("a.txt", "b.txt")
    usual = {"encoding_errors": "strict", "on_error": "", "paragraphs": False}
    assert settings == {"columns": {"text": "t"}, "limit": 9, "seed": 7, **usual}


def test_no_corpus(seqtext, asked) -> None:
    result = seqtext("evaluate", "fill-en")
    assert result.status == 2
    assert result.error == ("Missing argument 'CORPUS...'.", "seqtext evaluate --help")
    assert asked == []


def test_a_fault_of_the_corpus(seqtext, asked, monkeypatch) -> None:
    def evaluate(*arguments, **settings):
        raise CorpusError("a.txt, line 3: no text.", "remove the line")

    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", evaluate)
    result = seqtext("evaluate", "fill-en", "a.txt")
    assert (result.status, result.stdout) == (1, "")
    assert result.error == ("a.txt, line 3: no text.", "remove the line")


def test_settings_of_a_detector_are_passed_on_where_given(seqtext, asked) -> None:
    arguments = ["--anomalies", "b.log", "--anomalies", "c.log", "--false-alarms", "0", "--normal", "ok"]
    seqtext("evaluate", "m", "a.log", *arguments)
    settings = asked[0][1]
    assert settings["anomalies"] == ("b.log", "c.log")
    assert (settings["false_alarms"], settings["normal_labels"]) == (0.0, ("ok",))


def test_the_file_of_answers_is_passed_on(seqtext, asked) -> None:
    seqtext("evaluate", "m", "a.tsv", "--output", "out.txt")
    assert asked[0][1]["output"] == "out.txt"


def test_several_baselines_stand_side_by_side(seqtext, asked, monkeypatch) -> None:
    scores = {"texts": 1200, "rouge1": 31.25, "signature": "nrefs:1|case:mixed", "words": 12.0}
    baselines = {"lead sentences": {"rouge1": 20.5, "words": 25.0}, "extract": {"rouge1": math.nan}}
    metrics = {**scores, "baseline": baselines}
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *arguments, **settings: metrics)
    assert seqtext("evaluate", "m", "a.tsv").stdout.splitlines() == [
        "        model  lead sentences  extract",
        "texts   1,200               -        -",
        "rouge1  31.25            20.5        -",
        "words      12              25        -",
        "signature  nrefs:1|case:mixed",
    ]
    found = json.loads(seqtext("evaluate", "m", "a.tsv", "--json").stdout)
    assert found == {**scores, "baseline": {**baselines, "extract": {"rouge1": None}}}


def test_a_translator_from_the_file_to_the_table(seqtext, tmp_path, monkeypatch) -> None:
    class Copyist:
        task = "translate"

        def translate(self, texts):
            return [[type("Answer", (), {"text": text})] for text in texts]

    monkeypatch.setattr("seqtext.storage.catalog.load", lambda name: Copyist())
    (tmp_path / "a.tsv").write_text("one two three four\tone two three four\n" * 3, encoding="utf-8")
    result = seqtext("evaluate", "m", str(tmp_path / "a.tsv"), "--output", str(tmp_path / "out.txt"))
    assert result.status == 0
    assert [line.split() for line in result.stdout.splitlines()[:-1]] == [
        ["model", "copy"], ["sentences", "3", "-"], ["bleu", "100", "100"], ["bleu_lowercased", "100", "100"],
        ["chrf", "100", "100"],
    ]  # fmt: skip
    assert result.stdout.splitlines()[-1].startswith("bleu_signature  nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "one two three four\n" * 3
    result = seqtext("evaluate", "m", str(tmp_path / "a.tsv"), "--output", str(tmp_path))
    assert (result.status, result.error[1]) == (2, "--output answers.txt")


def test_a_classifier_is_shown_label_by_label(seqtext, asked, monkeypatch) -> None:
    labels = {
        name: {"precision": 0.5, "recall": 1.0, "f1": f1, "texts": 2} for name, f1 in (("ham", 0.25), ("egg", 1.0))
    }
    metrics = {
        "texts": 4, "accuracy": 0.75, "labels": labels, "confusion": "     ham  egg\nham    1    1",
        "baseline": {"usual label": {"accuracy": 0.5}, "naive bayes": {"accuracy": 0.7}},
    }  # fmt: skip
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *arguments, **settings: metrics)
    assert seqtext("evaluate", "m", "a.tsv", "--baseline", "b.tsv").stdout.splitlines() == [
        "          model  usual label  naive bayes",
        "texts         4            -            -",
        "accuracy   0.75          0.5          0.7",
        "",
        "     precision  recall    f1  texts",
        "egg        0.5       1     1      2",
        "ham        0.5       1  0.25      2",
        "",
        "answered → (a row for each true label)",
        "     ham  egg",
        "ham    1    1",
    ]
    labels |= {f"label {k:02}": {**labels["egg"], "f1": 0.5} for k in range(30)}
    lines = seqtext("evaluate", "m", "a.tsv").stdout.splitlines()
    assert len(lines) == 30
    assert "… 12 more" in lines[15]


def test_a_picture_and_several_labels(seqtext, asked, monkeypatch) -> None:
    seqtext("evaluate", "m", "a.tsv", "--picture", "out.png")
    assert asked[0][1]["picture"] == "out.png"
    labels = {"ham": {"precision": 0.5, "recall": 1.0, "f1": 0.25, "texts": 2}}
    metrics = {"micro_f1": 0.75, "labels": labels, "baseline": {"usual labels": {"micro_f1": 0.5}}}
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *arguments, **settings: metrics)
    assert seqtext("evaluate", "m", "a.tsv").stdout.splitlines() == [
        "          model  usual labels",
        "micro_f1   0.75           0.5",
        "",
        "     precision  recall    f1  texts",
        "ham        0.5       1  0.25      2",
    ]


def test_what_was_noticed_is_a_note_and_a_key_of_the_json(seqtext, asked, monkeypatch) -> None:
    told = {**METRICS, "notes": ["lines look wrapped", "left out: b.txt"]}
    monkeypatch.setattr("seqtext.evaluation.evaluate.evaluate", lambda *given, **settings: dict(told))
    result = seqtext("evaluate", "fill-en", "a.txt")
    assert "notes" not in result.stdout
    assert result.stderr.splitlines()[-2:] == ["Note      lines look wrapped", "Note      left out: b.txt"]
    assert json.loads(seqtext("evaluate", "fill-en", "a.txt", "--json").stdout)["notes"] == told["notes"]
