"""Text sequences with recurrent networks: from your own raw text to a working model in minutes.

Names are resolved on first use, so that importing the package costs next to nothing and never loads torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqtext.anomaly import AnomalyDetector as AnomalyDetector
    from seqtext.errors import SeqtextError as SeqtextError
    from seqtext.fill import BlankFiller as BlankFiller
    from seqtext.folder import load as load
    from seqtext.language import LanguageModel as LanguageModel
    from seqtext.text import Tokenizer as Tokenizer
    from seqtext.training import train as train
    from seqtext.training.league import compare as compare

__version__ = "0.1.0"

_HOMES = {
    "SeqtextError": "seqtext.errors",
    "Tokenizer": "seqtext.text",
    "BlankFiller": "seqtext.fill",
    "LanguageModel": "seqtext.language",
    "AnomalyDetector": "seqtext.anomaly",
    "load": "seqtext.folder",
    "train": "seqtext.training",
    "compare": "seqtext.training.league",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqtext' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
