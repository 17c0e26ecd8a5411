"""Implement `seqtext push`, which publishes a model on the Hugging Face Hub."""

import os
import sys
from typing import Any

import click

from seqtext.shell import quote
from seqtext.storage.recital import RecitalError

from . import options, output


def _tell_unknown(model: str) -> None:
    """Say of a folder's model that writes that nothing is known of what it recites."""
    from seqtext.storage.catalog import is_memory_unknown

    if is_memory_unknown(model):
        output.note(
            f"Memory    not known: whether {model} recites what it has learnt tells\n"
            f"          seqtext inspect memory {quote(model)} CORPUS"
        )


def _confirm(error: RecitalError, repository: str) -> None:
    """Ask on a terminal whether a model that recites is published; elsewhere raise the error."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise error
    output.note(f"Memory    {error.message}")
    click.confirm(f"Publish it as {repository}?", abort=True, err=True)


@click.command()
@click.argument("model")
@click.argument("repository", metavar="USER/NAME")
@click.option("--private", is_flag=True, help="Make a new repository that only its owner sees.")
@click.option("--revision", metavar="BRANCH", help="Publish to this branch, made where it is missing.  [default: main]")
@click.option("--message", metavar="TEXT", help="What the commit is called.")
@click.option("--yes", is_flag=True, help="Publish even a model that recites what it has learnt; do not ask.")
@options.as_json
def push(
    model: str,
    repository: str,
    private: bool,
    revision: str | None,
    message: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Publish a model on the Hugging Face Hub and print its address.

    \b
    seqtext push runs/mine user/my-model
    seqtext push runs/mine user/my-model --private --revision v2 --message "Twice the data"
    seqtext fill --model user/my-model --revision v2 "The ___ is open."

    It asks for a token once: hf auth login. Of a run, the model's own files are published (weights, tokenizer, config,
    history, card), never checkpoints or data; a card that lacks the header which the Hub reads gets it. Before a model
    that recites what it has learnt is published (seqtext inspect memory), it asks.
    """
    from seqtext.storage.catalog import push

    if os.path.isdir(model):
        _tell_unknown(model)
    how: dict[str, Any] = {"private": private, "revision": revision, "message": message}
    allowed: dict[str, Any] = {"yes": True} if yes else {}
    try:
        address = push(model, repository, **how, **allowed)
    except RecitalError as error:
        _confirm(error, repository)
        address = push(model, repository, **how, yes=True)
    if as_json:
        output.say_json({"model": model, "repository": repository, "revision": revision or "main", "address": address})
    else:
        output.say(address)
