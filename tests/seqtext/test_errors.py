"""The one family of errors: a message, a hint, an exit status."""

import copy
import pickle

import pytest

from seqtext import errors
from seqtext.errors import ConfigError, CorpusError, InputError, ModelError, SeqtextError, TrainingError

KINDS = [InputError, CorpusError, ModelError, TrainingError, ConfigError]


def test_no_kind_is_forgotten_here() -> None:
    found = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SeqtextError)}
    assert found == {SeqtextError, *KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_and_a_hint(kind) -> None:
    error = kind("'x' was received; y is accepted.", "seqtext fill --help")
    assert isinstance(error, SeqtextError)
    assert error.message == "'x' was received; y is accepted."
    assert error.hint == "seqtext fill --help"
    assert str(error) == "'x' was received; y is accepted. Try: seqtext fill --help"


@pytest.mark.parametrize("kind", [SeqtextError, *KINDS])
def test_a_hint_is_required(kind) -> None:
    with pytest.raises(TypeError, match="hint"):
        kind("'x' was received; y is accepted.")


@pytest.mark.parametrize("kind", [SeqtextError, *KINDS])
@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
def test_an_error_crosses_to_another_process(kind, again) -> None:
    error = kind("'x' was received; y is accepted.", "seqtext fill --help")
    found = again(error)
    assert type(found) is kind
    assert (found.message, found.hint, str(found)) == (error.message, error.hint, str(error))


def test_a_wrong_setting_is_wrong_usage_and_the_rest_are_faults() -> None:
    assert {kind: kind.exit_code for kind in KINDS} == {**dict.fromkeys(KINDS, 1), ConfigError: 2}


def test_all_can_be_caught_at_once() -> None:
    with pytest.raises(SeqtextError, match="Try: this"):
        raise CorpusError("a.txt, line 3: no text.", "this")
