"""Define options shared by commands, and make options from config fields."""

import dataclasses
import json
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from seqtext.config import BUDGETS
from seqtext.data.formats.registry import ROWS, TEXTS, suffixes
from seqtext.errors import ConfigError, SeqtextError, nearest
from seqtext.fields import from_dict, refuse_unknown, renamed
from seqtext.shell import quote, quote_all
from seqtext.tasks import CLASSIFY, Task

from . import process
from .completion import completing
from .dashes import refuse_joined

F = TypeVar("F", bound=Callable[..., Any])

#: Where a run's config.json keeps its settings.
GROUPS = ("tokenizer", "network", "training")

#: What else a run's config.json says of its training: how long it took, how much it read.
_FACTS = ("seconds", "tokens")

_REVISION, _TYPED = "seqtext.revision", "seqtext.typed"  # where a context keeps it, and what follows a command's name


class UsageFault(SeqtextError):
    """Report a command that was typed wrongly."""

    exit_code = 2


def stacked(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Combine arguments and options, in order, into a decorator."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


class Commands(click.Group):
    """Answer an unknown command with the known ones; Tab completes file names."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        command = super().get_command(ctx, cmd_name)
        return None if command is None else completing(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names.

        Raises UsageFault for an unknown one, and NoSuchOption as `refuse_joined` does.
        """
        names = self.list_commands(ctx)
        if args[0] not in names and not ctx.resilient_parsing:
            raise UsageFault(
                f"{ctx.command_path} received {args[0]!r}; accepted are {', '.join(names)}.",
                f"{ctx.command_path} --help"
                if args[0] == "help"
                else f"{ctx.command_path} {nearest(args[0], names)} --help",
            )
        name, command, rest = super().resolve_command(ctx, args)
        ctx.meta[_TYPED] = list(rest)
        if name is not None and command is not None and not ctx.resilient_parsing:
            refuse_joined(command, name, ctx, rest)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command's whole first sentence; click would cut it."""
        known = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, command.get_short_help_str(limit=400)) for name, command in known if command is not None]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class Sections(click.Command):
    """List a command's settings under their config's heading in its help."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of options per section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record:
                sections.setdefault(getattr(parameter, "section", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


class Renamed(click.Option):
    """Accept earlier names of an option, which the help leaves out."""

    def __init__(self, *names: Any, earlier: tuple[str, ...] = (), **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self._earlier = earlier

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Write the names and the help, without the earlier names."""
        with self._present_names():
            return super().get_help_record(ctx)

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Write the names for an error, without the earlier names."""
        with self._present_names():
            return super().get_error_hint(ctx)

    @contextmanager
    def _present_names(self) -> Iterator[None]:
        every = self.opts, self.secondary_opts
        try:
            self.opts, self.secondary_opts = ([name for name in names if name not in self._earlier] for names in every)
            yield
        finally:
            self.opts, self.secondary_opts = every


class Setting(Renamed):
    """Read a config's field from an option; None unless typed, for presets."""

    def __init__(self, *names: Any, section: str, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.section = section


def settings(*configs: type, usual: Mapping[str, Any] | None = None) -> Callable[[F], F]:
    """Make an option for every field of the configs.

    They keep the order of the fields, under a heading per config.

    usual: the values that a field has here by default, where that is not the default of the config
    """
    return stacked(
        *(
            _setting(item, str(config.__doc__).splitlines()[0].rstrip("."), (usual or {}).get(item.name, item.default))
            for config in configs
            for item in dataclasses.fields(config)
        )
    )


def _setting(item: "dataclasses.Field[Any]", section: str, usual: Any) -> Callable[[F], F]:
    """Make the option of one field: its flag, type, help, default and accepted values."""
    flag, also = item.name.replace("_", "-"), str(item.metadata.get("also") or "").replace("_", "-")
    earlier: tuple[str, ...] = ()
    choices = item.metadata.get("choices", ())
    kind = next(kind for kind in (*typing.get_args(item.type), item.type) if kind is not type(None))
    if item.metadata.get("named"):
        flag, earlier, also = also, (f"--{flag}", *[f"--no-{flag}"] * (kind is bool)), ""
    low, high = item.metadata.get("low"), item.metadata.get("high")
    shown = (flag if usual else f"no-{flag}") if kind is bool else usual
    facts = [] if shown in (None, "") else [f"default: {shown}"]
    if low is not None:
        facts.append(f"at least {low}" if high is None else f"{low} to {high}")
    text = item.metadata["help"]
    return click.option(
        *([f"--{also}"] if also else []),
        *(["/".join(earlier)] if earlier else []),
        f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}",
        item.name,
        cls=Setting,
        section=section,
        earlier=earlier,
        type=kind,
        default=None,
        metavar=f"[{'|'.join(choices)}]" if choices else None,
        shell_complete=lambda context, parameter, start: [word for word in choices if word.startswith(start)],
        help=f"{text[0].upper()}{text[1:]}." + (f"  [{'; '.join(facts)}]" if facts else ""),
    )


