"""Tab completes the names of files, folders and models, in every command that takes one."""

import re
import subprocess
import sys

import click
import pytest
from click.shell_completion import ShellComplete

from seqtext.cli.commands import COMMANDS, commands


def every_command() -> list[tuple[list[str], click.Command]]:
    found: list[tuple[list[str], click.Command]] = []
    context = click.Context(commands)
    for name in COMMANDS:
        command = commands.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            inner = click.Context(command)
            own = ((one, command.get_command(inner, one)) for one in command.list_commands(inner))
            found += [([name, one], sub) for one, sub in own if sub is not None]
        else:
            found.append(([name], command))
    return found


def completed(words: list[str], incomplete: str) -> list[tuple[str, str]]:
    items = ShellComplete(commands, {}, "seqtext", "_SEQTEXT_COMPLETE").get_completions(words, incomplete)
    return [(item.value, item.type) for item in items]


def test_every_option_for_a_file_or_folder_completes_one() -> None:
    tried = 0
    for words, command in every_command():
        for option in command.params:
            metavar = str(option.metavar or "")
            if isinstance(option, click.Option) and re.search("FILE|PATH|FOLDER|CORPUS", metavar):
                kind = "dir" if "FOLDER" in metavar else "file"
                assert completed([*words, option.opts[-1]], "lab") == [("lab", kind)], (words, option.opts)
                tried += 1
    assert tried > 40


@pytest.mark.parametrize(
    "words",
    [
        ["train", "classify"],
        ["evaluate", "language-id"],
        ["check"],
        ["compare", "fill"],
        ["inspect", "memory", "m"],
        ["train", "fill", "a.txt"],
        ["train", "fill", "--run", "r"],
        ["evaluate", "m", "a.txt"],
    ],
)
def test_a_corpus_is_completed(words: list[str]) -> None:
    assert completed(words, "lab") == [("lab", "file")]


def test_a_model_is_a_bundled_name_or_a_folder() -> None:
    for words in (["fill", "--model"], ["fill", "-m"], ["evaluate"], ["info"], ["train", "fill", "--from"]):
        assert ("fill-en", "plain") in completed(words, "fill")
        assert completed(words, "runs/m") == [("runs/m", "file")]
    assert completed(["fill"], "A tex") == []


@pytest.mark.parametrize(
    ("shell", "place", "said"),
    [("bash", "3", "file,lab"), ("zsh", "3", "file\nlab\n_"), ("fish", "lab", "file,lab")],
)
def test_every_shell_is_told_that_it_is_a_file(shell: str, place: str, said: str) -> None:
    asked = {"_SEQTEXT_COMPLETE": f"{shell}_complete", "COMP_WORDS": "seqtext classify --file lab", "COMP_CWORD": place}
    command = [sys.executable, "-m", "seqtext"]
    answer = subprocess.run(command, env=asked, capture_output=True, text=True, timeout=60)
    assert (answer.stdout.strip(), answer.stderr) == (said, "")
