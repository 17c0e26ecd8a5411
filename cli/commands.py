"""Load `seqtext` commands on first use; turn errors into exit codes."""

import os
import sys
from importlib import import_module

import click

from seqtext import __version__
from seqtext.tasks import TASKS

from . import output, process
from .completion import completing
from .faults import complain
from .options import Commands

#: One module per command; it holds a click command of the same name.
COMMANDS = (
    *(command for task in TASKS.values() for command in task.commands),
    *("similar", "repl", "serve", "check", "train", "compare", "evaluate", "inspect", "info", "models", "push", "tour"),
)

EPILOGUE = """\b
Completion in your shell, from the next login on:
  bash   echo 'eval "$(_SEQTEXT_COMPLETE=bash_source seqtext)"' >> ~/.bashrc
  zsh    echo 'eval "$(_SEQTEXT_COMPLETE=zsh_source seqtext)"' >> ~/.zshrc
  fish   echo '_SEQTEXT_COMPLETE=fish_source seqtext | source' >> ~/.config/fish/config.fish
"""


class LazyCommands(Commands):
    """Group commands whose modules are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names in the order in which beginners meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".{cmd_name}", __package__), cmd_name)
        return completing(command)


@click.group(
    cls=LazyCommands,
    epilog=EPILOGUE,
    invoke_without_command=True,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
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


def run(arguments: list[str]) -> int:
    """Run a command and return its exit status; see `seqtext.cli.main.main`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Windows would write cp1252, which has no ─, and end lines in \r\n.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        if "_SEQTEXT_COMPLETE" in os.environ:
            commands.main(arguments, prog_name="seqtext")  # exits
        with commands.make_context("seqtext", list(arguments)) as context:
            commands.invoke(context)
        return 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except BrokenPipeError:  # whoever reads the answers has seen enough (`| head`)
        return 0
    except KeyboardInterrupt as interruption:
        return _interrupted(interruption)
    except Exception as error:
        return _interrupted(KeyboardInterrupt()) if process.was_pressed() else complain(error, arguments)
    finally:
        process.settle(sys.stdout)
        process.settle(sys.stderr)


def _interrupted(interruption: KeyboardInterrupt) -> int:
    output.note("Interrupted.")
    return process.status(interruption)
