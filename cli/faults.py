"""Print errors with a message, a hint and an exit status. The hint can be typed."""

import os

import click

from seqtext.characters import visible
from seqtext.errors import SeqtextError
from seqtext.shell import quote_all, with_variable

from . import output
from .dashes import explain_dashed, takes_texts

_MODEL_FIRST = ("evaluate", "info", "push")  # commands whose model is an argument, not an option


def complain(error: Exception, arguments: list[str]) -> int:
    """Print an error and its hint, a line each. Returns the exit status."""
    if os.environ.get("SEQTEXT_DEBUG") == "1":
        import traceback

        output.note("".join(traceback.format_exception(error)).rstrip())
    message, hint, status = explain(error, arguments)
    lines = (visible(" ".join(text.split("\n"))) for text in (message, hint))
    output.note("Error: {}\nTry:   {}".format(*lines))
    return status


def explain(error: Exception, arguments: list[str]) -> tuple[str, str, int]:
    """Return an error's message, a hint to type, and the exit status."""
    if isinstance(error, SeqtextError):
        message, hint = error.typed()
        if arguments[:1] and arguments[0] in _MODEL_FIRST:
            hint = hint.removeprefix("--model ")
        return message, hint, error.exit_code
    if isinstance(error, click.NoSuchOption) and error.ctx and takes_texts(error.ctx.command):
        return *explain_dashed(error, error.ctx, arguments), error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        # Without a context, click does not tell which command was typed.
        named = next((word for word in arguments[:1] if not word.startswith("-")), "")
        command = context.command_path if context else f"seqtext {named}".rstrip()
        return " ".join(error.format_message().split()), f"{command} --help", error.exit_code
    debug = with_variable("SEQTEXT_DEBUG", "1", f"seqtext {quote_all(arguments)}")
    detail = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}.", debug, 1
    return f"internal fault: {type(error).__name__}: {detail}", debug, 1
