"""What can go wrong, said once and clearly: a message that shows what was received, a hint that can be typed."""


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
