"""Translate a file as one document, keeping its markup and line ends."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from . import answers, inputs, output
from .options import UsageFault
from .tables import TableOptions

if TYPE_CHECKING:
    from seqtext.models.options import TranslateOptions

#: The marks of a file by its ending.
ENDINGS = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".srt": "subtitles", ".vtt": "subtitles",
}  # fmt: skip
_NAMES = {"markdown": "Markdown document", "html": "HTML document", "subtitles": "file of subtitles"}


class Document(NamedTuple):
    """Hold the text of a file that is translated whole.

    marks: the kind of its markup, as in `Translator.translate`
    """

    file: str
    marks: str
    text: str


def read(
    file: str | None, whole: bool | None, marks: str, table: TableOptions, encoding_errors: str, n_best: int
) -> Document | None:
    """Read a file as a document.

    Returns None where each line is a text.

    --whole or the file's suffix makes it a document.

    n_best: number of answers printed; raises UsageFault for several, for --whole without a file, or with a table
    """
    if whole and file is None:
        raise UsageFault("--whole was given without a --file.", "--file page.md --whole")
    if whole:
        table.refuse({"--whole": True})
    by_ending = "" if file is None else ENDINGS.get(_ending(file), "")
    if file is None or table or whole is False or not (whole or by_ending):
        return None
    if n_best > 1:
        raise UsageFault(f"--n-best received {n_best}; a document is printed once, unless --json is given.", "--json")
    from seqtext.data.whole_text import read_whole

    text = read_whole(file, encoding_errors, table.encoding)
    if whole is None:
        output.note(f"{file} is translated as one {_NAMES[by_ending]}; --by-line takes each line for a text.")
    return Document(file, by_ending if marks == "auto" and by_ending else marks, text)


def _ending(file: str) -> str:
    from seqtext.data.encodings import unpacked_name

    return PurePath(unpacked_name(file)[0].lower()).suffix


def words_of(document: Document) -> str:
    """Return the translated text of a document, without its markup."""
    from seqtext.models.markup import reading

    return reading.words_of(document.text, document.marks)


def show(document: Document, translator: Any, asked: "TranslateOptions") -> Iterator[Any]:
    """Print the translation of a document piece by piece; yield the answers."""
    with inputs.faults_at(document.file):
        for piece in translator.translate_document(document.text, asked.search, asked.avoid, **asked.more):
            output.pour([piece.text])
            yield piece


def answer(document: Document, record: Any, translator: Any, asked: "TranslateOptions", as_json: bool) -> bool:
    """Translate a document, and print notes of lost details.

    returns whether most of it is unlike all training texts
    """
    lost = answers.Lost("translation")
    if as_json:
        with inputs.faults_at(document.file):
            best = record.ask(translator, [document.text], asked)[0] if document.text.strip() else []
        output.say_json(record.tell(translator, document.text, best, asked))
    else:
        best = list(show(document, translator, asked))
    pieces = best[:1] if as_json else best
    lost.add(tuple(flag for piece in pieces for flag in piece.flags))
    lost.say()
    unusual = sum(len(piece.text) for piece in pieces if piece.unusual)
    return unusual * 2 > sum(len(piece.text) for piece in pieces)


options = click.option(
    "--whole/--by-line",
    default=None,
    help="The --file is one document, or a text per line.  [default: by its ending: .md, .html, .srt and .vtt are one]",
)
