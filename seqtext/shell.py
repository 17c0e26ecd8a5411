"""Quote words of commands for the system's shell.

So a hint works when it is typed.
"""

import re
import shlex
import sys
from collections.abc import Iterable

#: Whether commands are typed into cmd or PowerShell; otherwise into a Unix shell.
ON_WINDOWS = sys.platform == "win32"
#: Words of these characters need no quotes in cmd and PowerShell.
_PLAIN = re.compile(r"[\w./\\:+-]+")


def quote(word: str) -> str:
    r"""Quote a word of a command for the system's shell.

    On Windows, the program gets the word back by Microsoft's rules for arguments, by which backslashes are doubled only
    before a quotation mark. Three things are not covered there. cmd expands %NAME% between quotation marks, too.
    PowerShell expands $NAME there, and the backtick escapes. Both take a quotation mark inside a word for the end of
    the quoted part, so that & | < > ^ after it have their special meanings.

    Source: "Parsing C command-line arguments", https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
    """
    if not ON_WINDOWS:
        return shlex.quote(word)
    if _PLAIN.fullmatch(word):
        return word
    inner = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)\Z", r"\1\1", inner) + '"'


def with_variable(name: str, value: str, command: str) -> str:
    """Write a command with an environment variable set for it.

    It is for cmd or a Unix shell; PowerShell has another syntax.
    """
    # cmd takes a space before && for a part of the value.
    return f"set {name}={value}&& {command}" if ON_WINDOWS else f"{name}={value} {command}"


def quote_all(words: Iterable[str]) -> str:
    """Quote the words of a command and join them with spaces."""
    return " ".join(map(quote, words))
