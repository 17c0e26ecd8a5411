"""Quote words of a command for the system's shell, so that a hint can be typed."""

import re
import shlex
import sys
from collections.abc import Iterable

#: Whether commands are typed into cmd or PowerShell; a Unix shell otherwise.
ON_WINDOWS = sys.platform == "win32"
#: Words of these characters mean themselves in cmd and in PowerShell.
_PLAIN = re.compile(r"[\w./\\:+-]+")


def quote(word: str) -> str:
    r"""Quote a word of a command for the system's shell.

    On Windows, the program gets the word back by Microsoft's rules for arguments: backslashes are doubled in front of a
    quotation mark only. Not covered there: %NAME%, which cmd fills in even between quotation marks; $NAME and the
    backtick, of which PowerShell does the same; and what follows a quotation mark inside a word, which both shells
    take for the end of the quoted part, so that & | < > ^ have their meaning there.
    """
    if not ON_WINDOWS:
        return shlex.quote(word)
    if _PLAIN.fullmatch(word):
        return word
    inner = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)\Z", r"\1\1", inner) + '"'


def quote_all(words: Iterable[str]) -> str:
    """Quote the words of a command and join them with spaces."""
    return " ".join(map(quote, words))
