"""`seqtext serve`: answers over HTTP, and a page that asks."""

import re
import signal
from typing import Any

import click

from seqtext.errors import nearest
from seqtext.server.limits import Limits
from seqtext.tasks import TASKS

from . import options, output
from .options import UsageFault


@click.command(cls=options.Sections)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Where it listens; 0 takes a free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where it is reached: 0.0.0.0 "
              "for all of this machine's addresses, from other machines as well.")  # fmt: skip
@click.option("-m", "--model", "models", multiple=True, metavar="[TASK=]MODEL",
              help="Load this model at the start, and ask it where no other is named; may be given several times. A "
              "bundled name, a model folder, or a Hugging Face Hub id.")  # fmt: skip
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A further name by which browsers reach it.")
@click.option("--allow-origin", "origins", multiple=True, metavar="ORIGIN",
              help="Let pages of this origin ask, such as https://school.example.")  # fmt: skip
@click.option("--log", is_flag=True, help="Note each request on standard error.")
@options.settings(Limits)
def serve(
    port: int, host: str, models: tuple[str, ...], hosts: tuple[str, ...], origins: tuple[str, ...], log: bool,
    **typed: Any,
) -> None:  # fmt: skip
    """Answer over HTTP, with the JSON of the commands, and show a page that asks.

    \b
    seqtext serve
    seqtext serve --model anomaly=runs/log --port 9000

    The page is at http://127.0.0.1:8000/, what can be asked at /docs; POST /v1/fill answers as `seqtext fill --json`,
    /v1/completions as OpenAI's. Only bundled models and those of --model can be asked. Ctrl-C and SIGTERM let the
    requests in hand be answered; a second Ctrl-C does not.
    """
    limits = Limits(**{name: value for name, value in typed.items() if value is not None})
    named = [_task_and_model(one) for one in models]
    _check_origins(origins)
    from seqtext.server.run import Trust
    from seqtext.server.run import serve as run

    trust = Trust(host, tuple(one.lower() for one in hosts), origins)
    number = run(named, trust, port, limits, log=log, say=output.note)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    if number:  # such as the SIGHUP of a terminal that was closed: a log is to say why there is no server any more
        output.note(f"Stopped by {signal.Signals(number).name}.")


def _task_and_model(text: str) -> tuple[str, str]:
    """What --model received: a task, or "", and a model."""
    task, equals, model = text.partition("=")
    if equals and model and task in TASKS:
        return task, model
    if equals and re.fullmatch("[a-z]*", task):
        raise UsageFault(
            f"--model received {text!r}; TASK=MODEL is accepted, with a task of {', '.join(TASKS)}.",
            f"--model {nearest(task, TASKS)}={model or 'runs/mine'}",
        )
    return "", text


def _check_origins(origins: tuple[str, ...]) -> None:
    """Raise UsageFault for what a browser sends as no Origin."""
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s*]+", origin):
            raise UsageFault(
                f"--allow-origin received {origin!r}; a scheme and a host are accepted, without a path.",
                "--allow-origin https://school.example",
            )
