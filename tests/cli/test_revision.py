"""--revision in every command that takes a model: it stands behind the Hub id, whatever the option is called."""

import click
import pytest

from seqtext.cli.commands import commands


def takers(command: click.Command = commands, *words: str) -> list[tuple[str, ...]]:
    """The commands with an option or an argument for a model, and what it is typed behind."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        inner = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        return [taker for name, one in inner for taker in takers(one, *words, name)]
    named = [one.opts[-1] for one in command.params if one.name in ("model", "start")]
    return [(*words, *named)] if named and words != ("push",) else []


def test_takers_are_found() -> None:
    assert {("fill", "--model"), ("info", "model"), ("repl", "--model"), ("train", "fill", "--from")} <= set(takers())


@pytest.mark.parametrize("words", takers(), ids=" ".join)
def test_a_revision_is_of_the_model_that_is_named(seqtext, monkeypatch, tmp_path, words) -> None:
    """Each asks the Hub for user/name at the revision, and nobody else for anything."""
    *names, flag = words
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.txt").write_text("a\tb\n" * 40, encoding="utf-8")
    asked = []

    def download(repository, files, revision=None):
        asked.append((repository, revision))
        raise KeyboardInterrupt

    monkeypatch.setattr("seqtext.storage.catalog.download", download)
    model = ["ann/it"] if flag == "model" else [flag, "ann/it"]
    rest = {"train": ["corpus.txt", "--run", "run"], "evaluate": ["corpus.txt"], "info": [], "repl": []}.get(
        names[0], ["A ___."]
    )
    rest = ["corpus.txt"] if names[-1] == "gradients" else rest
    assert seqtext(*names, *model, *rest, "--revision", "v1").status == 130
    assert asked == [("ann/it", "v1")]


@pytest.mark.parametrize("words", [words for words in takers() if words[-1] == "--model"], ids=" ".join)
def test_a_revision_without_a_hub_id_is_refused(seqtext, words) -> None:
    texts = [] if words[0] == "repl" else ["A ___."]
    message, _ = seqtext(*words[:-1], *texts, "--revision", "v1").error
    assert "a revision" in message
    assert "is of a model on the Hugging Face Hub" in message
