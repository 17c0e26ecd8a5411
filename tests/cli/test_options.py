"""Options made from config fields, and the settings that a user chose with them."""

import dataclasses
import json

import click
import click.testing
import pytest

from seqtext import tasks
from seqtext.cli import options
from seqtext.cli.options import chosen
from seqtext.config import READERS, FillConfig, TokenizerConfig, TrainingConfig
from seqtext.errors import ConfigError
from seqtext.fields import check, flag, renamed, setting, to_dict

FILL = tasks.FILL.configs
FIELDS = [item for config in FILL for item in dataclasses.fields(config)]


@pytest.fixture
def command() -> click.Command:
    @click.command(cls=options.Sections)
    @options.settings(*FILL)
    def test(**typed):
        """A command."""
        return typed

    return test


def call(command: click.Command, *arguments: str) -> dict:
    return command.main(list(arguments), standalone_mode=False)


def test_no_two_configs_share_a_name() -> None:
    names = [item.name for item in FIELDS]
    assert len(set(names)) == len(names)


def test_what_is_not_typed_is_none(command) -> None:
    assert call(command) == {item.name: None for item in FIELDS}


def typed_value(item: dataclasses.Field):
    """An accepted value that differs from the default."""
    if isinstance(item.default, bool):
        return not item.default
    choices, low, high = (item.metadata.get(name) for name in ("choices", "low", "high"))
    if choices:
        return next(choice for choice in choices if choice != item.default)
    if item.name == "mask":
        return "email"
    whole = "int" in str(item.type)
    value = low + 1 if high is None or low + 1 <= high else (low + high) / 2
    value = value if value != item.default else value + 1
    return int(value) if whole else value


@pytest.mark.parametrize("item", FIELDS, ids=lambda item: item.name)
def test_every_field_can_be_typed(command, item) -> None:
    value = typed_value(item)
    flag = item.name.replace("_", "-")
    arguments = [f"--{flag}" if value else f"--no-{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]
    found = call(command, *arguments)
    assert found[item.name] == value
    assert chosen(FILL, found, None) == {item.name: value}


@pytest.mark.parametrize("item", FIELDS, ids=lambda item: item.name)
def test_help_shows_default_range_and_choices(command, item) -> None:
    text = " ".join(command.get_help(click.Context(command)).split())
    assert f"--{item.name.replace('_', '-')} " in text
    assert item.metadata["help"][1:] in text
    if item.default is not None and not isinstance(item.default, bool):
        assert f"[default: {item.default}" in text
    if item.metadata.get("high") is not None:
        assert f"{item.metadata['low']} to {item.metadata['high']}]" in text
    if item.metadata.get("choices"):
        assert f"[{'|'.join(item.metadata['choices'])}]" in text


def test_help_has_a_section_per_config(command) -> None:
    text = command.get_help(click.Context(command))
    sections = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert sections == [f"{config.__doc__.rstrip('.')}:" for config in FILL] + ["Options:"]


def test_a_switch_that_is_off_shows_so() -> None:
    @dataclasses.dataclass(frozen=True)
    class Switches:
        """Switches."""

        tie: bool = setting(False, "tie them")

    @click.command(cls=options.Sections)
    @options.settings(Switches)
    def test(**typed):
        return typed

    assert "[default: no-tie]" in test.get_help(click.Context(test))
    assert call(test) == {"tie": None}


def test_an_earlier_name_works_and_is_not_shown() -> None:
    @dataclasses.dataclass(frozen=True)
    class Switches:
        """Switches."""

        several: bool = flag(False, "many", named="multi_label")
        letters: int = setting(0, "runs of them", low=0, high=9, named="letter_ngrams")

    @click.command(cls=options.Sections)
    @options.settings(Switches)
    def test(**typed):
        return typed

    for name in ("--multi-label", "--several"):
        assert call(test, name) == {"several": True, "letters": None}
        assert call(test, name.replace("--", "--no-")) == {"several": False, "letters": None}
    for name in ("--letter-ngrams", "--letters"):
        assert call(test, name, "3") == {"several": None, "letters": 3}
    shown = click.testing.CliRunner().invoke(test, ["--help"]).output
    assert "--multi-label / --no-multi-label" in shown
    assert "--letter-ngrams INTEGER" in shown
    assert "several" not in shown
    assert "--letters" not in shown
    wrong = click.testing.CliRunner().invoke(test, ["--letters", "many"]).output
    assert "Invalid value for '--letter-ngrams'" in wrong
    assert renamed({"multi_label": True, "letter_ngrams": 3}, Switches) == {"several": True, "letters": 3}
    with pytest.raises(ConfigError, match="letter_ngrams received 10"):
        check(Switches(letters=10))


def test_the_type_of_a_number_is_checked(command) -> None:
    with pytest.raises(click.BadParameter, match=r"'1\.5' is not a valid integer"):
        call(command, "--layers", "1.5")


BOTH = "--minutes and --steps were both given; one of --minutes, --epochs, --steps is accepted."


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ({"layers": 0}, "--layers received 0; accepted is from 1 to 16.", "--layers 1"),
        ({"cell": "gro"}, f"--cell received 'gro'; accepted are {', '.join(READERS)}.", "--cell gru"),
        ({"minutes": 1.0, "steps": 5}, BOTH, "--minutes 1.0"),
    ],
)
def test_values_are_checked_before_anything_slow(typed, message, hint) -> None:
    with pytest.raises(ConfigError) as fault:
        chosen(FILL, typed, None)
    assert fault.value.typed() == (message, hint)


