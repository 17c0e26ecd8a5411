"""Implement `seqtext serve`, which runs the HTTP server and its web page."""

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
    help="The port it listens on; 0 takes a free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
              help="The address it listens on; with 0.0.0.0 other machines reach it, too.")  # fmt: skip
@click.option("-m", "--model", "models", multiple=True, metavar="[TASK=]MODEL",
              help="Load this model at the start, and answer with it where a request names none; may be given several "
              "times. A bundled name, a model folder, or a Hugging Face Hub id.")  # fmt: skip
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="Another name by which browsers reach it.")
@click.option("--allow-origin", "origins", multiple=True, metavar="ORIGIN",
              help="Let web pages of this origin send requests, such as https://school.example.")  # fmt: skip
@click.option("--log", is_flag=True, help="Note each request on standard error.")
@options.settings(Limits)
def serve(
    port: int, host: str, models: tuple[str, ...], hosts: tuple[str, ...], origins: tuple[str, ...], log: bool,
    **typed: Any,
) -> None:  # fmt: skip
    """Answer over HTTP, with the JSON of the commands, and serve a web page to try them.

    \b
    seqtext serve
    seqtext serve --model anomaly=runs/log --port 9000

    The page is at http://127.0.0.1:8000/, the HTTP interface at /docs. POST /v1/fill answers as `seqtext fill --json`,
    /v1/completions as OpenAI's. Only bundled models and those of --model answer. After Ctrl-C or SIGTERM the requests
    in flight are still answered; a second Ctrl-C stops at once.
    """
    limits = Limits(**{name: value for name, value in typed.items() if value is not None})
    named = [_task_and_model(model) for model in models]
    from seqtext.server.run import Trust
    from seqtext.server.run import serve as run

    _check_origins(origins)

    trust = Trust(host, tuple(host_name.lower() for host_name in hosts), origins)
    number = run(named, trust, port, limits, log=log, say=output.note)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    if number:  # such as the SIGHUP of a terminal that was closed: the log must say why the server is gone
        output.note(f"Stopped by {signal.Signals(number).name}.")


def _task_and_model(text: str) -> tuple[str, str]:
    """Split what --model received into a task, or "", and a model."""
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
    """Raise UsageFault for what no browser sends as an Origin."""
    from seqtext.server.guard import is_origin

    for origin in origins:
        if not is_origin(origin):
            raise UsageFault(
                f"--allow-origin received {origin!r}; a scheme and a host are accepted, without a path.",
                "--allow-origin https://school.example",
            )
