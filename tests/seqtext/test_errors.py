"""The one family of errors: a message, a hint, an exit status."""

import ast
import copy
import pickle
import re
from pathlib import Path

import pytest

from seqtext import errors
from seqtext.errors import (
    ConfigError,
    CorpusError,
    InputError,
    ModelError,
    SeqtextError,
    TrainingError,
    argument,
    arguments,
    either,
)

KINDS = [InputError, CorpusError, ModelError, TrainingError, ConfigError]


def test_no_kind_is_forgotten_here() -> None:
    found = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SeqtextError)}
    assert found == {SeqtextError, *KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_and_a_hint(kind) -> None:
    error = kind("'x' was received; y is accepted.", "seqtext fill --help")
    assert isinstance(error, SeqtextError)
    assert error.message == "'x' was received; y is accepted."
    assert error.hint == "seqtext fill --help"
    assert str(error) == "'x' was received; y is accepted. Try: seqtext fill --help"


@pytest.mark.parametrize("kind", [SeqtextError, *KINDS])
def test_a_hint_is_required(kind) -> None:
    with pytest.raises(TypeError, match="hint"):
        kind("'x' was received; y is accepted.")


@pytest.mark.parametrize("kind", [SeqtextError, *KINDS])
@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
def test_an_error_crosses_to_another_process(kind, again) -> None:
    error = kind("'x' was received; y is accepted.", "seqtext fill --help")
    found = again(error)
    assert type(found) is kind
    assert (found.message, found.hint, str(found)) == (error.message, error.hint, str(error))


def test_a_wrong_setting_is_wrong_usage_and_the_rest_are_faults() -> None:
    assert {kind: kind.exit_code for kind in KINDS} == {**dict.fromkeys(KINDS, 1), ConfigError: 2}


def test_all_can_be_caught_at_once() -> None:
    with pytest.raises(SeqtextError, match="Try: this"):
        raise CorpusError("a.txt, line 3: no text.", "this")


def marked() -> SeqtextError:
    hint = f"{arguments(max_words=5, copy=False)}, or {either('load(x)', '--model x')}"
    return ConfigError(f"{argument('max_words')} received '--max-words', max_words.", hint)


def test_python_hears_of_arguments_and_the_command_line_of_options() -> None:
    error = marked()
    assert error.message == "max_words received '--max-words', max_words."
    assert error.hint == "max_words=5, copy=False, or load(x)"
    assert str(error) == f"{error.message} Try: {error.hint}"
    assert "max_words" in repr(error)
    assert "\ufdd0" not in repr(error)
    assert error.typed() == (
        "--max-words received '--max-words', max_words.", "--max-words 5 --no-copy, or --model x",
    )  # fmt: skip
    assert marked().typed() == pickle.loads(pickle.dumps(error)).typed() == copy.copy(error).typed()


@pytest.mark.parametrize(
    ("values", "python", "command"),
    [
        ({"start": "a b"}, "start='a b'", "--from 'a b'"),
        ({"rungs": ["gru", "rnn"]}, "rungs=['gru', 'rnn']", "--rung gru --rung rnn"),
        ({"columns": {"text": "my review", "label": "1"}}, "columns={'text': 'my review', 'label': '1'}",
         "--columns 'text=my review,label=1'"),
        ({"resume": True, "rate": 0.5}, "resume=True, rate=0.5", "--resume --rate 0.5"),
    ],
)  # fmt: skip
def test_arguments_are_written_as_they_are_typed(values, python, command) -> None:
    error = SeqtextError(argument(next(iter(values))), arguments(**values))
    assert (error.hint, error.typed()[1]) == (python, command)
    assert error.typed()[0] == command.split()[0]


def test_a_frame_leaves_both_wordings_and_the_kind() -> None:
    framed = marked().framed("a.txt: ", " So.", without="texts.*?: ")
    assert type(framed) is ConfigError
    assert framed.typed() == (f"a.txt: {marked().typed()[0]} So.", marked().typed()[1])
    assert str(framed) == f"a.txt: {marked().message} So. Try: {marked().hint}"
    assert InputError("texts[3]: no", "this").framed("b: ", without=r"texts\[\d+\]: ", hint="that").args == (
        "b: no",
        "that",
    )


def test_a_text_cannot_change_what_is_said() -> None:
    error = InputError("it", either("\ufdd0a\ufdd1b\ufdd2", "\ufdd1c\ufdd2"))
    assert (error.hint, error.typed()[1]) == ("ab", "c")


def test_no_error_names_an_option_alone() -> None:
    """A caller in Python has none; whole commands, which begin with another word, may be shown."""
    package = Path(errors.__file__).parent
    for path in sorted(package.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Raise) and isinstance(call.exc, ast.Call):
                for part in texts_of(call.exc):
                    option = re.search(r"(?:^|[ (])--[a-z{]", part)
                    command = re.search(r"seqtext|--nproc-per-node|pip install|cp --|msgfmt --", part)
                    assert not option or command, f"{path}, line {call.lineno}: {part}"


def texts_of(node: ast.AST) -> list[str]:
    """The text inside a call, but not that which `either` says two ways."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "either":
        return []
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):  # one text, whatever stands in its braces, and that by itself
        pieces = [str(part.value) if isinstance(part, ast.Constant) else "{" for part in node.values]
        inner = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return ["".join(pieces), *(text for part in inner for text in texts_of(part))]
    return [text for child in ast.iter_child_nodes(node) for text in texts_of(child)]
