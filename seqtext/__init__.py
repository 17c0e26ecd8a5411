"""Text sequences with recurrent networks: from your own raw text to a working model in minutes.

Names are resolved on first use, so that importing the package costs next to nothing and never loads torch.
"""

from importlib import import_module

TYPE_CHECKING = False  # that of typing, which takes longer to load than all else here
if TYPE_CHECKING:
    from typing import Any

    from seqtext.errors import SeqtextError as SeqtextError
    from seqtext.evaluation.check.check import check as check
    from seqtext.integrations.tables import answer_table as answer_table
    from seqtext.models.anomaly_detector import AnomalyDetector as AnomalyDetector
    from seqtext.models.blank_filler import BlankFiller as BlankFiller
    from seqtext.models.language_model import LanguageModel as LanguageModel
    from seqtext.models.word_vectors import Similar as Similar
    from seqtext.models.word_vectors import WordVectors as WordVectors
    from seqtext.storage.catalog import load as load
    from seqtext.storage.catalog import push as push
    from seqtext.tokenizer import Tokenizer as Tokenizer
    from seqtext.training.compare import compare as compare
    from seqtext.training.train import train as train

__version__ = "0.1.0"

_HOMES = {
    "SeqtextError": "seqtext.errors",
    "Tokenizer": "seqtext.tokenizer",
    "BlankFiller": "seqtext.models.blank_filler",
    "LanguageModel": "seqtext.models.language_model",
    "Similar": "seqtext.models.word_vectors",
    "WordVectors": "seqtext.models.word_vectors",
    "AnomalyDetector": "seqtext.models.anomaly_detector",
    "check": "seqtext.evaluation.check.check",
    "answer_table": "seqtext.integrations.tables",
    "load": "seqtext.storage.catalog",
    "push": "seqtext.storage.catalog",
    "train": "seqtext.training.train",
    "compare": "seqtext.training.compare",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'seqtext' has no attribute {name!r}; it has {', '.join(__all__)}")
    extras = import_module("seqtext.extras")
    return extras.or_refuse(f"seqtext.{name}", lambda: getattr(import_module(_HOMES[name]), name))


def __dir__() -> list[str]:
    return sorted(__all__)
