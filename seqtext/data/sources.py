"""Iterate over the files of a corpus, named or in folders."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from seqtext.data.encodings import unpacked_name
from seqtext.data.formats.registry import BY_SUFFIX, file_and_sheet, kind_of
from seqtext.data.lines import Report, looks_binary, shown
from seqtext.data.unpacking import cannot_open
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError

E = TypeVar("E")
Corpora = str | Path | Sequence[str | Path]

#: The reasons under which a report counts unreadable files, and the prefix of its notes on them.
LEFT_OUT = ("file that cannot be read", "rest of a file that cannot be read")
LEFT_OUT_NOTE = "left out: "
_TOLD = 10  # most skipped files that are named
_DOCUMENTATION = ("README", "LICENSE", "LICENCE", "CITATION", "CHANGELOG")


def corpus_names(corpora: Corpora | None) -> tuple[str, ...]:
    """List the names of any number of corpora."""
    if corpora is None:
        return ()
    return (str(corpora),) if isinstance(corpora, str | Path) else tuple(map(str, corpora))


def existing_names(sources: Corpora) -> list[str]:
    """List the names of sources. Raises CorpusError for none, or one that does not exist."""
    names = list(corpus_names(sources))
    if not names:
        raise CorpusError("No corpus was given; a file, a folder, hf:NAME or - is expected.", "corpus.txt")
    for name in names:
        if name != "-" and kind_of(name) != "hf":
            try:
                os.stat(file_and_sheet(name)[0])
            except (OSError, ValueError) as error:
                raise cannot_open(name, error) from error
    return names


def from_all(names: list[str], read: Callable[[str, Wanted], Iterator[E]], wanted: Wanted) -> Iterator[E]:
    """Yield the examples of all files, counted in the report.

    Raises CorpusError as `from_files` does, and if there is none.
    """
    return at_least_one(from_files(names, read, wanted), names, wanted.report)


def from_files(names: list[str], read: Callable[[str, Wanted], Iterator[E]], wanted: Wanted) -> Iterator[E]:
    """Yield the examples of all files.

    A file that cannot be read, or the rest of it, is left out where that is wanted.

    Raises CorpusError for a file at which it stops; the first fault, where nothing else was found.
    """
    report, fault, nothing = wanted.report, None, True
    for name, is_found in _files(names, report):
        count = 0
        try:
            for example in read(name, wanted):
                count, nothing = count + 1, False
                yield example
        except CorpusError as error:
            if wanted.on_error == "stop" or not (is_found or wanted.on_error):
                raise
            fault = fault or error
            _leave_out(error, count, report)
    if nothing and fault is not None:
        raise fault


def _leave_out(error: CorpusError, before: int, report: Report) -> None:
    """Count an unreadable file, or the rest of a file, and note the first ones by name."""
    report.skip(LEFT_OUT[before > 0])
    if sum(note.startswith(LEFT_OUT_NOTE) for note in report.notes) < _TOLD:
        report.note(f"{LEFT_OUT_NOTE}{'from here on, ' * bool(before)}{error.typed()[0].rstrip('.')}")


def at_least_one(examples: Iterable[E], names: list[str], report: Report) -> Iterator[E]:
    """Yield examples, counted in the report; raises CorpusError for none."""
    nothing = True
    for example in examples:
        nothing = False
        report.examples += 1
        yield example
    if nothing:
        listed = ", ".join(shown(name) for name in names[:5]) + ", …" * (len(names) > 5)
        skipped = ", ".join(f"{count} × {reason}" for reason, count in report.skipped.items())
        message = f"{listed} holds no text" + (f" (skipped: {skipped})." if skipped else ".")
        raise CorpusError(message, "give a file with one text per line")


def _files(names: list[str], report: Report) -> Iterator[tuple[str, bool]]:
    """Yield (name, whether it was found in a folder) of every file."""
    for name in names:
        is_folder = kind_of(name) != "hf" and os.path.isdir(name)
        for file in _walk(name, report) if is_folder else [name]:
            report.files += 1
            yield file, is_folder


def _walk(folder: str, report: Report) -> Iterator[str]:
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        raise cannot_open(folder, error) from error
    for entry in entries:
        if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, report)
        elif reason := _reason_to_skip(entry):
            report.skip(reason, entry.path)
        else:
            yield entry.path


def _reason_to_skip(entry: os.DirEntry[str]) -> str:
    """Name the reason to skip a folder's entry; "" for a file of the corpus."""
    if entry.name.startswith((".", "~$")):  # the second are of Office, beside an open document
        return "hidden file"
    if not entry.is_file():
        return "linked folder" if entry.is_dir() else "not a regular file"
    name = unpacked_name(entry.name)[0]
    if os.path.splitext(name)[0].upper() in _DOCUMENTATION:
        return "documentation"
    known = os.path.splitext(name)[1].lower() in BY_SUFFIX
    return "binary file" if not known and looks_binary(entry.path) else ""
