"""Implement `seqtext anomaly`, which finds the lines that do not belong."""

from typing import Any

import click

from seqtext.shell import quote

from . import answers, inputs, logs, options, output, tables
from .options import UsageFault


@click.command()
@options.texts
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    callback=options.pinned,
    help="A model folder, or a Hugging Face Hub id (user/name).",
)
@options.revision
@click.option("--threshold", type=float, metavar="SCORE", help="Mark scores above this.  [default: learnt in training]")
@click.option("--group", metavar="REGEX", help="As in training, which is remembered: lines of one id are a session.")
@click.option("--session-lines", type=int, metavar="N", help="As in training: so many lines in a row are a session.")
@click.option("--record-start", metavar="REGEX", help="As in training: where a record of several lines begins.")
@click.option("--all", "everything", is_flag=True, help="Show normal lines, too.")
@click.option("--accept", metavar="FILE", help="Teach the model that these lines are no alarms; - is standard input.")
@click.option("--follow", is_flag=True, help="Go on with lines that are added to --file, until Ctrl-C.")
@options.as_json
@tables.accepted
def anomaly(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str | None,
    threshold: float | None,
    group: str | None,
    session_lines: int | None,
    record_start: str | None,
    everything: bool,
    accept: str | None,
    follow: bool,
    as_json: bool,
    table: tables.TableOptions,
) -> None:
    """Find the lines that do not belong among the normal lines which a model has learnt.

    \b
    seqtext train anomaly normal.log --run runs/log
    seqtext anomaly --file today.log --model runs/log
    seqtext anomaly --file - --model runs/log < today.log

    Of a --file, the anomalous lines are shown: number, *, score, and the line with [[what surprises]] in brackets, or
    in red on a terminal. With --all, and of a TEXT, normal lines are shown, too, without a *. --json gives all. All of
    a text is counted; of a very long one, the beginning is read for surprises: "read" and "cut" in --json count the
    words that were and were not. To a table, the columns anomaly_score and anomalous are added.

    --group, --session-lines and --record-start of training hold here, too. A session is shown with its id, its lines
    and those that surprise most, in --json as "group", "file", "line" (the first), "lines", "score", "anomalous" and
    "spans" (of each "line", "text", "bits"); a record with the number of its first line. A session is judged once it
    is complete: at the end, at 1,000 lines, or where 100,000 are open and it has waited longest for a line.

    False alarms are taught in a moment: seqtext anomaly --accept alarms.log --model runs/log. Lines that differ from
    them in times, addresses and ids are no alarms either, nor are those that differ where accepted lines do. The model
    folder keeps them in accepted.json, one a line; to undo one, delete its line there. --follow reads a log from
    its start, and then what is written to it or to the file that takes its place, as tail -F does.
    """
    follow = _refuse_other(texts, file, accept, follow, table)
    lines = iter(()) if accept else inputs.read_texts(texts, file, encoding_errors)
    if model is None:
        raise UsageFault(
            "No --model was given; none is bundled, because what is normal differs from log to log.",
            "seqtext train anomaly normal.log --run runs/log",
        )
    from seqtext.models.alarm_threshold import check_threshold
    from seqtext.models.answers import answering
    from seqtext.models.log_sessions import check_grouping
    from seqtext.models.options import AnomalyOptions
    from seqtext.storage.catalog import load

    limit = None if threshold is None else check_threshold(threshold)
    if accept is not None:
        logs.accept(model, accept, encoding_errors, limit, as_json)
        return
    detector, record, asked = load(model, "anomaly"), answering("anomaly"), AnomalyOptions(limit)
    check_grouping(detector, group=group, session_lines=session_lines, record_start=record_start)
    if table:
        return table.answer(detector.detect, without={"--all": everything}, threshold=limit)
    if follow:
        if detector.grouping.sessions or detector.grouping.record_start:
            raise UsageFault(
                "--follow was given with a model that joins lines; it judges each line as it comes.",
                f"seqtext anomaly --file {quote(str(file))} --model {quote(model)}",
            )

        def say(one: Any, number: int) -> None:
            if as_json:
                output.say_json({**record.tell(detector, one.text, one, asked), "file": file, "line": number})
            elif everything or one.anomalous:
                show(one, number)

        logs.follow(str(file), encoding_errors, lambda some: detector.detect(some, limit), say)
        return
    if any(detector.grouping):
        from . import sessions  # imports NumPy, which would slow the start of every command

        return sessions.answer(detector, file, lines, sessions.Shown(limit, everything, as_json, show))
    anomalies, seen, unread = 0, 0, answers.Unread("line" if file else "text")
    for seen, one in enumerate(detector.detect((text for _, text in lines), limit, inputs.read_ahead(file)), 1):
        anomalies += one.anomalous
        read, cut = detector.words_read(one.text)
        unread.add(read, cut)
        if as_json:
            output.say_json(record.tell(detector, one.text, one, asked))
        elif everything or file is None or one.anomalous:
            show(one, seen)
    unread.say()
    if file is not None and not as_json:
        limit = detector.threshold if limit is None else limit
        output.note(f"{anomalies:,} of {seen:,} lines score above {output.number(limit)}.")


def _refuse_other(
    texts: tuple[str, ...], file: str | None, accept: str | None, follow: bool, table: tables.TableOptions
) -> bool:
    """Tell whether to follow --file; raises UsageFault for what goes with neither --accept nor --follow."""
    named = file not in (None, "-")  # "-" is given for standard input that nobody named, too
    if accept is not None and (texts or named or follow):
        received = "--follow" if follow else "--file" if named else "a TEXT"
        raise UsageFault(f"--accept was given with {received}; it answers nothing.", "--accept alarms.log")
    if follow and file == "-":
        output.note("--follow is not needed: standard input is read until it ends.")
        return False
    if follow and (file is None or table or _is_packed_or_document(file)):
        received = "without a --file" if file is None else f"with {file}"
        raise UsageFault(f"--follow was given {received}; a log of plain text is expected.", "--file app.log --follow")
    if follow and table.encoding is not None:
        message = f"--follow was given with --encoding {table.encoding}; a log that grows is read as UTF-8."
        raise UsageFault(message, f"--file {quote(str(file))} --encoding {table.encoding}")
    return follow


def _is_packed_or_document(file: str) -> bool:
    from seqtext.data.encodings import COMPRESSIONS
    from seqtext.data.formats.registry import PAIRS, TEXTS, format_of

    return file.endswith(tuple(COMPRESSIONS)) or format_of(file).gives in (TEXTS, PAIRS)


def show(one: Any, number: int) -> None:
    """Print a judged line with its score and its surprising spans.

    Its number, from 1, comes first, with a * if it is anomalous.
    """
    line = f"{number:>6}  {'*' if one.anomalous else '':1} {one.score:6.2f}  "
    if output.in_colour():
        output.say_painted(f"{line}{_painted(one)}".rstrip())
    else:
        output.say(f"{line}{_marked(one)}".rstrip())


def _marked(one: Any) -> str:
    """Return the text on one line, with the surprising spans of an anomalous line in brackets."""
    shown, position = "", 0
    for start, end, _ in one.spans if one.anomalous else ():
        shown += f"{one.text[position:start]}[[{one.text[start:end]}]]"
        position = end
    return output.one_line(shown + one.text[position:])


def _painted(one: Any) -> str:
    """Return the text on one line of a terminal, with the surprising spans of an anomalous line in red."""
    shown, position = "", 0
    for start, end, _ in one.spans if one.anomalous else ():
        shown += output.paint(one.text[position:start]) + output.paint(one.text[start:end], fg="red")
        position = end
    return shown + output.paint(one.text[position:])
