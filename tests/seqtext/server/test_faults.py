"""Errors as HTTP tells them: one object, with something to send instead."""

import json

from seqtext.errors import ConfigError, InputError, arguments
from seqtext.server.faults import INTERNAL, Fault, fault_of, overloaded, too_long


def test_a_fault_is_an_object_of_five_fields() -> None:
    fault = Fault(400, "Nothing was received.", "send it", param="text", code="empty")
    assert json.loads(fault.body) == {
        "error": {
            "message": "Nothing was received.", "hint": "send it", "type": "invalid_request_error", "param": "text",
            "code": "empty",
        }
    }  # fmt: skip


def test_half_a_surrogate_pair_can_be_told() -> None:
    assert b"\\udc80" in Fault(400, "\udc80", "").body


def test_hints_are_said_in_json() -> None:
    assert fault_of(ConfigError("top received 0.", arguments(top=5, copy=False))).hint == '"top": 5, "copy": false'
    assert fault_of(InputError("'No' has no blank.", 'model.fill("A ___.")')).hint == '"text": "A ___."'
    assert fault_of(InputError("x", 'model.generate("A")'), given="prompt").hint == '"prompt": "A"'
    assert fault_of(ConfigError("top received 0.", "a=b=c, or nothing")).hint == "a=b=c, or nothing"


def test_the_option_at_fault_is_named_as_over_http() -> None:
    fault = fault_of(ConfigError("target received 5; a text is expected.", arguments(target="fr")))
    assert (fault.param, fault.message, fault.hint) == ("to", "to received 5; a text is expected.", '"to": "fr"')
    assert fault_of(InputError("The text is empty.", "write")).param is None


def test_python_s_words_become_json_s() -> None:
    message = "names received True; accepted are True and False."
    assert fault_of(ConfigError(message, "names=True or names=False")).message == (
        "names received true; accepted are true and false."
    )
    assert fault_of(ConfigError("names received True; x.", "names=True or names=False")).hint == '"names": true'
    assert fault_of(InputError("'None' has no blank.", "x")).message == "'None' has no blank."
    fault = fault_of(InputError("The options are [].", arguments(options=["fox", "dog"])))
    assert (fault.hint, fault.param) == ('"option": ["fox", "dog"]', "option")
    assert fault_of(ConfigError("x", arguments(labels=["good", "bad"]))).hint == '"labels": "good,bad"'


def test_what_may_be_sent_again_says_when() -> None:
    for fault in (overloaded("Too much.", "wait"), too_long(3)):
        assert (fault.status, int(fault.headers["Retry-After"]) > 0, fault.error_object["error"]["type"]) == (
            503, True, "server_error",
        )  # fmt: skip


def test_an_internal_fault_tells_nothing() -> None:
    assert INTERNAL.status == 500
    assert INTERNAL.message == "internal fault"
