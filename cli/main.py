"""The `seqtext` command: commands loaded on first use, and the one place that turns faults into exit codes."""

import contextlib
import os
import shlex
import sys
import traceback
from importlib import import_module
from typing import Any

import click

from seqtext import __version__
from seqtext.errors import SeqtextError
from seqtext.tasks import TASKS

from .options import Commands

#: One module per command; it holds a click command of the same name.
COMMANDS = (
    *(command for task in TASKS.values() for command in task.commands),
    *("train", "compare", "evaluate", "inspect", "info", "models"),
)

EPILOGUE = """\b
Completion in your shell, from the next login on:
  bash   echo 'eval "$(_SEQTEXT_COMPLETE=bash_source seqtext)"' >> ~/.bashrc
  zsh    echo 'eval "$(_SEQTEXT_COMPLETE=zsh_source seqtext)"' >> ~/.zshrc
  fish   echo '_SEQTEXT_COMPLETE=fish_source seqtext | source' >> ~/.config/fish/config.fish
"""


class LazyCommands(Commands):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of a first use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".{cmd_name}", __package__), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader who has seen enough (`| head`) ends it quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Python writes what is left in its buffer at exit; that now goes nowhere.
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


@click.group(
    cls=LazyCommands, epilog=EPILOGUE, invoke_without_command=True, context_settings={"max_content_width": 100}
)
@click.version_option(__version__, message="seqtext %(version)s")
@click.pass_context
def commands(context: click.Context) -> None:
    """Turn your own text into a working recurrent model in minutes, and let it answer.

    \b
    seqtext fill "The quick brown ___ jumped over the lazy dog."
    seqtext train fill corpus.txt --run runs/mine --minutes 10
    seqtext fill --model runs/mine "The ___ is open."
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 done, 1 a fault, 2 wrong usage, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = commands.main(arguments, prog_name="seqtext", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.Abort:
        print("Interrupted.", file=sys.stderr)
        return 130
    except Exception as error:
        if os.environ.get("SEQTEXT_DEBUG") == "1":
            traceback.print_exception(error)
        message, hint, status = explain(error, arguments)
        lines = (" ".join(text.split("\n")) for text in (message, hint))
        print("Error: {}\nTry:   {}".format(*lines), file=sys.stderr)
        return status


def explain(error: Exception, arguments: list[str]) -> tuple[str, str, int]:
    """What to tell a user about an error: the message, something to type, the exit status."""
    if isinstance(error, SeqtextError):
        return error.message, error.hint, error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "seqtext"
        return " ".join(error.format_message().split()), f"{command} --help", error.exit_code
    debug = f"SEQTEXT_DEBUG=1 seqtext {shlex.join(arguments)}"
    detail = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}.", debug, 1
    return f"internal fault: {type(error).__name__}: {detail}", debug, 1