def chosen(configs: tuple[type, ...], typed: Mapping[str, Any], file: str | None) -> dict[str, Any]:
    """Read the settings that a user gave, and check them.

    Typed ones win over those of the --config file.

    configs: the dataclasses that hold the settings, one per name in GROUPS
    typed:   a value per field, None where nothing was typed
    file:    JSON: settings by name, or in groups as a run's config.json has them; None without --config
    raises ConfigError for an unknown setting or a value that is not accepted
    """
    given = {name: value for name, value in typed.items() if value is not None}
    stored = _read_settings(file, configs) if file else {}
    if any(name in given for name in BUDGETS):  # a typed --steps takes the place of the file's minutes
        stored = {name: value for name, value in stored.items() if name not in BUDGETS}
    values = {**stored, **given}
    for config in configs:
        from_dict(config, {name: values[name] for name in _names(config) if name in values})
    return values


def _names(config: type) -> list[str]:
    return [item.name for item in dataclasses.fields(config)]


def _read_settings(file: str, configs: tuple[type, ...]) -> dict[str, Any]:
    """Read the settings in a JSON file; nulls are left out, and so are the facts in a run's own config.json."""
    hint = 'write settings such as {"hidden": 256, "minutes": 10}'
    try:
        data = json.loads(Path(file).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"--config received {file!r}: {error.strerror}.", f"ls {quote(file)}") from error
    except ValueError as error:
        raise ConfigError(f"--config received {file!r}, which is not JSON: {error}.", hint) from error
    if not isinstance(data, dict):
        raise ConfigError(f"--config received {file!r}, which holds {data!r:.40}; an object is expected.", hint)
    known = [name for config in configs for name in _names(config)]
    if "format" in data:
        groups = [(config, data.get(group)) for config, group in zip(configs, GROUPS, strict=True)]
        settings_of = [(config, renamed(group, config)) for config, group in groups if isinstance(group, dict)]
        refuse_unknown(
            [name for _, group in settings_of for name in group if name not in _FACTS], known, f"{file} holds"
        )
        values = {name: group[name] for config, group in settings_of for name in _names(config) if name in group}
    else:
        data = renamed(data, *configs)
        refuse_unknown(data, known, f"{file} holds")
        values = data
    return {name: value for name, value in values.items() if value is not None}


