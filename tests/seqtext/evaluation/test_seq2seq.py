"""The scores of translators and summarizers, beside answers that need no model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from seqtext.config import SearchConfig
from seqtext.errors import ConfigError, CorpusError
from seqtext.evaluation.corpus import Corpus
from seqtext.evaluation.metrics import bleu, chrf, rouge
from seqtext.evaluation.seq2seq import (
    DrawnPairs,
    evaluate_summarizer,
    evaluate_translator,
    measure_summarizer,
    measure_translator,
)
from seqtext.models.summaries import Summary
from seqtext.models.translator import Translation

USUAL, WIDE = SearchConfig(), SearchConfig(beam=9)


class Shouter:
    """Translates by shouting, and summarizes by the first line and "END"; a wide beam finds nothing."""

    def translate(self, texts: Sequence[str], search: SearchConfig = USUAL) -> list[list[Translation]]:
        return [[Translation("" if search == WIDE else text.upper(), -1.0), Translation("?", -2.0)] for text in texts]

    def summarize(self, texts: Sequence[str], search: SearchConfig = USUAL) -> list[list[Summary]]:
        return [[Summary("" if search == WIDE else f"{text.splitlines()[0]}\nEND", -1.0, 9, 0)] for text in texts]


PAIRS = [
    {"source": "a red bird sings loudly ", "target": "A RED BIRD SINGS LOUDLY"},
    {"source": "a red bird sings loudly", "target": "a red bird sang very loudly"},
    {"source": "it rains\nin the old town", "target": "IT RAINS IN THE OLD TOWN"},
]


def test_a_translator_beside_the_copy(tmp_path: Path) -> None:
    found = measure_translator(Shouter(), PAIRS, output=tmp_path / "out.txt")  # type: ignore[arg-type]
    signature, baseline = found.pop("bleu_signature"), found.pop("baseline")
    assert list(found) == ["sentences", "bleu", "bleu_lowercased", "chrf", "intervals"]
    sources, targets = [row["source"].strip() for row in PAIRS], [row["target"] for row in PAIRS]
    outputs = [text.upper() for text in sources]
    assert found["sentences"] == 3
    assert found["bleu"] == bleu(outputs, targets)["bleu"]
    assert found["chrf"] == chrf(outputs, targets)["chrf"]
    assert found["bleu_lowercased"] == bleu(outputs, targets, lowercase=True)["bleu"] > found["bleu"] + 10
    assert signature == bleu(outputs, targets)["signature"]
    assert list(baseline) == ["copy"]
    assert baseline["copy"]["bleu"] == bleu(sources, targets)["bleu"] < found["bleu"]
    assert baseline["copy"]["bleu_lowercased"] == found["bleu_lowercased"]
    assert (tmp_path / "out.txt").read_bytes() == b"A RED BIRD SINGS LOUDLY\n" * 2 + b"IT RAINS IN THE OLD TOWN\n"


DOCUMENTS = [
    {
        "source": "Rain fell all day\nThe river rose. The old mill by the river was flooded.\nNobody was hurt.",
        "target": "Rain fell all day. The mill was flooded.",
    },
    {
        "source": "The fair opens\nIt opens on Monday. Tickets for the fair cost four coins.",
        "target": "The fair opens.",
    },
]


def test_a_summarizer_beside_leads_and_extracts(tmp_path: Path) -> None:
    found = measure_summarizer(Shouter(), DOCUMENTS, output=str(tmp_path / "out.txt"))  # type: ignore[arg-type]
    baseline = found.pop("baseline")
    targets = [row["target"] for row in DOCUMENTS]
    outputs = ["Rain fell all day END", "The fair opens END"]
    assert found == {"texts": 2, **rouge(outputs, targets), "words": 4.5, "intervals": {}}
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").splitlines() == outputs
    # a target has one sentence and a half, made 2, and five words and a half, made 6
    assert list(baseline) == ["lead sentences", "lead of the same length", "extract"]
    leads = ["Rain fell all day\nThe river rose.", "The fair opens\nIt opens on Monday."]
    assert baseline["lead sentences"] == {**rouge(leads, targets), "words": 7.0}
    leads = ["Rain fell all day\nThe river", "The fair opens\nIt opens on"]
    assert baseline["lead of the same length"] == {**rouge(leads, targets), "words": 6.0}
    assert baseline["extract"]["words"] >= 6.0
    assert set(baseline["extract"]) == {"rouge1", "rouge2", "rougeL", "words"}


def test_the_search_is_passed_on() -> None:
    assert measure_translator(Shouter(), PAIRS, search=WIDE)["chrf"] == 0  # type: ignore[arg-type]
    assert measure_summarizer(Shouter(), DOCUMENTS, search=WIDE)["words"] == 0  # type: ignore[arg-type]


def test_rows_are_drawn_at_random_and_kept_in_order() -> None:
    rows = [{"source": str(number), "target": "x"} for number in range(200)]
    drawn = list(map(int, DrawnPairs.of(iter(rows), 20, 3).sources))
    assert len(drawn) == 20
    assert drawn == sorted(set(drawn))
    assert drawn[-1] > 100
    assert drawn == list(map(int, DrawnPairs.of(rows, 20, 3).sources))
    assert drawn != list(map(int, DrawnPairs.of(rows, 20, 4).sources))
    assert DrawnPairs.of(rows, None, 1) == DrawnPairs.of(rows, 200, 1)
    assert DrawnPairs.of(rows, None, 1).sources == [row["source"] for row in rows]
    assert measure_translator(Shouter(), rows, limit=7)["sentences"] == 7  # type: ignore[arg-type]


def test_no_row_at_all() -> None:
    with pytest.raises(CorpusError, match="no pair of source and target"):
        measure_translator(Shouter(), [])  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["", "missing/out.txt"])
def test_a_file_that_cannot_be_written_is_named_before_any_work(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    with pytest.raises(ConfigError) as caught:
        measure_translator(None, PAIRS, output=path)  # type: ignore[arg-type]
    assert caught.value.message.startswith(f"output received '{path}', which cannot be written: ")
    assert caught.value.hint == "output='answers.txt'"


def test_line_n_of_the_output_answers_line_n_of_the_corpus(tmp_path: Path) -> None:
    (tmp_path / "c.en").write_text("one man\n\n \ntwo men\nno answer\nthree\n", encoding="utf-8")
    (tmp_path / "c.fr").write_text("UN HOMME\n\n\nDEUX HOMMES\n\nTROIS\n", encoding="utf-8")
    (tmp_path / "c.tsv").write_text(
        "one man\tUN HOMME\n\n\ntwo men\tDEUX HOMMES\nno answer\t\nthree\tTROIS\n", encoding="utf-8"
    )
    (tmp_path / "c.csv").write_text("source,target\none man,A\n\n,\ntwo men,B\nno answer,\nthree,C\n", encoding="utf-8")
    out = tmp_path / "out.txt"
    for sources in (["c.en", "c.fr"], ["c.tsv"], ["c.csv"]):
        corpus = Corpus([str(tmp_path / name) for name in sources])
        found = evaluate_translator(Shouter(), corpus, output=out)  # type: ignore[arg-type]
        assert out.read_text(encoding="utf-8").split("\n") == ["ONE MAN", "", "", "TWO MEN", "", "THREE", ""]
        assert (found["sentences"], found["skipped"]) == (3, 3)
        evaluate_summarizer(Shouter(), corpus, output=out)  # type: ignore[arg-type]
        assert out.read_text(encoding="utf-8").count("\n") == 6
        found = evaluate_translator(Shouter(), replace(corpus, limit=2), output=out)  # type: ignore[arg-type]
        assert out.read_text(encoding="utf-8").count("\n") == found["sentences"] == 2


def test_blank_rows_alone_are_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("\n\t\nsource\t\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no pair"):
        evaluate_translator(Shouter(), Corpus([str(tmp_path / "c.tsv")]))  # type: ignore[arg-type]
