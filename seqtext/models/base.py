"""Load, check and save a model folder: the base of every model."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from seqtext.avoided_words import AvoidedWords, checked, unmasked
from seqtext.characters import visible
from seqtext.config import TokenizerConfig
from seqtext.errors import ModelError
from seqtext.fields import check_count, from_config_json, is_number
from seqtext.masks import NO_MASKS, Masks
from seqtext.models.many import Texts, answer_each
from seqtext.models.word_vectors import BATCH, EXAMPLE, Similar, WordSpace, WordVectors
from seqtext.networks.memory import keep_freed_memory
from seqtext.normalization import Form
from seqtext.storage.model_folder import Contents, ModelFolder, SavedModel, write_folder
from seqtext.storage.weights import COARSE, StoredWeights
from seqtext.tokenizer import Tokenizer

if TYPE_CHECKING:
    from seqtext.decoding.constraints import Completing, Spelling

#: The fields whose columns config.json may name.
_FIELDS = ("text", "label", "source", "target")
_LONGEST_NAME = 1000  # most characters of a column's name, or of several joined ones

C = TypeVar("C")
M = TypeVar("M", bound="Model")


def read_columns(settings: Mapping[str, Any]) -> dict[str, str]:
    """Read the training columns from config.json, checked; raises ModelError."""
    columns = settings.get("columns", {})
    good = isinstance(columns, dict) and all(
        field in _FIELDS and isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable()
        for field, name in columns.items()
    )
    if not good:
        raise ModelError(
            f"config.json has columns = {columns!r:.80}; an object of columns by {', '.join(_FIELDS)} is expected.",
            "fetch or train the model again",
        )
    return dict(columns)


def summary_of(model: "Model") -> str:
    """Describe a model for its `repr`: task, language, size and licence."""
    from seqtext.storage.model_card import read_licence  # an answer needs none of it

    licence = None
    if model.folder is not None:
        with suppress(OSError):  # it may be gone by now
            licence = read_licence(model.folder)
    name = model.settings.get("name") or (model.folder and model.folder.name) or "not saved"
    millions = model.parameters / 1e6
    size = f"{millions:,.1f} million parameters" if millions >= 1 else f"{model.parameters:,} parameters"
    facts = [str(fact) for fact in (model.task, model.settings.get("language"), size, licence) if fact]
    return visible(f"{name!s:.80}: {', '.join(fact[:80] for fact in facts)}")


class Model:
    """Hold a loaded model folder, as the base of all models.

    Safe to share between threads: cached values are computed completely before they are assigned, so that two threads
    may at most compute the same value twice, and no call changes the state of the model temporarily.
    """

    task = ""
    #: Whether white space that is not the usual one is a token for the model.
    reads_spacing = True
    #: The form to which texts are brought before they are cut into tokens.
    form: Form = "read"
    #: Whether it reads pairs: sources by `source_tokenizer`, targets by `tokenizer`.
    reads_pairs = False
    #: Where it was read from, None if from nowhere.
    folder: Path | None = None
    source_tokenizer: Tokenizer

    def __init__(self, contents: Contents) -> None:
        self._contents, self.settings = contents, contents.config
        cut = self._part("tokenizer", TokenizerConfig)
        self.tokenizer = Tokenizer.from_json(contents.tokenizer, cut.tokens, self.form)
        self._check_masks()
        #: The columns of the tables that it was trained with, by field; none where they had their usual names.
        self.columns = read_columns(self.settings)

    @classmethod
    def from_folder(cls: type[M], contents: Contents) -> M:
        """Make a model from a folder's contents.

        contents: from `seqtext.storage.model_folder.read_folder` or `open_saved`. Raises ModelError for damaged ones.
        """
        model = cls(contents)
        model.folder = contents.folder if isinstance(contents, SavedModel) else None
        keep_freed_memory()  # from now on: the weights, which nobody frees, are better mapped each by itself
        return model

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {summary_of(self)}>"

    @property
    def masks(self) -> Masks:
        """Return the masks applied to texts before they are read."""
        return self.tokenizer.masks

    def _check_masks(self) -> None:
        """Raise ModelError unless config.json and tokenizer.json have the same masks."""
        kinds = self.settings.get("masks")
        told = NO_MASKS if kinds is None else Masks.of(kinds, "config.json")
        if told != self.masks:
            in_config, other = (", ".join(masks.kinds) or "nothing" for masks in (told, self.masks))
            raise ModelError(
                f"config.json says that {in_config} is masked, tokenizer.json says {other}.",
                "fetch or train the model again",
            )

    @property
    def parameters(self) -> int:
        """Count the parameters of the weights."""
        weights: Any = self._contents.weights
        shapes = (
            weights.shapes if isinstance(weights, StoredWeights) else {name: weights[name].shape for name in weights}
        )
        return sum(math.prod(shape) for name, shape in shapes.items() if name not in COARSE)

    @property
    def contents(self) -> ModelFolder:
        """Return the folder's contents; raises ModelError if it changed since loading."""
        if isinstance(self._contents, SavedModel):
            self._contents = self._contents.whole()
        return self._contents

    def save(self, folder: str | Path, precision: str = "fp16") -> None:
        """Write the model folder.

        precision: fp32, fp16 or int8, with which matrices of a translator's channel take four bits a number. Raises
        ModelError as `contents` does.
        """
        write_folder(folder, self.contents, precision, self._forms(precision))

    def _forms(self, precision: str) -> Mapping[str, str | int] | None:
        """Return how single arrays are stored otherwise, see `seqtext.storage.weights.pack_weights`."""
        return None

    @property
    def _reads_english(self) -> bool:
        return str(self.settings.get("language", "en")).startswith("en")

    def _usual_case(self, word: str) -> str:
        """Convert a word in capitals to the form of the vocabulary that is read, see `seqtext.models.pair_text`."""
        from seqtext.models.pair_text import usual_case  # few texts are in capitals

        return usual_case(word, self.source_tokenizer if self.reads_pairs else self.tokenizer, self._reads_english)

    @cached_property
    def never(self) -> AvoidedWords:
        """List the words that the model never writes; none for most models.

        They are stored in a masked form, as "avoid" in config.json.
        """
        return AvoidedWords(unmasked(self.settings.get("avoid", "")))

    def avoided(self, words: Collection[str]) -> AvoidedWords:
        """Combine the given words to avoid with the model's own.

        Raises InputError for anything but words.
        """
        if isinstance(words, tuple) and not words:
            return self.never
        known = self.__dict__.get("_avoided")  # words and what was made of them in one: no thread sees half of it
        if known is None or known[0] is not words or not isinstance(words, tuple):
            known = self.__dict__["_avoided"] = words, AvoidedWords([*self.never.entries, *checked(words)])
        avoided: AvoidedWords = known[1]
        return avoided

    @cached_property
    def _spelling(self) -> "Spelling":
        from seqtext.decoding.constraints import Spelling  # a model that labels or fills blanks needs none of it

        return Spelling(self.tokenizer)

    def _completing(self, words: AvoidedWords) -> "Completing":
        """Make the rule for tokens that complete avoided words, cached for the last words."""
        from seqtext.decoding.constraints import Completing

        known: Completing | None = self.__dict__.get("_completed")
        if known is None or known.words is not words:
            known = self.__dict__["_completed"] = Completing(self._spelling, words)
        return known

    @property
    def vectors(self) -> WordVectors:
        """Return the words of the vocabulary with their vectors, read-only.

        Of a translator or summarizer, they are those of the target side. Raises ModelError for a model of characters.
        """
        return self._space.vectors

    @overload
    def similar(self, words: str, top: int = ..., avoid: Collection[str] = ...) -> list[Similar]: ...
    @overload
    def similar(self, words: Texts, top: int = ..., avoid: Collection[str] = ...) -> list[list[Similar]]: ...
    @overload
    def similar(
        self, words: Iterable[str], top: int = ..., avoid: Collection[str] = ...
    ) -> Iterator[list[Similar]]: ...
    def similar(self, words: str | Iterable[str] | Texts, top: int = 10, avoid: Collection[str] = ()) -> Any:
        """Find the words most similar to a word, with cosines, best first.

        words: a word, a list of words, or any other iterable, see `seqtext.models.many`; top: number of answers;
        avoid: words that are not offered, beside those of the model, see `seqtext.avoided_words`.
        `seqtext.models.word_vectors` has the measure of similarity. Raises InputError for a word outside the
        vocabulary, naming the nearest one; ModelError for a model of characters.
        """
        check_count("top", top, high=1000, good=10)
        space, avoided = self._space, self.avoided(avoid)
        return answer_each(words, lambda batch: space.similar(batch, top, avoided), BATCH, EXAMPLE)

    @cached_property
    def _space(self) -> WordSpace:
        return WordSpace(self.tokenizer, self._contents.weights, self.never)

    def _part(self, name: str, kind: type[C]) -> C:
        """Read the settings of the network or the tokenizer; raises ModelError."""
        settings: Any = self.settings.get(name)
        if not isinstance(settings, dict):
            raise ModelError(f"config.json has no settings of the {name}.", "fetch or train the model again")
        return from_config_json(kind, settings, name)

    def _number(self, name: str, default: float) -> float:
        value = self.settings.get(name, default)
        if not is_number(value, 0.01, 100):
            raise ModelError(
                f"config.json has {name} = {value!r:.80}; a number from 0.01 to 100 is expected.", "edit it"
            )
        return float(value)
