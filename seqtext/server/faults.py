"""Report errors over HTTP.

Each has a status, and JSON that says what was received, what is accepted and what to send instead.
"""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from seqtext.errors import SeqtextError

_VALUES = re.compile(r"\w+=.+")
_CALL = re.compile(r'model\.\w+\(("(?:[^"\\]|\\.)*")\)')
_FIRST_WORD = re.compile(r"(\w+) (?:received|was given|and)\b")
_HTTP_NAMES = {"target": "to", "source": "from"}  # of translate, whose text is called source
_RECEIVED = re.compile(r"^(\w+ received )(True|False|None)(?=;)")
_YES_OR_NO = re.compile(r"(\w+)=True or \1=False")
#: Fields that take a text, but not any.
_GOOD_TEXTS: Mapping[str, Mapping[str, str]] = {
    "to": {"to": "fr"}, "from": {"from": "en"}, "labels": {"labels": "good,bad"},
    "prompt": {"labels": "good,bad", "prompt": "It was ___."},
}  # fmt: skip


class Fault(Exception):
    """Describe an error response: status, message and hint.

    message: what was received and what is accepted; hint: something to send instead; param: the field at fault;
    code: a word for programs; headers: those that go with it
    """

    def __init__(
        self,
        status: int,
        message: str,
        hint: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.hint = status, message, hint
        self.param, self.code, self.headers = param, code, dict(headers or {})

    @property
    def error_object(self) -> dict[str, Any]:
        """Return the error as an object that OpenAI's clients read.

        It has a hint as well.
        """
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {
            "error": {
                "message": self.message, "hint": self.hint, "type": kind, "param": self.param, "code": self.code,
            }
        }  # fmt: skip

    @property
    def body(self) -> bytes:
        """Return the error object as bytes of JSON."""
        return json.dumps(self.error_object, ensure_ascii=False).encode("utf-8", "backslashreplace")


def fault_of(error: SeqtextError, status: int = 400, place: str = "", given: str = "text") -> Fault:
    """Convert an error of a model or an option to a Fault.

    status: of the response; place: what its message begins with; given: what a text is called in the body
    """
    named = _FIRST_WORD.match(error.message)
    param = _HTTP_NAMES.get(named[1], named[1]) if named else None
    message = error.message if named is None else _in_json_words(f"{param}{error.message[len(named[1]) :]}")
    hint = _as_json(error.hint, given)
    if param is None and (first := re.match(r'"(\w+)": ', hint)):
        param = first[1]
    return Fault(status, place + message, hint, param=param)


def _in_json_words(message: str) -> str:
    """A message with the words of JSON for what was received and is accepted: true, false, null."""
    words = {"True": "true", "False": "false", "None": "null"}
    message = _RECEIVED.sub(lambda found: found[1] + words[found[2]], message)
    return message.replace("; accepted are True and False.", "; accepted are true and false.")


def _as_json(hint: str, given: str) -> str:
    """Write a hint as it stands in a body: `"top": 5` for `top=5`, `"text": "A."` for a call; any other as it is."""
    if asked := _CALL.fullmatch(hint):
        return f'"{given}": {asked[1]}'
    if one_of := _YES_OR_NO.fullmatch(hint):
        return f'"{one_of[1]}": true'
    if not _VALUES.fullmatch(hint):
        return hint
    try:
        call = ast.parse(f"f({hint})", mode="eval").body
        assert isinstance(call, ast.Call)
        values: dict[str, Any] = {}
        for keyword in call.keywords:
            values |= _fields(str(keyword.arg), ast.literal_eval(keyword.value))
        return json.dumps(values, ensure_ascii=False)[1:-1] or hint
    except (SyntaxError, ValueError, TypeError, AssertionError):
        return hint


def _fields(name: str, value: Any) -> dict[str, Any]:
    """The field that stands for an argument in Python and its value, and what goes with it."""
    name = _HTTP_NAMES.get(name, name)
    if isinstance(value, list) and name in ("labels", "options"):
        return {"labels": ",".join(value)} if name == "labels" else {"option": value}
    return dict(_GOOD_TEXTS.get(name, {name: value})) if value == "text" else {name: value}


def overloaded(message: str, hint: str, status: int = 503, seconds: int = 1, code: str = "overloaded") -> Fault:
    """Build the Fault of a request that may be retried later.

    seconds: until then, sent as Retry-After
    """
    return Fault(status, message, hint, code=code, headers={"Retry-After": str(seconds)})


def too_long(seconds: float) -> Fault:
    """Make the Fault of an answer that was not found in time."""
    return overloaded(f"No answer was found in {seconds:g} seconds.",
                      "send fewer or shorter texts, or send it again later", seconds=5, code="timeout")  # fmt: skip


INTERNAL = Fault(500, "internal fault", "send the request again; the server's log says more", code="internal_fault")
