"""`seqtext anomaly`: what is shown of lines, with the detector replaced."""

import json

import pytest

from seqtext.data.sessions import Grouping
from seqtext.models.anomaly_detector import Anomaly, Span


class Detector:
    """Calls lines with "odd" anomalous, and says which."""

    threshold = 2.5
    grouping = Grouping()

    def __init__(self) -> None:
        self.asked: list[tuple[float | None, int]] = []

    def detect(self, texts, threshold=None, batch=256):
        self.asked.append((threshold, batch))
        for text in texts:
            place = text.find("odd")
            spans = [Span(place, place + 3, 9.5)] if place >= 0 else [Span(0, 1, 0.5)][: len(text)]
            yield Anomaly(text, 4.25 if place >= 0 else 0.5, place >= 0, spans)

    def words_read(self, text):
        words = len(text.split())
        return min(words, 6), max(words - 6, 0)


@pytest.fixture
def detector(monkeypatch) -> Detector:
    found = Detector()
    names: list[tuple[str, str]] = []

    def load(name, task):
        names.append((name, task))
        return found

    found.names = names  # type: ignore[attr-defined]
    monkeypatch.setattr("seqtext.storage.catalog.load", load)
    return found


def test_texts_are_all_shown(seqtext, detector) -> None:
    result = seqtext("anomaly", "all fine", "an odd line", "--model", "runs/log")
    assert result.stdout == "     1      0.50  all fine\n     2  *   4.25  an [[odd]] line\n"
    assert result.stderr == ""
    assert detector.names == [("runs/log", "anomaly")]
    assert detector.asked == [(None, 1)]


def test_of_a_file_what_is_odd(seqtext, detector, tmp_path) -> None:
    (tmp_path / "a.log").write_text("fine\n\nodd\nfine\n")
    result = seqtext("anomaly", "--file", str(tmp_path / "a.log"), "--model", "m", "--threshold", "3")
    assert (result.status, result.stdout) == (0, "     3  *   4.25  [[odd]]\n")
    assert result.stderr == "1 of 4 lines score above 3.\n"
    assert detector.asked == [(3.0, 256)]
    result = seqtext("anomaly", "--file", str(tmp_path / "a.log"), "--model", "m", "--all")
    assert len(result.stdout.splitlines()) == 4


def test_json_gives_every_line(seqtext, detector) -> None:
    result = seqtext("anomaly", "--file", "-", "--model", "m", "--json", stdin=b"fine\n\nodd \xc3\xa9\n")
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["text"] for one in objects] == ["fine", "", "odd é"]
    assert objects[1] == {"text": "", "score": 0.5, "anomalous": False, "spans": []}
    assert objects[2]["spans"] == [{"start": 0, "end": 3, "bits": 9.5}]
    assert detector.asked == [(None, 1)]  # of standard input, each line as it comes
    assert result.stderr == ""


def test_a_line_is_shown_on_one_line(seqtext, detector) -> None:
    result = seqtext("anomaly", "--file", "-", "--model", "m", stdin="an odd\u2028li\x0bne\rhere\n".encode())
    assert result.stdout == "     1  *   4.25  an [[odd]] li ne here\n"


def test_how_much_was_read_is_said(seqtext, detector) -> None:
    texts = "a b\n" + "w " * 10 + "\n"
    result = seqtext("anomaly", "--file", "-", "--model", "m", stdin=texts.encode())
    assert "Of 1 of 2 lines, only the beginning was read: 6 of 10 words." in result.stderr.splitlines()
    result = seqtext("anomaly", "--file", "-", "--model", "m", "--json", stdin=texts.encode())
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert "cut" not in found[0]
    assert (found[1]["read"], found[1]["cut"]) == (6, 4)


def test_colour_on_a_terminal_only(seqtext, detector, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.cli.output.on_terminal", lambda: True)
    assert seqtext("anomaly", "an odd\nline", "--model", "m").stdout.endswith("an \x1b[31modd\x1b[0m line\n")


def test_no_model(seqtext) -> None:
    result = seqtext("anomaly", "a line")
    assert result.status == 2
    assert result.error == (
        "No --model was given; none is bundled, because what is normal differs from log to log.",
        "seqtext train anomaly normal.log --run runs/log",
    )


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_threshold_is_finite(seqtext, detector, value) -> None:
    result = seqtext("anomaly", "a line", "--model", "m", "--threshold", value)
    assert result.status == 2
    assert result.error == (f"--threshold received {value}; a finite number is expected.", "--threshold 3.5")


def test_a_model_of_another_task(seqtext) -> None:
    result = seqtext("anomaly", "a line", "--model", "fill-en")
    assert result.status == 1
    assert result.error[0] == "fill-en is a model for 'fill'; one for 'anomaly' is needed."


def test_no_text(seqtext, detector) -> None:
    assert seqtext("anomaly", "--model", "m").status == 2