def write(tmp_path, data) -> str:
    path = tmp_path / "settings.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(path)


def test_a_file_gives_settings_and_typed_ones_win(tmp_path) -> None:
    file = write(tmp_path, {"hidden": 64, "cell": "gru", "epochs": None})
    assert chosen(FILL, {"hidden": 32, "layers": None}, file) == {"hidden": 32, "cell": "gru"}


def test_encoder_is_another_name_of_cell(command, tmp_path) -> None:
    assert call(command, "--encoder", "convolution")["cell"] == "convolution"
    assert chosen(FILL, {}, write(tmp_path, {"encoder": "mingru"})) == {"cell": "mingru"}
    assert "--encoder, --cell [rnn|" in command.get_help(click.Context(command))


@pytest.mark.parametrize("budget", ["minutes", "epochs", "steps"])
def test_a_typed_budget_takes_the_place_of_the_file_s(tmp_path, budget) -> None:
    file = write(tmp_path, {"minutes": 30, "hidden": 64})
    assert chosen(FILL, {budget: 2}, file) == {"hidden": 64, budget: 2}


def test_a_run_s_own_config_can_be_read(tmp_path) -> None:
    training = {**to_dict(TrainingConfig(steps=7, seed=3)), "seconds": 12.5, "tokens": 4711}
    file = write(
        tmp_path,
        {
            "format": 1,
            "task": "fill",
            "tokenizer": to_dict(TokenizerConfig(tokens="char")),
            "network": to_dict(FillConfig(hidden=64, bag=False)),
            "training": training,
            "scores": {"top1": 0.5},
        },
    )
    found = chosen(FILL, {}, file)
    assert TokenizerConfig(**{name: found[name] for name in to_dict(TokenizerConfig())}) == TokenizerConfig(
        tokens="char"
    )
    assert found["hidden"] == 64
    assert found["bag"] is False
    assert (found["steps"], found["seed"]) == (7, 3)
    assert "minutes" not in found
    assert "seconds" not in found


@pytest.mark.parametrize("place", ["", "tokenizer", "network", "training"])
def test_an_unknown_setting_of_a_file_gets_the_nearest_of_the_whole_task(tmp_path, place) -> None:
    data = {"learning_rat": 1e-3}
    file = write(tmp_path, {"format": 1, place: {"tokens": "char", **data}} if place else data)
    with pytest.raises(ConfigError) as fault:
        chosen(FILL, {}, file)
    assert fault.value.message.startswith(f"{file} holds 'learning_rat', which is not a setting; accepted are tokens, ")
    assert fault.value.hint == "write 'learning_rate' instead, or remove it"


