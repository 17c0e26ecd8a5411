"""Implement `seqtext cloze`, which makes fill-in exercises from texts."""

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from seqtext.config import ClozeConfig
from seqtext.errors import SeqtextError

from . import inputs, options, output, tables
from .options import UsageFault

_FEW = 60  # words for each gap, more than which are said to be few gaps
_UNLIKE = 0.25  # share of unknown words above which a text is called unlike those that the model has learnt from


@click.command(cls=options.Sections)
@options.documents
@options.model("fill-en")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "gift", "anki"]),
    default="text",
    show_default=True,
    help="How it is written: gift for Moodle, anki as a file of cloze notes, html as a web page that checks answers.",
)
@click.option("--key", metavar="FILE", help="Write the answers to this file, not below the text.")
@options.avoid
@options.as_json
@options.settings(ClozeConfig)
@tables.accepted
def cloze(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str,
    form: str,
    key: str | None,
    avoid: str | None,
    as_json: bool,
    table: tables.TableOptions,
    **typed: Any,
) -> None:
    """Make a fill-in exercise from a text.

    \b
    seqtext cloze --file story.txt --key answers.txt
    seqtext cloze --file story.txt --format html > exercise.html
    seqtext cloze --file story.txt --every 7 --letters 1 --format markdown

    Gaps stand where the text determines the word; the distractors, which are the other words to choose from, fit the
    grammar and not the sense. A gap that is not clear is left out, so there may be fewer than were asked for. A --file
    is one text, and its line breaks are kept; each TEXT is an exercise of its own in --json, and a paragraph elsewhere.
    To a table, the columns exercise and answers are added; answers of a row have | between them.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    chosen = ClozeConfig(**options.chosen((ClozeConfig,), typed, None))
    if as_json and form != "text":
        raise UsageFault(f"--json and --format {form} were both given; one of them is accepted.", f"--format {form}")
    _check_key(key, file, avoid)
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    from seqtext.storage.catalog import load

    filler = load(model, "fill")
    if table:
        without = {"--key": key, "--format": form != "text"}
        return table.answer(filler.cloze, without=without, options=chosen, avoid=avoided)
    made = _Made(chosen)
    documents = _documents(lines, file)
    if as_json:
        _say_objects(documents, lambda text: filler.cloze(text, chosen, avoided), made)
    elif file is not None and chosen.items is None:
        _write(_parts(filler.cloze_parts(_whole_lines(lines), chosen, avoided), file), form, key, made)
    else:
        _write(_exercises(documents, lambda text: filler.cloze(text, chosen, avoided)), form, key, made)
    if key is not None:
        made.write_key(key)
    if not as_json:
        made.say()


def _check_key(key: str | None, *read: str | None) -> None:
    """Refuse a key that cannot be written, or would overwrite what is read or printed, before any work is done."""
    if key is None:
        return
    if Path(key).is_dir() or not Path(key).parent.is_dir():
        raise _unwritable(key, os.strerror(errno.EISDIR if Path(key).is_dir() else errno.ENOENT))
    if not Path(key).is_file():
        return
    key_file = Path(key).stat()
    if any(source and os.path.exists(source) and os.path.samestat(key_file, os.stat(source)) for source in read):
        raise SeqtextError(f"--key received {key!r}, which is read; another file is expected.", "--key answers.txt")
    if os.path.samestat(key_file, _printed_to()):
        raise SeqtextError(
            f"--key received {key!r}, to which the exercise is printed; another file is expected.",
            "--key answers.txt",
        )


def _unwritable(key: str, why: str | None) -> SeqtextError:
    return SeqtextError(f"--key received {key!r}: {why}.", "--key answers.txt")


def _printed_to() -> os.stat_result:
    """Stat the file, pipe or terminal that is stdout; where it is none, the null device."""
    try:
        return os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or replaced by a test
        return os.stat(os.devnull)


def show(exercise: Any, number: int) -> None:
    """Print an exercise with its options and key.

    A blank line stands above it unless it is the first.
    """
    from seqtext.models.exercises import as_text

    output.say_apart("".join(as_text([exercise])).rstrip("\n"), number)


class _Made:
    """Collect the answers and the share of unknown words while exercises are written."""

    def __init__(self, chosen: ClozeConfig) -> None:
        self._chosen, self._numbered = chosen, list[tuple[int, Any]]()
        self._unknown, self._size, self._words = 0.0, 0, 0

    def add(self, parts: Iterable[Any]) -> Iterator[Any]:
        """Yield the parts of exercises, with gaps numbered from part to part."""
        for part in parts:
            numbered = part._replace(first=len(self._numbered) + 1)
            self._numbered += numbered.numbered()
            self._unknown += part.unknown * len(part.text)
            self._size += len(part.text)
            self._words += len(part.text.split())
            yield numbered

    def write_key(self, path: str) -> None:
        """Write the answers to a file."""
        from seqtext.models.exercises import key_lines

        try:
            Path(path).write_text("".join(key_lines(self._numbered)), encoding="utf-8", newline="\n")
        except OSError as error:
            raise _unwritable(path, error.strerror) from error

    def say(self) -> None:
        """Note if gaps are fewer than expected, or the text is unusual."""
        made, wanted = len(self._numbered), self._chosen.items
        if not made:
            output.note(f"No gap was made: no word is determined clearly enough by the words around it.{self._more()}")
        elif wanted is not None and made < wanted:
            output.note(f"{made:,} of {wanted:,} gaps could be made.{self._more()}")
        elif wanted is None and self._chosen.every is None and made * _FEW < self._words:
            output.note(f"{made:,} of {self._words:,} words became gaps: those that are clear.{self._more()}")
        share = self._unknown / max(1, self._size)
        if share > _UNLIKE:
            output.note(
                f"The model does not know {share:.0%} of the words: the text is unlike those that it has learnt from."
            )

    def _more(self) -> str:
        """Name the options that make more gaps and have not been given."""
        ways = ["--hardness hard"] if self._chosen.hardness != "hard" and self._chosen.every is None else []
        ways += ["--options 0"] if self._chosen.choices else []
        return f" More words are taken with {' or '.join(ways)}." if ways else ""


def _documents(lines: Iterator[tuple[str, str]], file: str | None) -> Iterator[tuple[str, str]]:
    """Yield the texts, each with the place that an error names; a file is one."""
    if file is None:
        yield from lines
    else:  # read only when it is asked for, since parts are read from the same lines
        yield file, "".join(_whole_lines(lines))


def _whole_lines(lines: Iterator[tuple[str, str]]) -> Iterator[str]:
    return (f"{line}\n" for _, line in lines)


def _parts(parts: Iterator[Any], file: str) -> Iterator[Any]:
    """Yield the parts of a file; their faults name it."""
    with inputs.faults_at(file):
        yield from parts


def _exercises(documents: Iterable[tuple[str, str]], answer: Callable[[str], Any]) -> Iterator[Any]:
    for number, (place, text) in enumerate(documents):
        with inputs.faults_at(place):
            exercise = answer(text)
        if number:
            yield exercise._replace(text="\n\n", items=())
        yield exercise


def _say_objects(documents: Iterable[tuple[str, str]], answer: Callable[[str], Any], made: _Made) -> None:
    for place, text in documents:
        with inputs.faults_at(place):
            exercise = answer(text)
        output.say_json(exercise.as_json())
        for _ in made.add([exercise]):
            pass


def _write(parts: Iterator[Any], form: str, key: str | None, made: _Made) -> None:
    """Print an exercise piece by piece, in a format."""
    from seqtext.models.exercises import FORMATS

    output.pour(FORMATS[form](made.add(parts), key is None))
