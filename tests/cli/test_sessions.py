"""`seqtext anomaly` of sessions and records: what is shown, with the detector replaced."""

import json
from pathlib import Path

import pytest

from seqtext.data.lines import Report
from seqtext.data.sessions import NO_ID, Grouping
from seqtext.models.anomaly_detector import Anomaly, Span
from seqtext.models.log_sessions import LineSpan, SessionAnomaly


class Detector:
    """Calls sessions with "odd" in a line anomalous; each word is an id."""

    threshold = 2.5

    def __init__(self, grouping: Grouping) -> None:
        self.grouping = grouping
        self.batches: list[int] = []

    def detect(self, texts, threshold=None, batch=256):
        return [Anomaly(text, 4.25, "odd" in text, [Span(0, 3, 9.5)] if "odd" in text else []) for text in texts]

    def detect_sessions(self, lines, threshold=None, batch=256, report: Report | None = None):
        self.batches.append(batch)
        texts = list(lines)
        odd = [number for number, text in enumerate(texts, 1) if "odd" in text]
        spans = [LineSpan(number, texts[number - 1], float(number)) for number in odd]
        yield SessionAnomaly("blk_1", list(range(1, len(texts) + 1)), 4.25 if odd else 0.5, bool(odd), spans)
        yield SessionAnomaly("", [2], 0.5, False, [])
        report.skip(NO_ID)
        report.note("3 sessions were closed before the end")


@pytest.fixture
def asked(monkeypatch, seqtext):
    def ask(grouping: Grouping, *typed: str):
        detector = Detector(grouping)
        monkeypatch.setattr("seqtext.storage.catalog.load", lambda name, task: detector)
        result = seqtext("anomaly", "--model", "m", *typed)
        return result, detector

    return ask


@pytest.fixture
def log(tmp_path: Path) -> str:
    (tmp_path / "a.log").write_text("fine\nan odd line\nfine\n\todd, too\n")
    return str(tmp_path / "a.log")


def test_an_alarm_names_file_and_lines(asked, log) -> None:
    result, detector = asked(Grouping("blk"), "--file", log)
    assert result.stdout == (
        f"*   4.25  blk_1  {log}, lines 1 to 4 (4 lines)\n"
        "       2    2.0 bits  an odd line\n"
        "       4    4.0 bits  odd, too\n"
    )
    assert f"{NO_ID}: 1\n" in result.stderr
    assert "3 sessions were closed before the end" in result.stderr
    assert result.stderr.endswith("1 of 2 sessions score above 2.5.\n")
    assert detector.batches == [256]


def test_normal_sessions_are_shown_where_all_are_asked_for(asked, log) -> None:
    result, _ = asked(Grouping("blk"), "--file", log, "--all", "--threshold", "3")
    assert result.stdout.splitlines()[-1] == f"    0.50  {log}, line 2"
    assert result.stderr.endswith("score above 3.\n")


def test_sessions_as_json(asked, log) -> None:
    result, _ = asked(Grouping("", 4), "--file", log, "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert first == {
        "group": "blk_1", "file": log, "line": 1, "lines": [1, 2, 3, 4], "score": 4.25, "anomalous": True,
        "spans": [{"line": 2, "text": "an odd line", "bits": 2.0}, {"line": 4, "text": "\todd, too", "bits": 4.0}],
    }  # fmt: skip
    assert (second["lines"], second["anomalous"]) == ([2], False)


def test_texts_are_lines_of_one_log(asked) -> None:
    result, detector = asked(Grouping("blk"), "a", "odd")
    assert result.stdout.splitlines()[0] == "*   4.25  blk_1  lines 1 to 2 (2 lines)"
    assert detector.batches == [1]


def test_records_count_lines_of_the_file(asked, log) -> None:
    result, _ = asked(Grouping(record_start="indent"), "--file", log, "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["line"], one["text"], one["anomalous"]) for one in found] == [
        (1, "fine", False), (2, "an odd line", True), (3, "fine\n\todd, too", True),
    ]  # fmt: skip
    assert {one["file"] for one in found} == {log}
    result, _ = asked(Grouping(record_start="indent"), "--file", log)
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["2", "3"]
    assert result.stderr == "2 of 3 records score above 2.5.\n"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--group", "x"), "--group received 'x'; the model was trained with 'blk'"),
        (("--session-lines", "5"), "--session-lines received 5; the model was trained with none"),
        (("--record-start", "indent"), "--record-start received 'indent'; the model was trained with none"),
    ],
)
def test_another_grouping_than_that_of_training_is_refused(asked, log, typed, told) -> None:
    result, _ = asked(Grouping("blk"), "--file", log, *typed)
    assert result.status == 2
    assert told in result.stderr
    assert f"leave {typed[0]} out" in result.stderr


@pytest.mark.parametrize("grouping", [Grouping("blk"), Grouping("", 3), Grouping(record_start="indent")])
def test_a_log_that_grows_is_judged_line_by_line_alone(asked, log, grouping) -> None:
    result, _ = asked(grouping, "--file", log, "--follow")
    assert result.status == 2
    assert "--follow was given with a model that joins lines" in result.stderr


def test_the_grouping_of_training_may_be_repeated(asked, log) -> None:
    result, _ = asked(Grouping("blk"), "--file", log, "--group", "blk")
    assert result.status == 0
