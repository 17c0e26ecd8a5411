"""Model text sequences with recurrent networks.

From your own raw text to a working model in minutes.

Load a model that comes with seqtext, and ask it; a list of texts gives a list of answers:

    import seqtext

    model = seqtext.load("fill-en")
    model.fill("The quick brown ___ jumped over the lazy dog.")[0].blanks    # ('fox',)
    seqtext.load("translate-en-fr").translate(["Thank you.", "Good night."])

Train one from your own text, measure it, load it:

    for event in seqtext.train("classify", "reviews.tsv", "runs/mine", minutes=5):
        print(event)
    model = seqtext.load("runs/mine", "classify")
    seqtext.evaluate(model, "held-out.tsv")

Where to look next:

    help(seqtext.load)      bundled models, and which class and methods each task has
    help(seqtext.train)     tasks, corpora, settings; seqtext.config has every setting
    help(seqtext.compare)   architectures side by side for the same minutes
    help(seqtext.check)     what is wrong with a corpus, before any training
    help(seqtext.answer_table)  the rows of a CSV, TSV, JSON lines or Parquet file with their answers
    seqtext.SeqtextError    what all errors are: .message, and in .hint what to type

The command line says the same: seqtext --help. Names are resolved on first use, so that importing the package costs
next to nothing and never loads torch.
"""

from importlib import import_module

TYPE_CHECKING = False  # that of typing, which takes longer to load than all else here
if TYPE_CHECKING:
    from seqtext.config import ClozeConfig as ClozeConfig
    from seqtext.config import SamplingConfig as SamplingConfig
    from seqtext.config import SearchConfig as SearchConfig
    from seqtext.errors import ConfigError as ConfigError
    from seqtext.errors import CorpusError as CorpusError
    from seqtext.errors import InputError as InputError
    from seqtext.errors import ModelError as ModelError
    from seqtext.errors import SeqtextError as SeqtextError
    from seqtext.errors import TrainingError as TrainingError
    from seqtext.evaluation.check.check import check as check
    from seqtext.evaluation.evaluate import evaluate as evaluate
    from seqtext.integrations.tables import answer_table as answer_table
    from seqtext.models.anomaly_detector import Anomaly as Anomaly
    from seqtext.models.anomaly_detector import AnomalyDetector as AnomalyDetector
    from seqtext.models.blank_filler import BlankFiller as BlankFiller
    from seqtext.models.blank_filler import Choice as Choice
    from seqtext.models.blank_filler import Fill as Fill
    from seqtext.models.classifier import Classification as Classification
    from seqtext.models.classifier import Classifier as Classifier
    from seqtext.models.classifier import Label as Label
    from seqtext.models.exercises import Exercise as Exercise
    from seqtext.models.language_model import LanguageModel as LanguageModel
    from seqtext.models.language_model import Score as Score
    from seqtext.models.loading import load as load
    from seqtext.models.next_words import Forecast as Forecast
    from seqtext.models.summaries import Summary as Summary
    from seqtext.models.summarizer import Summarizer as Summarizer
    from seqtext.models.translator import Translation as Translation
    from seqtext.models.translator import Translator as Translator
    from seqtext.models.word_vectors import Similar as Similar
    from seqtext.models.word_vectors import WordVectors as WordVectors
    from seqtext.storage.catalog import push as push
    from seqtext.tokenizer import Tokenizer as Tokenizer
    from seqtext.training.compare import compare as compare
    from seqtext.training.train import train as train

__version__ = "0.1.0"

# The same names thrice, which a test compares: type checkers, which run no code, read the imports above and __all__.
_NAMES = {
    "config": "ClozeConfig SamplingConfig SearchConfig",
    "errors": "ConfigError CorpusError InputError ModelError SeqtextError TrainingError",
    "evaluation.check.check": "check",
    "evaluation.evaluate": "evaluate",
    "integrations.tables": "answer_table",
    "models.anomaly_detector": "Anomaly AnomalyDetector",
    "models.blank_filler": "BlankFiller Choice Fill",
    "models.classifier": "Classification Classifier Label",
    "models.exercises": "Exercise",
    "models.language_model": "LanguageModel Score",
    "models.loading": "load",
    "models.next_words": "Forecast",
    "models.summaries": "Summary",
    "models.summarizer": "Summarizer",
    "models.translator": "Translation Translator",
    "models.word_vectors": "Similar WordVectors",
    "storage.catalog": "push",
    "tokenizer": "Tokenizer",
    "training.compare": "compare",
    "training.train": "train",
}
_HOMES = {name: f"seqtext.{module}" for module, names in _NAMES.items() for name in names.split()}
__all__ = [
    "Anomaly", "AnomalyDetector", "BlankFiller", "Choice", "Classification", "Classifier", "ClozeConfig", "ConfigError",
    "CorpusError", "Exercise", "Fill", "Forecast", "InputError", "Label", "LanguageModel", "ModelError",
    "SamplingConfig", "Score", "SearchConfig", "SeqtextError", "Similar", "Summarizer", "Summary", "Tokenizer",
    "TrainingError", "Translation", "Translator", "WordVectors", "__version__", "answer_table", "check", "compare",
    "evaluate", "load", "push", "train",
]  # fmt: skip

if not TYPE_CHECKING:  # to a type checker, this would give any name at all, misspelt ones too

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'seqtext' has no attribute {name!r}; it has {', '.join(__all__)}")
        extras = import_module("seqtext.extras")
        return extras.or_refuse(f"seqtext.{name}", lambda: getattr(import_module(_HOMES[name]), name))


def __dir__() -> list[str]:
    return sorted(__all__)
