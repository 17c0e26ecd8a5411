"""What can go wrong, said once and clearly: a message that shows what was received, a hint that can be typed."""

from collections.abc import Iterable


class SeqtextError(Exception):
    """A fault of the input, the corpus, the model or the setting, never a bug of seqtext.

    message: what was received and what is accepted, one sentence
    hint:    something to type or to do next
    """

    exit_code = 1

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)  # pickle calls the class with these
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} Try: {self.hint}"


class InputError(SeqtextError):
    """The text given to a model cannot be answered."""


class CorpusError(SeqtextError):
    """A corpus cannot be read; names the file and the line."""


class ModelError(SeqtextError):
    """A model folder is missing, damaged, from another format or unsafe."""


class TrainingError(SeqtextError):
    """A run cannot start, go on or be saved."""


class ConfigError(SeqtextError):
    """A setting has a value that is not accepted."""

    exit_code = 2


def scores_not_finite() -> ModelError:
    """Return the error for a network whose scores have overflowed, so that no answer of it can be trusted."""
    return ModelError("The network's scores are not finite numbers.", "train the model again")


def nearest(word: str, known: Iterable[str], cutoff: float = 0.0) -> str:
    """The known word most like one that was typed; "" where none is.

    cutoff: the likeness that is asked for, 0 to 1; with 0 there is an answer wherever there is a known word

    >>> nearest("gro", ("rnn", "gru", "lstm"))
    'gru'
    """
    import difflib  # only a mistake needs it

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")
