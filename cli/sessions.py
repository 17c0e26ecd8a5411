"""Judge sessions and records of a log for `seqtext anomaly`."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from seqtext.data.lines import Report, shown
from seqtext.data.sampling import batched_until_fault

from . import inputs, output

_MOST = 5  # lines of a session that are shown


class Shown(NamedTuple):
    """Describe the output: threshold, selection and format.

    The threshold is a score (None: the model's); all lines or the anomalous ones are shown, as JSON or as text.

    line: prints a judged text and its number
    """

    limit: float | None
    everything: bool
    as_json: bool
    line: Callable[[Any, int], None]


def answer(detector: Any, file: str | None, lines: Iterator[tuple[str, str]], asked: Shown) -> None:
    """Judge the sessions or records in a file or TEXT arguments."""
    texts = (text for _, text in lines)
    ahead = inputs.read_ahead(file)
    if not detector.grouping.sessions:
        return _answer_records(detector, file, texts, asked, ahead)
    report = Report()
    anomalies = number = 0
    for session in detector.detect_sessions(texts, asked.limit, ahead, report):
        anomalies, number = anomalies + session.anomalous, number + 1
        if asked.as_json:
            output.say_json(_as_json(session, file))
        elif asked.everything or session.anomalous or file is None:
            _show(session, file)
    _say_end(detector, asked, anomalies, number, "sessions", report)


def _answer_records(detector: Any, file: str | None, texts: Iterator[str], asked: Shown, ahead: int) -> None:
    anomalies = number = 0
    records = detector.grouping.records(enumerate(texts, 1))
    for batch in batched_until_fault(records, ahead):
        for record, anomaly in zip(batch, detector.detect([entry.text for entry in batch], asked.limit), strict=True):
            anomalies, number = anomalies + anomaly.anomalous, number + 1
            if asked.as_json:
                where = {} if file is None else {"file": shown(file)}
                spans = [span._asdict() for span in anomaly.spans]
                output.say_json({**anomaly._asdict(), "spans": spans, **where, "line": record.place})
            elif asked.everything or anomaly.anomalous or file is None:
                asked.line(anomaly, record.place)
    _say_end(detector, asked, anomalies, number, "records", Report())


def _as_json(one: Any, file: str | None) -> dict[str, Any]:
    where = {} if file is None else {"file": shown(file)}
    return {
        "group": one.group, **where, "line": one.lines[0], "lines": one.lines, "score": one.score,
        "anomalous": one.anomalous, "spans": [span._asdict() for span in one.spans],
    }  # fmt: skip


def _show(one: Any, file: str | None) -> None:
    """Print a session: * if it is anomalous, score, id and lines; below it, the lines that surprise most."""
    where = f"{shown(file)}, " if file else ""
    name = f"{one.group}  " if one.group else ""
    output.say(output.one_line(f"{'*' if one.anomalous else ' '} {one.score:6.2f}  {name}{where}{_lines(one)}"))
    if one.anomalous:
        most = sorted(sorted(one.spans, key=lambda span: -span.bits)[:_MOST], key=lambda span: span.line)
        for span in most:
            output.say(output.one_line(f"{span.line:>8}  {span.bits:5.1f} bits  {span.text.strip()}"))


def _lines(one: Any) -> str:
    first, last, count = one.lines[0], one.lines[-1], len(one.lines)
    return f"line {first}" if count == 1 else f"lines {first} to {last} ({count:,} lines)"


def _say_end(detector: Any, asked: Shown, found: int, number: int, noun: str, report: Report) -> None:
    """Note how many were odd, which lines were in none, and the effect of the bounds."""
    for reason, count in report.skipped.items():
        output.note(f"{reason}: {count:,}")
    for told in report.notes:
        output.note(told)
    limit = detector.threshold if asked.limit is None else asked.limit
    if not asked.as_json:
        output.note(f"{found:,} of {number:,} {noun} score above {output.number(limit)}.")
