"""The group: help of every command, exit statuses, and one form for every fault."""

import inspect
import json
import os
import re
import shlex
import subprocess
import sys

import click
import pytest
from command_words import words_of

from seqtext import __version__
from seqtext.cli.commands import COMMANDS, commands
from seqtext.config import READERS
from seqtext.errors import ModelError
from seqtext.tasks import TASKS


def walk(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command and group under a command, with the words that call it."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found += walk(command.get_command(context, name), (*path, name))
    return found


ALL = walk(commands)
WORDS = [path for path, _ in ALL]


def test_all_commands_are_walked() -> None:
    train = ("train", *(f"train {name}" for name in sorted(TASKS)))
    answering = [command for task in TASKS.values() for command in task.commands]
    assert {"fill", "generate", "next", "score", "anomaly", "translate", "summarize", "classify"} <= set(answering)
    inside = ("inspect", *(f"inspect {name}" for name in ("attention", "gradients", "memory", "tokens")))
    looking = (*inside, "info", "models", "push", "tour")
    names = (*answering, "similar", "repl", "serve", "check", *train, "compare", "evaluate", *looking)
    assert [(), *(tuple(name.split()) for name in names)] == WORDS


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_help_starts_with_one_sentence_then_an_example(seqtext, words) -> None:
    result = seqtext(*words, "--help")
    assert result.status == 0
    assert result.stderr == ""
    usage, sentence, example = result.stdout.split("\n\n")[:3]
    assert usage.startswith("Usage: " + " ".join(["seqtext", *words]))
    sentence = " ".join(sentence.split())
    assert sentence.endswith(".")
    assert ". " not in sentence
    for line in example.splitlines():
        assert line.startswith("  seqtext ")
    assert example.split()[1] in COMMANDS


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words in WORDS])
def test_examples_parse(words, command) -> None:
    examples = [line for line in inspect.cleandoc(command.help).splitlines() if line.startswith("seqtext ")]
    assert examples
    for example in examples:
        arguments = shlex.split(example.split(" > ")[0])[1:]
        # A command keeps the names of its help option from the first context that it is parsed in.
        inner, context = commands, click.Context(commands, **commands.context_settings)
        while isinstance(inner, click.Group):
            inner = inner.get_command(context, arguments.pop(0))
            assert inner is not None, example
        inner.make_context("seqtext", arguments, parent=context)


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words in WORDS])
def test_every_option_is_documented(words, command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.opts
            assert parameter.help[0].isupper()


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_h_is_help(seqtext, words) -> None:
    assert seqtext(*words, "-h") == seqtext(*words, "--help")


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words in WORDS])
def test_m_is_model_and_f_is_file(words, command) -> None:
    short = {"--model": "-m", "--file": "-f"}
    for parameter in command.params:
        for name in parameter.opts if isinstance(parameter, click.Option) else ():
            assert len(name) > 2 or parameter.opts[-1] in short
            assert short.get(name, name) in parameter.opts


def test_help_explains_completion(seqtext) -> None:
    text = seqtext("--help").stdout
    for shell in ("bash", "zsh", "fish"):
        assert f"_SEQTEXT_COMPLETE={shell}_source seqtext" in text


def test_without_arguments_help_is_shown(seqtext) -> None:
    assert seqtext() == seqtext("--help")


@pytest.mark.parametrize("group", [[], ["train"], ["inspect"]])
def test_no_summary_of_a_command_is_cut(seqtext, group) -> None:
    assert "..." not in seqtext(*group, "--help").stdout.split("Commands:")[1]


def test_version(seqtext) -> None:
    assert seqtext("--version") == (0, f"seqtext {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            ["fil"],
            f"seqtext received 'fil'; accepted are {', '.join(COMMANDS)}.",
            "seqtext fill --help",
        ),
        (
            ["train", "a.txt"],
            f"seqtext train received 'a.txt'; accepted are {', '.join(sorted(TASKS))}.",
            "seqtext train generate --help",
        ),
        (["help"], f"seqtext received 'help'; accepted are {', '.join(COMMANDS)}.", "seqtext --help"),
        (["train"], "Missing command.", "seqtext train --help"),
        (["fill", "--tpo", "3", "a __"], "No such option '--tpo'", "seqtext fill --help"),
        (
            ["fill", "--top", "0", "a __"],
            "Invalid value for '--top': 0 is not in the range x>=1.",
            "seqtext fill --help",
        ),
        (["info"], "Missing argument 'MODEL'.", "seqtext info --help"),
        (["--nonsense"], "No such option '--nonsense'", "seqtext --help"),
    ],
)
def test_wrong_usage(seqtext, arguments, message, hint) -> None:
    result = seqtext(*arguments)
    assert result.status == 2
    assert result.stdout == ""
    text, found = result.error
    assert text.replace("option: --", "option '--").startswith(message.rstrip("'"))
    assert found == hint


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        (["classify", "- Where is it?"], "seqtext classify -- '- Where is it?'"),
        (["classify", "-5 degrees outside"], "seqtext classify -- '-5 degrees outside'"),
        (["translate", "-- No.", "--json", "Yes."], "seqtext translate --json -- '-- No.' Yes."),
        (["fill", "-5 ___", "--option", "a b", "--top=2"], "seqtext fill --option 'a b' --top=2 -- '-5 ___'"),
        (["generate", "-", "-30°"], "seqtext generate -- - -30°"),
        (["inspect", "attention", "-Why?", "--to", "de"], "seqtext inspect attention --to de -- '-Why?'"),
        (["next", "--top", "3", "->", "--", "-a"], "seqtext next --top 3 -- '->' -a"),
        (["fill", "-mouse ___"], "seqtext fill -- '-mouse ___'"),
        (["fill", "-f", "-friends ___", "-may ___"], "seqtext fill -f '-friends ___' -- '-may ___'"),
        (["classify", "-m", "runs/mine", "-hello you"], "seqtext classify -m runs/mine -- '-hello you'"),
        (["inspect", "attention", "-mouse!"], "seqtext inspect attention -- '-mouse!'"),
    ],
)
def test_a_text_that_begins_with_a_dash(seqtext, typed, mended) -> None:
    result = seqtext(*typed)
    assert result.status == 2
    message, hint = result.error
    assert "begins with a dash" in message
    assert " -- " in message
    assert words_of(hint) == shlex.split(mended)
    command, words = commands, words_of(hint)[1:]
    context = click.Context(commands, **commands.context_settings)
    while isinstance(command, click.Group):
        command = command.get_command(context, words.pop(0))
    command.make_context("seqtext", words, parent=context)  # can be typed


