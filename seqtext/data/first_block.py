"""Recognize byte order mark and encoding by a text file's first block."""

from seqtext.data.encodings import known_encoding, recognized, unmarked, unmarked_encoding
from seqtext.data.lines import is_binary, shown
from seqtext.errors import CorpusError, arguments


def read_first_block(source: str, head: bytes, encoding: str | None, accepted: str) -> tuple[bytes, str]:
    """Recognize a source's byte order mark and encoding.

    head: its first block; encoding: the one that was named; accepted: the accepted data, for the message
    Returns both; the mark is b"" where there is none. Raises CorpusError for binary data, and for UTF-16 and UTF-32
    that no mark or name tells; ConfigError for an unknown encoding.
    """
    mark, recognized_encoding = recognized(head, None if encoding is None else known_encoding(encoding))
    if recognized_encoding == "utf-8" and (zeros := unmarked_encoding(head)):
        raise unmarked(shown(source), source, zeros)
    sample = head[len(mark) :].decode(recognized_encoding, "ignore")
    if is_binary(sample.encode("utf-8", "replace")):
        message = f"{shown(source)} looks like a binary file; {accepted} is accepted."
        parquet = sample.startswith("PAR1")
        named = f"name its encoding, such as {arguments(encoding='utf-16')}"
        raise CorpusError(message, "give it a name that ends in .parquet" if parquet else named)
    return mark, recognized_encoding