def once(*names: str, callback: Callable[..., Any] | None = None, **attributes: Any) -> Callable[[F], F]:
    """Make an option for a file, which is refused where it is typed twice: of two files, one would not be read."""

    def only(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Any:
        if len(values) > 1:
            raise _several(context, parameter.opts, values)
        value = values[0] if values else None
        return callback(context, parameter, value) if callback else value

    return click.option(*names, multiple=True, callback=only, **attributes)


def _several(context: click.Context, names: Sequence[str], files: Sequence[str]) -> UsageFault:
    """Make the fault of an option with several files; lines of text are joined in the hint, others are read apart."""
    flag, rest = names[-1], _without(context.meta.get(_TYPED, []), names)
    join = "-" not in rest and all(map(_is_lines, files))
    command = f"{context.command_path} {quote_all([flag, '-' if join else files[0], *rest])}"
    hint = f"cat {quote_all(files)} | {command}" if join else command
    received = f"{', '.join(files[:-1])} and {files[-1]}"
    return UsageFault(f"{flag} received {received}; one file is accepted.", hint)


def _without(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """Leave out an option with its values."""
    rest, kept = iter(words), []
    for word in rest:
        if word in names:
            next(rest, None)
        elif not word.startswith(tuple(f"{name}=" for name in names)):
            kept.append(word)
    return kept


def _is_lines(file: str) -> bool:
    """Tell whether a file, by its name, is plain text of which each line is a text."""
    return PurePath(file).suffix.lower() in ("", ".txt", ".log")


encoding_errors = click.option(
    "--encoding-errors",
    type=click.Choice(["strict", "replace"]),
    default="strict",
    show_default=True,
    help="What to do with a byte that is not UTF-8: report it, or replace it.",
)


on_error = click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default=None,
    help="What happens at a file that cannot be read: all stops, or it is left out and named.  "
    "[default: stop for a file that was named, skip for one found in a folder]",
)

paragraphs = click.option(
    "--paragraphs",
    is_flag=True,
    help="Join the lines of text files up to each blank line, as of text that was wrapped.",
)

encoding = click.option(
    "--encoding", metavar="NAME", help="Of text that is not UTF-8, such as cp1252; UTF-16 is known by its mark."
)


def _kept(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Keep a --revision for the option or argument that names the model; see `pinned`."""
    context.meta[_REVISION] = value


def pinned(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Pin a model's name to --revision v1: user/name becomes user/name@v1."""
    revision = context.meta.get(_REVISION)
    if revision is None:
        return value
    if value is None:
        flag = parameter.opts[-1]
        raise UsageFault(
            f"--revision received {revision!r} and {flag} nothing; a revision is of a model on the Hugging Face Hub.",
            f"{flag} user/name --revision {quote(revision)}",
        )
    return f"{value}@{revision}"


#: The option --revision, beside an option or argument for a model whose callback is `pinned`.
revision = click.option(
    "--revision",
    metavar="REVISION",
    is_eager=True,
    expose_value=False,
    callback=_kept,
    help="Of a Hub id: this branch, tag or commit, as in user/name@REVISION.",
)


def model(default: str) -> Callable[[F], F]:
    """Make the option --model with a command's bundled default, and --revision."""
    return stacked(
        click.option(
            "-m",
            "--model",
            default=default,
            show_default=True,
            metavar="MODEL",
            callback=pinned,
            help="A bundled name, a model folder, or a Hugging Face Hub id (user/name).",
        ),
        revision,
    )


def _columns_of(context: click.Context, parameter: click.Parameter, value: str | None) -> dict[str, str] | None:
    if value is None:
        return None
    from seqtext.data.corpus import parse_columns  # most commands read no corpus

    return parse_columns(value)


columns = click.option(
    "--columns",
    metavar="NAME=COLUMN,...",
    callback=_columns_of,
    help="Other names of columns, paths such as meta.label, or numbers without a header; + joins them, as in "
    "text=title+body.",
)

avoid = once(
    "--avoid", metavar="FILE", help="Words never to write, one a line; gloom* stands for all words that begin so."
)


def picture(what: str, default: str = "", as_text: bool = False, former: str = "") -> Callable[[F], F]:
    """Make the option --picture, whose suffix is checked before reading.

    what: the noun of the drawing; default: the file without the option; as_text: whether "-" stands for text instead
    former: an earlier name of the option, which still works
    """
    more = "; - as text" * as_text + f". {former} is the former name" * bool(former)
    more += f".  [default: {default}]" if default else "."
    names = ["--picture", *[former] * bool(former), "picture"]
    return click.option(
        *names,
        metavar="FILE",
        callback=lambda *given: _drawable(given[2], as_text),
        help=f"Draw {what}: .png, .svg or .pdf{more}",
    )


def _drawable(path: str | None, as_text: bool) -> str | None:
    if path and not (as_text and path == "-"):
        from seqtext.plots.figures import check_picture

        check_picture(path)
    return path or None


def seed(default: int | None = 1) -> Callable[[F], F]:
    """Make the option --seed."""
    return click.option(
        "--seed",
        type=click.IntRange(0),
        metavar="N",
        default=default,
        show_default=default is not None,
        help="Makes every random choice repeatable.",
    )


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per result, one per line.")


def _or_piped(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return the --file; without it and a TEXT, standard input where somebody sends texts through it.

    A terminal is nobody who sends, and /dev/null, which cron jobs and services have there, is no empty list of texts.
    """
    given = context.params  # TEXT arguments and typed options come before an option that was not typed
    taken = "-" in (given.get("avoid"), given.get("glossary"))
    if value is not None or given.get("texts") or taken or context.resilient_parsing:
        return value
    return "-" if process.is_sent_to() else None


_texts = click.argument("texts", metavar="[TEXT]...", nargs=-1)
_FILE = (
    f"Read one text per line, the rows of a table ({suffixes(ROWS)}) or the lines of a document ({suffixes(TEXTS)}); - "
    "is standard input."
)

#: The inputs of an answering command: TEXT arguments, --file, --encoding-errors.
texts = stacked(
    _texts,
    once(
        "-f", "--file", metavar="PATH", callback=_or_piped,
        help=f"{_FILE} Where there is no TEXT and that is a pipe or a file, it is read, too, to its end.",
    ),
    encoding_errors,
)  # fmt: skip

#: The same of a command that takes a file of text as one text.
documents = stacked(
    _texts,
    once(
        "-f", "--file", metavar="PATH", callback=_or_piped,
        help=f"Read a text, also of a document ({suffixes(TEXTS)}), or the rows of a table ({suffixes(ROWS)}); - is "
        "standard input. Where there is no TEXT and that is a pipe or a file, it is read, too, to its end.",
    ),
    encoding_errors,
)  # fmt: skip

#: The same of a command that answers without a TEXT, too, and so reads standard input only where it is named.
prompts = stacked(_texts, once("-f", "--file", metavar="PATH", help=_FILE), encoding_errors)


def _rungs(task: Task) -> str:
    """Return what --rung takes besides a name, for its help."""
    if not task.candidates:
        return "preset, that of the preset.  [default: preset]"
    return (
        "preset, that of the preset; or auto, which tries several and trains the best of them on.  "
        "[default: auto where no option tells the encoder]"
    )


_suspects = click.option(
    "--suspects", metavar="FILE.csv", help="At the end, write the rows that probably have the wrong label, worst first."
)


def training(task: Task) -> Callable[[F], F]:
    """Make the decorator that adds a `train` command's options.

    The common ones come first, then one for each setting of the task.
    """
    return stacked(
        click.argument("corpora", metavar="[CORPUS]...", nargs=-1),
        click.option("--run", required=True, metavar="FOLDER", help="The folder to write."),
        click.option(
            "--preset",
            type=click.Choice(list(task.presets)),
            default="base",
            show_default=True,
            help="Settings that go together; single settings win.",
        ),
        click.option(
            "--rung",
            metavar="NAME",
            help=f"Take the settings of this rung of seqtext compare: {', '.join(task.rungs)}; or {_rungs(task)}",
        ),
        click.option("--config", metavar="FILE.json", help="Read settings; those typed win."),
        click.option(
            "--from",
            "start",
            metavar="MODEL",
            callback=pinned,
            help="Go on from a model, with its tokenizer and network.",
        ),
        revision,
        click.option(
            "--resume",
            is_flag=True,
            help="Go on with a run, which knows its corpus; --minutes, --epochs or --steps, whichever it is measured "
            "in, adds to it.",
        ),
        click.option(
            "--accept-changed-corpus",
            is_flag=True,
            help="With --resume, where RUN/data is lost: go on although the corpus has changed.",
        ),
        click.option("--valid", metavar="CORPUS", multiple=True, help="Held-out text; without it some is set aside."),
        columns,
        encoding_errors,
        on_error,
        *([paragraphs] if task.prose else []),
        encoding,
        *([_suspects] if task is CLASSIFY else []),
        as_json,
        settings(*task.configs, usual=task.presets["base"]),
    )


def check_corpora(corpora: tuple[str, ...], resume: bool, command: str, run: str) -> None:
    """Raise UsageFault unless there is either a CORPUS or --resume."""
    run = quote(run)
    if resume and corpora:
        raise UsageFault(
            f"--resume received {quote_all(corpora)}; a run knows its corpus, so none is expected.",
            f"{command} --run {run} --resume",
        )
    if not resume and not corpora:
        raise UsageFault(
            "No CORPUS was given; a file or folder of text is expected.", f"{command} corpus.txt --run {run}"
        )


def check_resumable(context: click.Context, used: tuple[str, ...], command: str, run: str) -> None:
    """Raise UsageFault for a typed option that --resume does not use.

    It is raised even for an option that was typed with its default.

    used: the names of those that it uses
    """
    typed = [
        parameter.opts[-1]
        for parameter in context.command.params
        if isinstance(parameter, click.Option)
        and parameter.name not in used
        and context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    ]
    if typed:
        raise UsageFault(
            f"{', '.join(typed)} was given with --resume, which keeps what the run began with.",
            f"{command} --run {quote(run)} --resume",
        )
