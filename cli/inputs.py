"""Read the input texts of a command.

They are its TEXT arguments, or the lines of a file, one after the other as they come.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import click

from seqtext.characters import SURROGATE, visible
from seqtext.errors import InputError
from seqtext.shell import quote

from . import output
from .options import UsageFault

READ_AHEAD = 256  # lines of a file that are read side by side


def read_texts(texts: tuple[str, ...], file: str | None, encoding_errors: str) -> Iterator[tuple[str, str]]:
    """Stream the inputs in order, each with its place.

    An error names the place, a file and a line; it is "" for a TEXT argument.

    raises UsageFault at once unless there is a TEXT or a --file and not both; InputError for a TEXT that is not UTF-8
    """
    if bool(texts) == (file is not None):
        received = "No TEXT was given" if file is None else "A TEXT and --file were both given"
        command = click.get_current_context().command_path
        raise UsageFault(f"{received}; a TEXT or a --file is expected.", f"{command} --help")
    if file is not None:
        from seqtext.data.formats.registry import PAIRS, TEXTS, format_of

        gives = format_of(file).gives
        if gives == PAIRS:
            received = f"--file received {file}, which holds texts and their translations"
            raise UsageFault(f"{received}; texts or a table are expected.", f"seqtext evaluate MODEL {quote(file)}")
        if gives == TEXTS:
            return _lines_of_document(file, encoding_errors, _encoding())
        return _lines(file, encoding_errors, _encoding())
    _note_files(texts)
    return iter([("", utf8(text, encoding_errors)) for text in texts])


def _note_files(texts: Sequence[str]) -> None:
    """Note the first TEXT that is the name of a file, which is not read."""
    names = [text for text in texts if len(text.split()) == 1 and os.path.isfile(text)]
    if names:
        more = f"; so {'is' if len(names) == 2 else 'are'} {len(names) - 1:,} more" * (len(names) > 1)
        output.note(f"The TEXT {names[0]} is also the name of a file{more}; --file {quote(names[0])} reads the file.")


def _encoding() -> str | None:
    """Return the value of --encoding in the command that runs."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.params.get("encoding")


def _lines_of_document(file: str, encoding_errors: str, encoding: str | None) -> Iterator[tuple[str, str]]:
    from seqtext.data.formats.documents import read_document
    from seqtext.data.lines import Report
    from seqtext.data.wanted import Wanted

    return read_document(file, Wanted(("text",), {}, encoding_errors, Report(), encoding=encoding))


def _lines(file: str, encoding_errors: str, encoding: str | None) -> Iterator[tuple[str, str]]:
    """Yield the lines of a file with their places; afterwards, note what was read otherwise than it is written."""
    from seqtext.data.lines import Report, place, read_lines

    report = Report()
    # cut=False: a piece of a long line would have an answer of its own, and answers would not match lines by number.
    lines = read_lines(file, encoding_errors=encoding_errors, encoding=encoding, cut=False, report=report)
    for number, line in lines:
        yield place(file, number), line
    for told in report.told():
        output.note(f"{visible(told)}.")


def read_ahead(file: str | None) -> int:
    """Return how many texts are answered side by side.

    Lines of standard input are answered one by one, as they come.
    """
    return 1 if file in (None, "-") else READ_AHEAD


def check_one_text(flag: str, value: str, texts: Sequence[str], file: str | None) -> None:
    """Raise UsageFault unless exactly one nonblank TEXT was given.

    It is for an option that draws one text.
    """
    from seqtext.normalization import is_blank

    if [is_blank(text) for text in texts] != [False]:
        piped = "standard input was" if file == "-" else "--file was"
        received = piped if file is not None else "a blank one was" if len(texts) == 1 else f"{len(texts)} were"
        raise UsageFault(f"{flag} draws one TEXT; {received} given.", f'"A man rides." {flag} {value}')


def utf8(text: str, encoding_errors: str) -> str:
    """Check an argument's encoding, or mend it.

    Python passes a byte that it cannot decode as half of a surrogate pair.

    raises InputError for a byte that is not UTF-8 unless encoding_errors is "replace"
    """
    half = SURROGATE.search(text)
    if half is None:
        return text
    with suppress(UnicodeError):  # the bytes may be UTF-8 in a locale that is not
        return os.fsencode(text).decode("utf-8")
    mended = SURROGATE.sub("\ufffd", text)
    if encoding_errors == "replace":
        return mended
    raise InputError(
        f"{mended!r}, character {half.start() + 1}: the byte 0x{ord(half[0]) & 0xFF:02X} is not UTF-8.",
        "--encoding-errors replace",
    )


def read_avoided(avoid: str | None, file: str | None, encoding_errors: str) -> tuple[str, ...]:
    """Read the words of an --avoid FILE, one a line.

    Blank lines are skipped. Raises InputError with the place of a line at fault, UsageFault if both files are "-".

    file: the source of the texts; only one of the two files can be standard input
    """
    if avoid is None:
        return ()
    if avoid == file == "-":
        raise UsageFault("--file and --avoid both received -; one of them can be standard input.", "--avoid words.txt")
    from seqtext.avoided_words import checked_word
    from seqtext.data.lines import place, read_lines
    from seqtext.normalization import is_blank

    words = []
    for number, line in read_lines(avoid, encoding_errors=encoding_errors, cut=False):
        if not is_blank(line):
            with faults_at(place(avoid, number)):
                words.append(checked_word(line))
    return tuple(words)


def read_glossary(glossary: str | None, taken: Mapping[str, str | None], encoding_errors: str) -> dict[str, str]:
    """Read the terms of a --glossary FILE, source<TAB>target.

    Raises InputError with the place of a line at fault.

    taken: flag -> file of the other options that may read standard input, which only one can
    """
    if glossary is None:
        return {}
    for flag, value in taken.items():
        if glossary == value == "-":
            message = f"{flag} and --glossary both received -; one of them can be standard input."
            raise UsageFault(message, "--glossary terms.tsv")
    from seqtext.data.lines import place, read_lines
    from seqtext.models.glossary import add_term, terms_of_lines

    terms: dict[str, str] = {}
    for number, line in read_lines(glossary, encoding_errors=encoding_errors, cut=False):
        with faults_at(place(glossary, number)):
            for source, target in terms_of_lines([line]):
                add_term(terms, source, target)
    if not terms:
        raise InputError(f"{glossary} holds no term; source<TAB>target is expected, one a line.",
                         "printf 'invoice\\tRechnung\\n' > terms.tsv")  # fmt: skip
    return terms


@contextmanager
def faults_at(place: str) -> Iterator[None]:
    """Let input errors inside the block name their place, if any."""
    try:
        yield
    except InputError as error:
        raise error.framed(f"{place}: " if place else "") from error
