"""Commands taken apart as the system's shell does."""

import re
import shlex

from seqtext import shell


def words_of(line: str) -> list[str]:
    """The words of a command that a hint prints."""
    return words_of_windows(line) if shell.ON_WINDOWS else shlex.split(line)


def words_of_windows(line: str) -> list[str]:
    """The words that a C program on Windows finds in its command line.

    2n backslashes and a quotation mark are n backslashes and the begin or end of a quoted part, 2n + 1 are n and a
    quotation mark; other backslashes stand for themselves. Empty words need quotation marks.
    """
    words, word, quoted = [], None, False
    for backslashes, mark, other in re.findall(r'(\\*)(?:(")|(.|\Z))', line):
        slashes = len(backslashes) // 2 if mark else len(backslashes)
        if slashes or mark or (other and (quoted or other != " ")):
            word = (word or "") + "\\" * slashes
        if mark and len(backslashes) % 2:
            word += '"'
        elif mark:
            quoted = not quoted
        elif other == " " and not quoted:
            words += [] if word is None else [word]
            word = None
        elif other:
            word += other
    return words + ([] if word is None else [word])
