"""Tell texts that begin with a dash from options; suggest -- before them."""

import re
from itertools import islice

import click

from seqtext.shell import quote_all

#: What may be an option with a slip of the finger; anything else that begins with a dash is a text.
_LIKE_AN_OPTION = re.compile(r"--?[a-z][a-z0-9-]*(=.*)?", re.DOTALL)


def takes_texts(command: click.Command) -> bool:
    """Tell whether a command answers texts that are typed as arguments."""
    return any(
        isinstance(parameter, click.Argument) and parameter.name in ("texts", "source") for parameter in command.params
    )


def refuse_joined(command: click.Command, name: str, parent: click.Context, words: list[str]) -> None:
    """Raise click.NoSuchOption for joined letters such as -mouse.

    Click would read it as a short option joined to its value.

    A text may begin so, and "ouse" would be a model. Only commands that answer texts are as strict as this.
    """
    if not takes_texts(command):
        return
    context = click.Context(command, parent=parent, info_name=name)
    known = _arity(context)
    for word in _sorted_out(context, words)[1]:
        short, value = word[:2], word[2:].removeprefix("=")
        if short in known and short != "--" and word != short:
            apart = f" Did you mean {short} {value}?" if known[short] and _LIKE_AN_OPTION.fullmatch(word) else ""
            raise click.NoSuchOption(word, f"No such option {word!r}.{apart}", ctx=context)


def explain_dashed(error: click.NoSuchOption, context: click.Context, arguments: list[str]) -> tuple[str, str]:
    """Explain a text that begins with a dash. The message comes with the command, texts after --."""
    options, before, after = _sorted_out(context, arguments[context.command_path.count(" ") :])
    texts = [*before, *after]
    taken = next((text for text in texts if text.startswith("-") and text != "-"), error.option_name)
    if _LIKE_AN_OPTION.fullmatch(taken):
        message = " ".join(error.format_message().split())
        return f"{message} A TEXT that begins with a dash comes after ' -- '.", f"{context.command_path} --help"
    shown = taken if len(taken) <= 80 else f"{taken[:77]}..."
    command = f"{context.command_path} {quote_all([*options, '--', *texts])}"
    return f"{shown!r} begins with a dash and was read as an option; such a TEXT comes after ' -- '.", command


def _arity(context: click.Context) -> dict[str, int]:
    """Return how many values follow the name of each option."""
    return {
        name: 0 if option.is_flag or option.count else option.nargs
        for option in context.command.get_params(context)
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    }


def _sorted_out(context: click.Context, words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Sort words into options with their values, other words, which are texts, and texts after --."""
    known = _arity(context)
    options: list[str] = []
    texts: list[str] = []
    rest = iter(words)
    for word in rest:
        name, joined, _ = word.partition("=") if word.startswith("--") else (word, "", "")
        if word == "--":
            break
        if name in known:
            options += [word, *islice(rest, 0 if joined else known[name])]
        else:
            texts.append(word)
    return options, texts, list(rest)
