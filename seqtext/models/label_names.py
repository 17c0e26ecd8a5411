"""Read a classifier's label names from config.json.

"languages" maps labels to ISO 639-1 codes, "former_labels" maps spellings of older data to labels. "unknown" is the
label of what has none of the others, which texts of that kind were given in training; a text of fewer letters than
"fewest_letters" gets it whatever the network would say, and so does one of which most letters were never learnt.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from seqtext.errors import ModelError
from seqtext.fields import is_whole

_AGAIN = "fetch or train the model again"
_UNDETERMINED = "und"  # ISO 639-2


class LabelNames(NamedTuple):
    """Hold codes and former spellings of labels, and the unknown label."""

    languages: Mapping[str, str] = {}  # ISO 639-1 codes by label
    former: Mapping[str, str] = {}  # labels by former spelling
    unknown: str | None = None  # the label of what has none of the others
    fewest_letters: int = 0  # of a text that is not unknown

    def code(self, label: str) -> str | None:
        """Return the ISO 639 code of a label.

        "und" for the unknown label, None for one that is not a language.
        """
        if self.languages and label == self.unknown:
            return _UNDETERMINED
        return self.languages.get(label)

    def current(self, label: str) -> str:
        """Return today's spelling of a label."""
        return self.former.get(label, label)


def read_label_names(settings: Mapping[str, Any], labels: Sequence[str]) -> LabelNames:
    """Read names of labels from config.json.

    Raises ModelError for what names no label, and for other types than expected.
    """
    unknown = settings.get("unknown")
    if unknown is not None and unknown not in labels:
        raise ModelError(f"config.json has unknown = {unknown!r:.80}; one of its labels is expected.", _AGAIN)
    languages, former = _texts(settings, "languages"), _texts(settings, "former_labels")
    for key, names in (("languages", languages), ("former_labels", former.values())):
        for name in names:
            if name not in labels:
                raise ModelError(f"config.json has {name!r:.80} in {key}, which is none of its labels.", _AGAIN)
    for name in former:
        if name in labels:
            raise ModelError(f"config.json has {name!r:.80} in former_labels, which is still a label.", _AGAIN)
    return LabelNames(languages, former, unknown, _fewest_letters(settings))


def _fewest_letters(settings: Mapping[str, Any]) -> int:
    count: Any = settings.get("fewest_letters", 0)
    if not is_whole(count, 0) or (count and settings.get("unknown") is None):
        raise ModelError(
            f"config.json has fewest_letters = {count!r:.80}; a whole number is expected, and a label under unknown.",
            _AGAIN,
        )
    return int(count)


def _texts(settings: Mapping[str, Any], key: str) -> dict[str, str]:
    """Read an object of config.json that maps texts to texts."""
    mapping = settings.get(key, {})
    if not isinstance(mapping, dict) or not all(
        isinstance(text, str) and text for pair in mapping.items() for text in pair
    ):
        raise ModelError(f"config.json has {key} = {mapping!r:.80}; an object of texts is expected.", _AGAIN)
    return mapping
