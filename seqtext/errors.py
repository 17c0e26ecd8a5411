"""Define errors with a message and a hint.

The message shows what was received; the hint can be typed. Both have two wordings, one for Python and one for the
command line.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from seqtext.shell import quote

E = TypeVar("E", bound="SeqtextError")

# Noncharacters of Unicode, which nobody can type: they stand around both wordings, and between them.
_OPEN, _OR, _CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
_EITHER = re.compile(f"{_OPEN}([^{_OPEN}{_OR}{_CLOSE}]*){_OR}([^{_OPEN}{_OR}{_CLOSE}]*){_CLOSE}")
_MARKS = re.compile(f"[{_OPEN}{_OR}{_CLOSE}]")

#: Arguments whose options have other names.
_FLAGS = {
    "start": "from",
    "starts": "start",
    "cells": "cell",
    "rungs": "rung",
    "normal_labels": "normal",
    "several": "multi-label",
}


def either(python: str, command: str) -> str:
    """Join two wordings, for Python and for the command line. They are of a message or a hint."""
    return _OPEN + _MARKS.sub("", python) + _OR + _MARKS.sub("", command) + _CLOSE


def argument(name: str) -> str:
    """Name an argument in a message or hint.

    It is `max_words` in Python, `--max-words` on the command line.
    """
    return either(name, _flag(name))


def arguments(**values: Any) -> str:
    """Write arguments with their values for a hint.

    They are `top=5, copy=False` in Python, `--top 5 --no-copy` on the command line.
    """
    typed = []
    for name, value in values.items():
        if isinstance(value, bool):
            typed.append(_flag(name) if value else _flag(f"no_{name}"))
        elif isinstance(value, Mapping):
            typed.append(f"{_flag(name)} {quote(','.join(f'{key}={item}' for key, item in value.items()))}")
        else:
            several = value if isinstance(value, list | tuple) else [value]
            typed += [f"{_flag(name)} {quote(str(item))}" for item in several]
    return either(", ".join(f"{name}={value!r}" for name, value in values.items()), " ".join(typed))


def wordings(text: str) -> tuple[str, str]:
    """Return a text's wordings for Python and for the command line.

    The text may hold what `either`, `argument` and `arguments` return.

    >>> wordings(f"or {arguments(top=5)}")
    ('or top=5', 'or --top 5')
    """
    return _EITHER.sub(r"\1", text), _EITHER.sub(r"\2", text)


def _flag(name: str) -> str:
    return f"--{_FLAGS.get(name, name).replace('_', '-')}"


class SeqtextError(Exception):
    """Report a fault of input, corpus, model or setting, never a bug.

    message: what was received and what is accepted, one sentence
    hint:    something to type or to do next
    Both may hold what `either`, `argument` and `arguments` return; the attributes have the wording for Python.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str) -> None:
        self._marked = (message, hint)
        self.message, self.hint = (wordings(text)[0] for text in self._marked)
        super().__init__(self.message, self.hint)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._marked

    def __str__(self) -> str:
        return f"{self.message} Try: {self.hint}"

    def typed(self) -> tuple[str, str]:
        """Return message and hint in the wording for the command line."""
        message, hint = (wordings(text)[1] for text in self._marked)
        return message, hint

    def framed(
        self: E, before: str = "", after: str = "", *, without: str = "", hint: str | None = None, more: str = ""
    ) -> E:
        """Return the same error with text before and after its message.

        Such a text names the file and the line, for example.

        without: a pattern of the beginning of its message that is left out
        hint: the hint to show instead of its own; more: text that is added to the hint
        """
        message, own_hint = self._marked
        return type(self)(
            before + re.sub(f"^{without}", "", message) + after, (own_hint if hint is None else hint) + more
        )


class InputError(SeqtextError):
    """Report an input, such as a text, that cannot be answered."""


class CorpusError(SeqtextError):
    """Report a corpus that cannot be read. It names the file, and the line where one is to blame."""


class ModelError(SeqtextError):
    """Report a model folder: missing, damaged, unsafe or of another format."""


class TrainingError(SeqtextError):
    """Report a run that cannot start, go on or be saved."""


class ConfigError(SeqtextError):
    """Report a setting whose value is not accepted."""

    exit_code = 2


def scores_not_finite() -> ModelError:
    """Return the error for a network whose scores have overflowed.

    No answer of such a network can be trusted.
    """
    return ModelError("The network's scores are not finite numbers.", "train the model again")


def nearest(word: str, known: Iterable[str], cutoff: float = 0.0) -> str:
    """Return the known word most similar to a typed one.

    Returns "" where none is.

    cutoff: the lowest similarity (difflib's ratio) that is accepted, 0 to 1; with 0, any known word may be returned

    >>> nearest("gro", ("rnn", "gru", "lstm"))
    'gru'
    """
    import difflib  # only mistakes need it, so only they wait for it

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")
