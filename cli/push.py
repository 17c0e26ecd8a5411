"""`seqtext push`: publishes a model on the Hugging Face Hub."""

import click

from . import options, output


@click.command()
@click.argument("model")
@click.argument("repository", metavar="USER/NAME")
@click.option("--private", is_flag=True, help="Make a new repository that only its owner sees.")
@click.option("--revision", metavar="BRANCH", help="Publish to this branch, made where it is missing.  [default: main]")
@click.option("--message", metavar="TEXT", help="What the commit is called.")
@options.as_json
def push(model: str, repository: str, private: bool, revision: str | None, message: str | None, as_json: bool) -> None:
    """Publish a model on the Hugging Face Hub and print its address.

    \b
    seqtext push runs/mine user/my-model
    seqtext push runs/mine user/my-model --private --revision v2 --message "Twice the data"
    seqtext fill --model user/my-model --revision v2 "The ___ is open."

    It asks for a token once: hf auth login. Of a run, the model's own files are published (weights, tokenizer, config,
    history, card), never checkpoints or data; a card that lacks the header which the Hub reads gets it.
    """
    from seqtext.storage.catalog import push

    address = push(model, repository, private=private, revision=revision, message=message)
    if as_json:
        output.say_json({"model": model, "repository": repository, "revision": revision or "main", "address": address})
    else:
        output.say(address)