@pytest.mark.parametrize("arguments", [["classify", "-m"], ["classify", "hello", "--top"], ["train", "fill", "--run"]])
def test_an_option_without_its_value_names_the_command_of_whose_help_it_is(seqtext, arguments) -> None:
    result = seqtext(*arguments)
    assert result.status == 2
    message, hint = result.error
    assert message == f"Option '{arguments[-1]}' requires an argument."
    assert hint == f"seqtext {arguments[0]} --help"


def test_a_mistyped_option_is_told_from_a_text(seqtext) -> None:
    message, hint = seqtext("classify", "--tpo", "3", "a").error
    assert " -- " in message
    assert hint == "seqtext classify --help"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("-mouse", "No such option '-mouse'. Did you mean -m ouse?"),
        ("-m=ouse", "No such option '-m=ouse'. Did you mean -m ouse?"),
        ("-forest", "No such option '-forest'. Did you mean -f orest?"),
        ("-hello", "No such option '-hello'."),
    ],
)
def test_a_text_is_no_short_option_with_its_value(seqtext, typed, message) -> None:
    for words in (["fill"], ["generate"], ["inspect", "tokens"]):
        result = seqtext(*words, typed, "a ___")
        assert result.status == 2
        assert result.error[0] == f"{message} A TEXT that begins with a dash comes after ' -- '."


def test_a_text_after_two_dashes_begins_as_it_likes(seqtext) -> None:
    assert seqtext("summarize", "--lead", "1", "--", "-mouse", "-hello", "-m").stdout == "-mouse\n-hello\n-m\n"


def raising(error: BaseException):
    def bundled():
        raise error

    return bundled


def test_a_fault_of_the_model_is_said_once(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", raising(ModelError("a is b;\nc is expected.", "do\nthis")))
    result = seqtext("models")
    assert result.status == 1
    assert result.error == ("a is b; c is expected.", "do this")


def test_an_internal_fault_shows_no_traceback(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", raising(KeyError("weights")))
    result = seqtext("models", "--json")
    assert result.status == 1
    assert result.error == ("internal fault: KeyError: 'weights'", "SEQTEXT_DEBUG=1 seqtext models --json")


def test_the_traceback_is_there_for_who_asks(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", raising(KeyError("weights")))
    monkeypatch.setenv("SEQTEXT_DEBUG", "1")
    result = seqtext("models")
    assert result.status == 1
    assert result.stderr.startswith("Traceback (most recent call last)")
    assert result.stderr.count("Error: internal fault") == 1


def test_a_fault_of_the_system_is_said_in_its_words(seqtext, monkeypatch) -> None:
    monkeypatch.setattr(
        "seqtext.storage.catalog.bundled", raising(PermissionError(13, "Permission denied", "models/a"))
    )
    result = seqtext("models")
    assert result.status == 1
    assert result.error[0] == "Permission denied: models/a."


def test_interrupted(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", raising(KeyboardInterrupt()))
    result = seqtext("models")
    assert result.status == 130
    assert result.stderr.split() == ["Interrupted."]


def test_output_is_utf8_whatever_the_locale() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    finished = subprocess.run(
        [sys.executable, "-m", "seqtext", "info", "modèle"], capture_output=True, env=environment, check=False
    )
    assert finished.returncode == 1
    assert "modèle" in finished.stderr.decode("utf-8")


def test_completion_lists_commands_and_choices() -> None:
    def complete(words: str) -> list[str]:
        environment = {
            **os.environ,
            "_SEQTEXT_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        program = "from seqtext.cli.main import main; main()"
        finished = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
        )
        return [line.split(",")[1] for line in finished.stdout.splitlines()]

    assert complete("seqtext e") == ["evaluate"]
    assert complete("seqtext fill -m fill-en --js") == ["--json"]
    assert set(complete("seqtext fill -")) >= {"-m", "--model", "-f", "--file", "-h", "--help"}
    assert complete("seqtext train fill --cell ") == list(READERS)


def test_json_is_never_escaped_ascii(seqtext, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", lambda: {"füllen": tmp_path})
    monkeypatch.setattr("seqtext.storage.model_folder.describe", lambda path: {"task": "fill", "bytes": 3})
    line = seqtext("models", "--json").stdout
    assert "füllen" in line
    assert json.loads(line)["name"] == "füllen"
    assert re.fullmatch(r"\{.*\}\n", line)
