"""Show a training run's progress on stderr, its end on stdout. Progress is a bar on a terminal, lines elsewhere."""

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from seqtext.characters import visible
from seqtext.data.columns import JOIN
from seqtext.data.split import HELD_OUT_TEXT, measured_on
from seqtext.errors import SeqtextError
from seqtext.shell import quote
from seqtext.tasks import Task

from . import output, process

if TYPE_CHECKING:
    from seqtext.training.events import (
        Advice,
        Choosing,
        Chosen,
        Evaluated,
        Event,
        Finished,
        Started,
        Step,
        Tried,
        Trying,
    )

#: Seconds of training between two lines where stderr is not a terminal.
LINE_SECONDS = 15.0
_MANY_SUSPECTS = 0.2  # of the rows: seldom so many labels are wrong


def on_terminal() -> bool:
    """Tell whether stderr is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


class Training(NamedTuple):
    """Describe a training run by its command-line arguments.

    task: what is trained; run: the run's folder; suspects: the file for probably wrong labels; columns: field → column
    """

    task: Task
    run: str
    suspects: str | None = None
    columns: Mapping[str, str] | None = None

    @property
    def again(self) -> str:
        """Return the command that resumes it."""
        also = "" if self.suspects is None else f" --suspects {quote(self.suspects)}"
        return f"seqtext train {self.task.name} --run {quote(self.run)} --resume{also}"

    @property
    def is_begun(self) -> bool:
        """Tell whether there is a run to resume."""
        return (Path(self.run) / "settings.json").is_file()

    @property
    def use(self) -> str:
        """Return the command that answers with its model. Texts that join several columns stand in a table."""
        joined = JOIN in (self.columns or {}).get("text", "")
        question = "--file TABLE" if joined else self.task.question
        return f"seqtext {self.task.commands[0]} --model {quote(self.run)} {question}"


def follow(train: Callable[[], Any], training: Training, as_json: bool, reading: str) -> None:
    """Show a training until its end.

    A signal, or output that cannot be written, leaves with the command that resumes it.

    train:   gives the generator of events
    reading: the first line, shown before anything slow happens
    """
    # torchrun numbers its processes; all of them learn, one speaks.
    progress = Progress(training.task.name, quiet=os.environ.get("RANK", "0") != "0")
    try:
        if reading:
            progress.write(visible(reading))
        with (
            process.terminable(lambda: visible(progress.farewell(training), keep="\n")),
            contextlib.closing(train()) as events,
        ):
            for event in events:
                progress.show(event)
    except KeyboardInterrupt as interruption:
        progress.close()
        progress.write(progress.farewell(training))
        raise click.exceptions.Exit(process.status(interruption)) from None
    except SeqtextError:
        progress.close()
        if progress.steps and training.is_begun:
            progress.write(progress.farewell(training, "Stopped by an error"))
        raise
    finally:
        progress.close()
    if progress.finished is not None and not progress.quiet:
        _conclude(progress, progress.finished, training.use, as_json)


def _advised(advice: "Advice") -> list[str]:
    """Describe a training run that had too little text."""
    lines = [f"Little    {advice.reason}"]
    lines += [f"{'Or' if number else 'Try':10}{command}" for number, command in enumerate(advice.commands)]
    return lines + [f"Expect    {advice.expected}"] * bool(advice.expected)


def _conclude(progress: "Progress", finished: "Finished", command: str, as_json: bool) -> None:
    steps = max(finished.step, progress.steps)
    if as_json:
        advice = {} if finished.advice is None else {"advice": vars(finished.advice)}
        output.say_json(
            {
                "run": str(finished.folder),
                "steps": steps,
                "seconds": finished.seconds,
                "reason": finished.reason,
                "metrics": finished.metrics,
                **({"intervals": finished.intervals} if finished.intervals else {}),
                "measured_on": finished.measured_on,
                **({"remarks": list(finished.remarks)} if finished.remarks else {}),
                **progress.choice,
                **advice,
            }
        )
        return
    metrics = ", ".join(
        f"{name} {output.number(value)}{output.span_after(finished.intervals.get(name))}"
        for name, value in finished.metrics.items()
    )
    learnt = "" if finished.measured_on == HELD_OUT_TEXT else f" (on {finished.measured_on})"
    from seqtext.training.loop import FITTED

    made = f"{steps:,} step{'s' * (steps != 1)} " * (finished.reason != FITTED)
    remarks = "".join(f"Note      {visible(remark)}\n" for remark in finished.remarks)
    output.say(
        f"Finished  {made}in {output.clock(finished.seconds)}: {finished.reason}\n"
        f"Reached   {metrics}{learnt}\n"
        f"{remarks}"
        f"{progress.told_choice}"
        f"Use it    {command}"
    )
    if finished.advice is not None:
        output.note("\n".join(_advised(finished.advice)))


def _read(event: "Started | Choosing") -> str:
    """Describe the corpus: texts read, skipped and held out."""
    skipped = ", ".join(f"{count:,} × {reason}" for reason, count in event.skipped.items() if count)
    notes = "".join(f"\nNote      {visible(note)}" for note in event.notes)
    return (
        f"Read      {event.examples:,} examples; {event.tokens:,} tokens to learn from\n"
        f"Skipped   {skipped or 'nothing'}\n"
        f"Held out  {visible(event.held_out)}{notes}"
    )


class Progress:
    """Show the events of a training run; remember its progress.

    task:     whose usual score is shown beside the loss
    steps:    updates made so far
    saved:    the step of the last checkpoint, None before the first
    finished: the last event, None until it comes
    """

    def __init__(self, task: str = "", quiet: bool = False) -> None:
        self._task = task
        self.quiet = quiet
        self.steps = 0
        self.saved: int | None = None
        self.finished: Finished | None = None
        self._chosen: Chosen | None = None
        self._tried: dict[str, Tried] = {}
        self._metrics = ""
        self._loss, self._texts = "held-out loss", "held-out texts"
        self._next_line = 0.0
        self._bar: Any = None

    @property
    def rung(self) -> str:
        """Return the last saved model's rung; "" where none was chosen."""
        from seqtext.errors import ModelError
        from seqtext.storage.model_folder import describe

        if self._chosen is None:
            return ""
        with contextlib.suppress(ModelError):  # nothing was saved
            return str(describe(self.finished.folder).get("rung", "")) if self.finished else self._chosen.name
        return self._chosen.name

    @property
    def choice(self) -> dict[str, Any]:
        """Return the chosen and the tried rungs for JSON. The mapping is empty without a choice."""
        if self._chosen is None:
            return {}
        return {"rung": self.rung, "tried": [trial.to_dict() for trial in self._tried.values()]}

    @property
    def told_choice(self) -> str:
        """Describe the chosen rung, those tried, and how to change it.

        It is a line, "" where none was chosen.
        """
        if self._chosen is None:
            return ""
        name = self.rung
        others = [
            self._scored(trial) for trial in self._tried.values() if trial.name != name and trial.loss is not None
        ]
        told = f"; others, in their trials: {', '.join(others)}" if others else ", beside which none came to a score"
        return f"Rung      {name}{told}; --rung NAME takes one\n"

    def _scored(self, tried: "Tried") -> str:
        """Write a rung with its usual score, or else its loss."""
        name = output.known_by(self._task, tried.metrics)
        return f"{tried.name} {output.number(tried.metrics.get(name, tried.loss))}"

    def farewell(self, training: Training, why: str = "Interrupted") -> str:
        """Describe a training run that ends too early. The lines say how far it came, and how to resume it."""
        if self.saved is None and not training.is_begun:
            return f"{why}; nothing was saved"
        saved = "nothing new was saved" if self.saved is None else f"step {self.saved:,} is saved"
        return f"{why}; {saved}; go on with\n  {training.again}"

    def show(self, event: "Event") -> None:
        """Show an event. Events without news for a person change nothing."""
        from seqtext.training import events

        self.steps = max(self.steps, getattr(event, "step", 0))
        if isinstance(event, events.Saved):
            self.saved = event.step
        elif isinstance(event, events.Concluded):
            self.write(f"{event.subject:<9} {event.told}")
        elif isinstance(event, events.Suspecting):
            self.write(
                f"Suspects  labelling each of {event.texts:,} rows by what the others say, in {event.folds} parts"
            )
        elif isinstance(event, events.Suspected):
            of = f"of {event.texts:,} rows may have the wrong label, in {event.seconds:.0f} s"
            self.write(f"Suspects  {event.count:,} {of}: see {event.file}, the worst first")
            if event.count > _MANY_SUSPECTS * event.texts:
                self.write("Note      so many may also mean that the labels are hard to tell by these texts")
        elif isinstance(event, events.Finished):
            self.finished = event
        elif isinstance(event, events.Counted):
            self.write(f"Counted   which words stand near {event.words:,} words, in {event.seconds:.0f} s")
        else:
            shows: dict[type, Callable[[Any], None]] = {
                events.Started: self._announce,
                events.Step: self._advance,
                events.Evaluated: self._evaluate,
                events.Choosing: self._announce_choice,
                events.Trying: self._begin_trial,
                events.Tried: self._tell_trial,
                events.Chosen: self._choose,
            }
            shows[type(event)](event)

    def close(self) -> None:
        """Remove the bar from the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def write(self, text: str) -> None:
        """Print lines to stderr, above the bar. Whoever stops reading them does not stop the training."""
        with contextlib.suppress(OSError):
            if self.quiet:
                return
            if self._bar is not None:
                self._bar.write(visible(text, keep="\n"), file=sys.stderr)
            else:
                output.note(text)

    def _announce(self, event: "Started") -> None:
        if measured_on(event.held_out) != HELD_OUT_TEXT:
            self._loss, self._texts = "loss on the training text", "texts"
        threads = f"{event.threads} thread{'s' * (event.threads != 1)}"
        resumed = f"Resumed   after step {event.step:,}\n" if event.step else ""
        # Where a rung was chosen by trial, what was read has been said, and training continues from the trial.
        before = "" if self._tried else f"{resumed}{_read(event)}\n"
        self.write(
            f"{before}Training  {event.parameters:,} parameters ({output.size(event.file_bytes)} on disk), "
            f"vocabulary {event.vocabulary:,}, on {event.device} in {event.precision}, {threads}"
        )
        self._show_bar()

    def _show_bar(self) -> None:
        """Begin a bar, on a terminal."""
        if on_terminal() and not self.quiet:
            from tqdm import tqdm

            shape = "{percentage:3.0f}% {bar:24} {desc}"
            self._bar = tqdm(total=1.0, bar_format=shape, file=sys.stderr, dynamic_ncols=True, leave=False)

    def _announce_choice(self, event: "Choosing") -> None:
        self.write(
            f"{_read(event)}\n"
            f"Choosing  among {', '.join(event.names)}, for {event.share:.0%} of the time; the rest is for the best"
        )
        for name, why in event.left_out.items():
            self.write(f"Left out  {visible(name)}: {visible(why)}")

    def _begin_trial(self, event: "Trying") -> None:
        self.close()
        self._next_line, self._metrics = LINE_SECONDS, ""
        self._show_bar()
        if self._bar is not None:
            self._bar.set_description_str(f"{event.name}, round {event.round} of {event.rounds}", refresh=True)

    def _tell_trial(self, event: "Tried") -> None:
        self.close()
        self.steps, self._tried[event.name] = 0, event
        if event.loss is None:
            self.write(f"Tried     {event.name}: given up; {visible(event.why)}")
            return
        name = output.known_by(self._task, event.metrics)
        beside = "" if event.beside is None else f", with the linear part {event.beside:.3f}"
        again = " again, for longer" if event.round > 1 else ""
        score = f", {name} {output.number(event.metrics[name])}" if name in event.metrics else ""
        self.write(
            f"Tried     {event.name}{again}: loss {event.loss:.3f}{beside}{score}; {event.seconds:.0f} s, "
            f"{output.size(event.file_bytes)}"
        )

    def _choose(self, event: "Chosen") -> None:
        self.close()
        self._next_line = 0.0
        if event.name:
            self._chosen = event
            self.write(f"Chosen    {event.name}, {visible(event.why)}")
        else:
            self.write(f"Chosen    the encoder of the preset: {visible(event.why)}")

    def _advance(self, event: "Step") -> None:
        line = f"loss {event.loss:.3f}, {self._metrics}{event.tokens_per_second:,.0f} tokens/s"
        line += f", {output.clock(event.seconds_left)} left"
        if self._bar is not None:
            self._bar.set_description_str(line, refresh=False)
            self._bar.update(event.fraction - self._bar.n)
        elif event.seconds >= self._next_line:
            self._next_line = event.seconds + LINE_SECONDS
            self.write(f"{100 * event.fraction:3.0f}%  step {event.step:,}: {line}")

    def _evaluate(self, event: "Evaluated") -> None:
        name = output.known_by(self._task, event.metrics)
        score = event.metrics.get(name)
        self._metrics = "" if score is None else f"{name} {output.number(score)}, "
        words = f"{self._loss} {event.loss:.3f}, {self._metrics}".rstrip(", ")
        texts = "" if event.texts is None else f", on {event.texts:,} of the {self._texts} only"
        best = " (best so far)" if event.best else ""
        self.write(f"{output.clock(event.seconds):>5}  step {event.step:,}: {words}{texts}{best}")
