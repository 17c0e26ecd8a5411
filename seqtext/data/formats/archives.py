"""Open ZIP archives that hold a document.

These are .docx, .odt, .xlsx and .epub; other files are named for what they are.
"""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from seqtext.data.encodings import refuse_packed
from seqtext.data.formats.registry import FORMATS, Format
from seqtext.data.formats.safe_xml import read_xml
from seqtext.data.lines import is_binary
from seqtext.data.unpacking import cannot_open
from seqtext.errors import CorpusError

#: By a file inside the archive: the format, or, if it is not read, what people call it.
_TELLING: Mapping[str, Format | str] = {
    "ppt/presentation.xml": "a PowerPoint presentation",
    **{record.member: record for record in FORMATS.values() if record.member},
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PACKAGE = "encrypted-package"  # in which LibreOffice encrypts a whole document
_AGAIN = "copy the file again"


@contextmanager
def opened_archive(source: str, wanted: Format) -> Iterator[zipfile.ZipFile]:
    """Open an archive that holds the member of a format.

    Raises CorpusError for another file, a damaged one and one with a password, also for damage found later.
    """
    accepted = wanted.accepted
    refuse_packed(source, accepted)
    try:
        with open(source, "rb") as raw:
            head = raw.read(8192)
            _refuse_others(source, head, accepted, raw.read() if head.startswith(_OLE) else b"")
            raw.seek(0)
            with zipfile.ZipFile(raw) as archive:
                names = archive.namelist()
                if wanted.member not in names:
                    raise _another(source, names, accepted)
                if any(entry.flag_bits & 1 for entry in archive.infolist()):
                    raise protected(source, accepted)
                yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        reason = " ".join(str(error).split())[:120] or "it ends too early"
        raise CorpusError(f"{source}: damaged or cut short, not readable as {accepted} ({reason}).", _AGAIN) from error
    except (OSError, ValueError) as error:
        raise cannot_open(source, error) from error


def _refuse_others(source: str, head: bytes, accepted: str, rest: bytes) -> None:
    """Raise CorpusError for a file that does not begin like an archive."""
    if head.startswith(b"PK"):
        return
    if head.startswith(_OLE):
        if _ENCRYPTED in head + rest:
            raise protected(source, accepted)
        message = f"{source} is in the format of Office 97 to 2003; {accepted} is expected."
        raise CorpusError(message, "open it in Office or LibreOffice, and save it in the new format")
    if not head:
        raise CorpusError(f"{source} is empty; {accepted} is expected.", _AGAIN)
    if is_binary(head):
        raise CorpusError(f"{source} is not {accepted}, although its name says so.", _AGAIN)
    message = f"{source} is a text file, not {accepted}, although its name says so."
    raise CorpusError(message, "give it the suffix that it should have, such as .txt, .csv or .html")


def protected(source: str, accepted: str) -> CorpusError:
    """Make the error for a file that only a password opens."""
    message = f"{source} is protected by a password; {accepted} without one is expected."
    return CorpusError(message, "open it with the password, and save it without")


def _another(source: str, names: list[str], accepted: str) -> CorpusError:
    if _PACKAGE in names:
        return protected(source, accepted)
    for member, other in _TELLING.items():
        if member in names:
            called = other if isinstance(other, str) else other.called
            message = f"{source} is {called}, not {accepted}, although its name says so."
            known = "" if isinstance(other, str) else f"give it the suffix {other.suffix}"
            return CorpusError(message, known or "save it as .docx or .txt")
    message = f"{source} is an archive of other files, not {accepted}, although its name says so."
    return CorpusError(message, "unpack it first")


def refuse_document_types(source: str, archive: zipfile.ZipFile, kind: str) -> None:
    """Raise CorpusError if any XML of an Office file declares entities.

    Each member is read to its first element.
    """
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")):
            with archive.open(name) as file:
                next(read_xml(f"{source}, {name}", file, kind, ("start",)), None)
