"""What config.json says of a classifier's labels beside their names.

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
    """Codes of labels, their former spellings, and the label of what has none of the others."""

    languages: Mapping[str, str] = {}
    former: Mapping[str, str] = {}
    unknown: str | None = None
    fewest_letters: int = 0

    def code(self, label: str) -> str | None:
        """Return the ISO 639 code of a label, "und" for the unknown one; None where labels are no languages."""
        if self.languages and label == self.unknown:
            return _UNDETERMINED
        return self.languages.get(label)

    def current(self, label: str) -> str:
        """Return today's spelling of a label."""
        return self.former.get(label, label)


def read_label_names(settings: Mapping[str, Any], labels: Sequence[str]) -> LabelNames:
    """Read names of labels from config.json, without trusting it. Raises ModelError."""
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
    found: Any = settings.get("fewest_letters", 0)
    if not is_whole(found, 0) or (found and settings.get("unknown") is None):
        raise ModelError(
            f"config.json has fewest_letters = {found!r:.80}; a whole number is expected, and a label under unknown.",
            _AGAIN,
        )
    return int(found)


def _texts(settings: Mapping[str, Any], key: str) -> dict[str, str]:
    """An object of config.json that maps texts to texts."""
    found = settings.get(key, {})
    if not isinstance(found, dict) or not all(isinstance(one, str) and one for pair in found.items() for one in pair):
        raise ModelError(f"config.json has {key} = {found!r:.80}; an object of texts is expected.", _AGAIN)
    return found
