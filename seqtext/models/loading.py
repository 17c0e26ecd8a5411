"""Load a model as the class of its task, typed for checkers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from seqtext.storage import catalog

if TYPE_CHECKING:
    from seqtext.models.anomaly_detector import AnomalyDetector
    from seqtext.models.blank_filler import BlankFiller
    from seqtext.models.classifier import Classifier
    from seqtext.models.language_model import LanguageModel
    from seqtext.models.summarizer import Summarizer
    from seqtext.models.translator import Translator

_Name = str | Path
_Translators = Literal["translate-en-de", "translate-en-fr"]


# By the task that is asked for, then by the names of what is bundled, which no folder of that name can hide.
@overload
def load(name: _Name, task: Literal["fill"], revision: str | None = ...) -> "BlankFiller": ...
@overload
def load(name: _Name, task: Literal["generate"], revision: str | None = ...) -> "LanguageModel": ...
@overload
def load(name: _Name, task: Literal["anomaly"], revision: str | None = ...) -> "AnomalyDetector": ...
@overload
def load(name: _Name, task: Literal["translate"], revision: str | None = ...) -> "Translator": ...
@overload
def load(name: _Name, task: Literal["summarize"], revision: str | None = ...) -> "Summarizer": ...
@overload
def load(name: _Name, task: Literal["classify"], revision: str | None = ...) -> "Classifier": ...
@overload
def load(name: Literal["fill-en"], task: None = ..., revision: None = ...) -> "BlankFiller": ...
@overload
def load(name: Literal["generate-en"], task: None = ..., revision: None = ...) -> "LanguageModel": ...
@overload
def load(name: _Translators, task: None = ..., revision: None = ...) -> "Translator": ...
@overload
def load(name: Literal["summarize-en"], task: None = ..., revision: None = ...) -> "Summarizer": ...
@overload
def load(name: Literal["language-id"], task: None = ..., revision: None = ...) -> "Classifier": ...
@overload
def load(name: _Name, task: str | None = ..., revision: str | None = ...) -> Any: ...
def load(name: str | Path, task: str | None = None, revision: str | None = None) -> Any:
    """Load a model, ready to answer: an object of its task's class.

    name:     a bundled name (`seqtext models` lists them), a run's folder or another model folder, or an id of the
              Hugging Face Hub such as user/name, which alone uses the network
    task:     fill, generate, translate, summarize, classify or anomaly: a model for another one is refused, and a type
              checker knows the class even of a folder
    revision: a branch, a tag or a commit of an id on the Hub; user/name@v1 says the same

    | task | class | its main methods |
    | --- | --- | --- |
    | fill | BlankFiller | fill, choose, cloze, classify |
    | generate | LanguageModel | generate, stream, next, score |
    | translate | Translator | translate, translate_document |
    | summarize | Summarizer | summarize |
    | classify | Classifier | classify, explain |
    | anomaly | AnomalyDetector | detect, detect_sessions, accept |

    All have `similar`, `align` or `vectors` where their kind of network does, and `save`. A text gives one answer, a
    list of texts a list, any other iterable an iterator. Raises ModelError, with what to type instead.

    >>> import seqtext
    >>> model = seqtext.load("fill-en")
    >>> model.fill("The quick brown ___ jumped over the lazy dog.")[0].blanks
    ('fox',)
    >>> model
    <BlankFiller fill-en: fill, en, 17.5 million parameters, apache-2.0>
    """
    return catalog.load(name, task, revision)
