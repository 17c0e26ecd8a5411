"""Read the bytes of files and standard input in blocks, unpacked."""

import gzip
import lzma
import os
import sys
import zlib
from collections.abc import Generator, Iterator
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from seqtext.data.encodings import unpacked_name
from seqtext.data.pipes import kept_blocks
from seqtext.errors import CorpusError, nearest
from seqtext.extras import needed
from seqtext.shell import quote

BLOCK = 65_536  # bytes read at once
#: The errors that unpacking a damaged file raises.
DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError)
_XZ_MEMORY = 1 << 27  # bytes; xz -9 needs half of it, but a file may ask for 4 GB, by the size of its dictionary


def standard_input() -> Any:
    """Return the binary stream of standard input, a BufferedReader. Raises CorpusError where it is closed."""
    if sys.stdin is None:
        raise CorpusError(
            "standard input is closed; some text is expected.", "cat corpus.txt |, in front of this command"
        )
    return sys.stdin.buffer


def cannot_open(name: str, error: OSError | ValueError) -> CorpusError:
    """Make the CorpusError for a file or folder that cannot be opened."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _missing(name)
    if isinstance(error, PermissionError):
        return CorpusError(f"{name} cannot be opened: permission denied.", f"chmod u+r {quote(name)}")
    if isinstance(error, IsADirectoryError):
        return CorpusError(f"{name} is a folder; a file is expected.", f"ls {quote(name)}")
    reason = getattr(error, "strerror", None) or error
    return CorpusError(f"{name[:200]!r} cannot be opened: {reason}.", "give the name of a file or folder")


def _missing(name: str) -> CorpusError:
    folder, wanted = os.path.split(name)
    try:
        names = sorted(os.listdir(folder or "."))
    except OSError:
        parent = next((str(path) for path in Path(folder).parents if path.is_dir()), ".")
        message = f"{name!r} does not exist; there is no folder {folder!r} either."
        return CorpusError(message, f"ls {quote(parent)}")
    close = nearest(wanted, names, cutoff=0.5)
    if not close:
        return CorpusError(f"{name!r} does not exist.", f"ls {quote(folder or '.')}")
    message = f"{name!r} does not exist; the nearest name in its folder is {close!r}."
    return CorpusError(message, quote(os.path.join(folder, close)))


def _opened(source: str) -> BufferedReader:
    try:
        return open(source, "rb")
    except (OSError, ValueError) as error:
        raise cannot_open(source, error) from error


def unpacked_blocks(source: str) -> Generator[bytes, None, None]:
    """Yield a source's bytes in blocks, unpacked.

    Raises CorpusError for one that cannot be opened; later errors are in DAMAGE.
    """
    yield from kept_blocks(source, partial(_unpacked, source))


def _unpacked(source: str) -> Generator[bytes, None, None]:
    if source == "-":
        yield from iter(partial(standard_input().read1, BLOCK), b"")
        return
    suffix = unpacked_name(source)[1]
    with _opened(source) as raw:
        if suffix == ".zst":
            yield from _zstandard_blocks(raw)
        elif suffix == ".gz":
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield from iter(partial(unpacked.read1, BLOCK), b"")
        elif suffix == ".xz":
            yield from _xz_blocks(raw)
        else:
            yield from iter(partial(raw.read1, BLOCK), b"")


def _xz_blocks(raw: BinaryIO) -> Iterator[bytes]:
    """Unpack xz stream by stream, with bounded memory, because a file may require a dictionary of 4 GB."""
    data = raw.read(BLOCK)
    while True:
        unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        while not unpacker.eof:
            if unpacker.needs_input and not data:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            try:
                block = unpacker.decompress(data, BLOCK)
            except lzma.LZMAError as error:
                if "Memory usage limit" in str(error):
                    message = f"unpacking needs more than {_XZ_MEMORY >> 20} MB of memory; pack it with xz -9 or less"
                    raise OSError(message) from error
                raise
            if block:
                yield block
            data = raw.read(BLOCK) if unpacker.needs_input else b""
        # Streams may be padded with zeros; what follows them must not be left out.
        data = unpacker.unused_data.lstrip(b"\0")
        while not data:
            if not (block := raw.read(BLOCK)):
                return
            data = block.lstrip(b"\0")


def _zstandard_blocks(raw: BinaryIO) -> Iterator[bytes]:
    """Unpack zstd frame by frame, because the package's stream reader accepts a truncated frame."""
    with needed("A file packed with zstd"):
        import zstandard

    frame = None
    # Four packed bytes may expand to 128 KiB, so small reads bound the output of a call.
    while data := raw.read(256):
        while data:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            try:
                block = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise OSError(str(error)) from error
            if block:
                yield block
            data = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("the last frame is incomplete")
