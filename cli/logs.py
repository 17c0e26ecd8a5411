"""Accept false alarms and follow growing logs for `seqtext anomaly`."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from seqtext.shell import quote

from . import inputs, output, process
from .options import UsageFault

_SHOWN = re.compile(r" *\d+  \*  *-?\d+\.\d\d  ")  # a line as `seqtext anomaly` shows it


def accept(model: str, file: str, encoding_errors: str, threshold: float | None, as_json: bool) -> None:
    """Accept a file's lines as false alarms, and say which were alarms."""
    folder = _own_folder(model)
    lines = [text for _, text in inputs.read_texts((), file, encoding_errors)]
    _refuse_shown(lines, model, file)
    from seqtext.data.lines import Report
    from seqtext.storage.catalog import load

    detector = load(folder, "anomaly")
    noun = "sessions" if detector.grouping.sessions else "lines"
    report = Report()
    lines = list(detector.grouping.texts(lines, report))  # as they are judged
    for reason, count in report.skipped.items():
        output.note(f"{reason}: {count:,}")
    taught = detector.accept(lines, threshold)
    if any(judged.accepted for judged in taught):
        detector.save_accepted()
    if as_json:
        for judged in taught:
            output.say_json(judged._asdict())
        return
    accepted: dict[str, int] = {}
    for judged in taught:
        if judged.accepted:
            accepted[judged.masked] = accepted.get(judged.masked, 0) + 1
    if accepted:
        output.say(output.table([[f"{times:,}", line] for line, times in accepted.items()], right=[0]))
    usual = sum(not judged.accepted for judged in taught)
    output.note(
        f"Accepted {sum(accepted.values()):,} of {len(taught):,} {noun} ({len(accepted):,} different when masked)"
        + (f"; {usual:,} {'was' if usual == 1 else 'were'} already normal" if usual else "")
        + (f". They stand in {folder / 'accepted.json'}; delete a line there to undo it." if accepted else ".")
    )


def _own_folder(model: str) -> Path:
    """Find the folder of a user's own model; raises UsageFault for one that is bundled or on the Hub."""
    from seqtext.storage.catalog import bundled

    if model in bundled():
        raise UsageFault(
            f"{model} comes with seqtext; only a model folder of your own can be taught.",
            "seqtext train anomaly normal.log --run runs/log",
        )
    if not os.path.exists(model):
        raise UsageFault(
            f"{model} is not a model folder here; only one of your own can be taught.",
            f"hf download {quote(model)} --local-dir runs/log, if it is on the Hugging Face Hub, then --model runs/log",
        )
    return Path(model)


def _refuse_shown(lines: list[str], model: str, file: str) -> None:
    """Raise UsageFault for output of the command: the log's own lines are to be accepted."""
    number = next((number for number, line in enumerate(lines, 1) if _SHOWN.match(line)), None)
    if number is not None:
        raise UsageFault(
            f"{'standard input' if file == '-' else file}, line {number} is what seqtext anomaly shows of a line; the "
            "line itself is expected.",
            f"seqtext anomaly --file today.log --model {quote(model)} --json | "
            f"jq -r {quote('select(.anomalous).text')} > alarms.log",
        )


def follow(file: str, encoding_errors: str, judge: Callable[[list[str]], Any], say: Callable[[Any, int], None]) -> None:
    """Judge the lines of a growing file, until interrupted.

    judge: returns the answers to some lines; say: prints one, with the number of its line
    """
    from seqtext.data.growing import follow_lines
    from seqtext.data.sampling import batched

    seen = FollowedCounts(file)
    try:
        with process.terminable(seen.told):
            for lines in follow_lines(file, encoding_errors, output.note):
                for batch in batched(lines, inputs.READ_AHEAD):
                    for (number, _), anomaly in zip(batch, judge([text for _, text in batch]), strict=True):
                        seen.add(anomaly)
                        say(anomaly, number)
    except KeyboardInterrupt as interruption:
        output.note(seen.told())
        raise click.exceptions.Exit(process.status(interruption)) from None


class FollowedCounts:
    """Count the lines of a log that was followed, and the anomalies."""

    def __init__(self, file: str) -> None:
        self._file, self._lines, self._odd = file, 0, 0

    def add(self, one: Any) -> None:
        """Count a line."""
        self._lines, self._odd = self._lines + 1, self._odd + one.anomalous

    def told(self) -> str:
        """Describe the counts in a sentence."""
        return f"{self._odd:,} of {self._lines:,} lines of {self._file} were anomalous."