EXAMPLE = 'write settings such as {"hidden": 256, "minutes": 10}'


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (
            {"hiden": 64},
            "'hiden', which is not a setting; accepted are tokens, ",
            "write 'hidden' instead, or remove it",
        ),
        ("{", "which is not JSON: ", EXAMPLE),
        ([1], "which holds [1]; an object is expected.", EXAMPLE),
        ({"hidden": "big"}, "--hidden received 'big'; a number is expected.", "--hidden 512"),
        ({"cell": "gro"}, "--cell received 'gro'; accepted are", "--cell gru"),
    ],
)
def test_faults_of_the_file(tmp_path, data, message, hint) -> None:
    with pytest.raises(ConfigError) as fault:
        chosen(FILL, {}, write(tmp_path, data))
    typed_message, typed_hint = fault.value.typed()
    assert message in typed_message
    assert typed_hint == hint


def test_a_missing_file(tmp_path) -> None:
    with pytest.raises(ConfigError) as fault:
        chosen(FILL, {}, str(tmp_path / "nowhere.json"))
    assert fault.value.message.endswith("nowhere.json': No such file or directory.")


@click.command()
@options.columns
def cut(columns):
    return columns


@pytest.mark.parametrize(
    ("typed", "columns"),
    [("text=review", {"text": "review"}), ("text = a b , label=x=5", {"text": "a b", "label": "x=5"})],
)
def test_columns(typed, columns) -> None:
    assert call(cut, "--columns", typed) == columns


@pytest.mark.parametrize("typed", ["review", "text=", "=review", "text=a,,label=b", ""])
def test_columns_that_cannot_be_read(typed) -> None:
    with pytest.raises(ConfigError) as fault:
        call(cut, "--columns", typed)
    message = f"--columns received {typed!r}; NAME=COLUMN,... is expected."
    assert fault.value.typed() == (message, "--columns text=review")


def test_a_field_with_two_columns_is_told_how_to_join_them() -> None:
    with pytest.raises(ConfigError) as fault:
        call(cut, "--columns", "text=title,label=queue,text=body")
    assert fault.value.typed() == (
        "--columns received 'text=title,label=queue,text=body', which names a column for 'text' twice; "
        "+ joins columns.",
        "--columns text=title+body,label=queue",
    )
    assert call(cut, "--columns", "text=title+body,label=queue") == {"text": "title+body", "label": "queue"}


def test_help_shows_the_defaults_of_the_task(seqtext) -> None:
    shown = {task: " ".join(seqtext("train", task, "--help").stdout.split()) for task in ("fill", "generate")}
    assert "bpe (pieces). [default: word]" in shown["fill"]
    assert "bpe (pieces). [default: char]" in shown["generate"]
    assert "--vectors" not in shown["generate"]


def test_every_picture_is_asked_for_alike_and_its_ending_checked(seqtext) -> None:
    """Of every command that draws: the same option, refused before anything is read where its ending is none."""
    from seqtext.cli.commands import COMMANDS, commands

    drawing = []
    for name in COMMANDS:
        command = commands.get_command(click.Context(commands), name)
        inner = getattr(command, "commands", None) or {"": command}
        drawing += [(name, sub, one) for sub, one in inner.items() if any("--picture" in p.opts for p in one.params)]
    assert {name for name, _, _ in drawing} == {"compare", "evaluate", "info", "inspect", "score", "translate"}
    for name, sub, command in drawing:
        option = next(param for param in command.params if "--picture" in param.opts)
        assert option.metavar == "FILE"
        assert ".png, .svg or .pdf" in option.help
        typed = ["nowhere"] * sum(isinstance(one, click.Argument) and one.required for one in command.params)
        extra = ["--run", "nowhere"] if name == "compare" else []
        found = seqtext(name, *filter(None, [sub]), *typed, *extra, "--picture", "a.gif")
        assert found.error == ("A picture cannot be written as 'a.gif'; accepted are .png, .svg, .pdf.", "a.png"), name
