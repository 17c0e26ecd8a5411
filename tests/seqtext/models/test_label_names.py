"""What config.json says of labels: codes of languages, former spellings, the label for none of them."""

from typing import Any

import pytest

from seqtext.errors import ModelError
from seqtext.models.label_names import LabelNames, read_label_names

LABELS = ["Danish", "Swedish", "neither"]


def test_a_folder_that_says_nothing() -> None:
    names = read_label_names({"labels": LABELS}, LABELS)
    assert names == LabelNames()
    assert [names.code(label) for label in LABELS] == [None, None, None]
    assert names.current("Sweedish") == "Sweedish"


def test_languages_have_codes_and_a_text_in_none_is_undetermined() -> None:
    names = read_label_names({"languages": {"Danish": "da", "Swedish": "sv"}, "unknown": "neither"}, LABELS)
    assert [names.code(label) for label in LABELS] == ["da", "sv", "und"]


def test_labels_that_are_no_languages_have_no_code() -> None:
    assert read_label_names({"unknown": "neither"}, LABELS).code("neither") is None


def test_a_former_spelling_is_read_as_the_present_one() -> None:
    names = read_label_names({"former_labels": {"Sweedish": "Swedish"}}, LABELS)
    assert [names.current(label) for label in ("Sweedish", "Swedish", "Greek")] == ["Swedish", "Swedish", "Greek"]


def test_fewest_letters_is_read() -> None:
    assert read_label_names({"unknown": "neither", "fewest_letters": 3}, LABELS).fewest_letters == 3


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"unknown": "Greek"}, "unknown = 'Greek'; one of its labels"),
        ({"unknown": ["Danish"]}, r"unknown = \['Danish'\]; one of its labels"),
        ({"fewest_letters": 3}, "fewest_letters = 3; a whole number is expected, and a label under unknown"),
        ({"fewest_letters": -1, "unknown": "neither"}, "fewest_letters = -1; a whole number"),
        ({"fewest_letters": True, "unknown": "neither"}, "fewest_letters = True; a whole number"),
        ({"languages": ["da"]}, r"languages = \['da'\]; an object of texts"),
        ({"languages": {"Danish": 1}}, "languages = {'Danish': 1}; an object of texts"),
        ({"languages": {"Danish": ""}}, "languages = {'Danish': ''}; an object of texts"),
        ({"languages": None}, "languages = None; an object of texts"),
        ({"languages": {"Greek": "el"}}, "'Greek' in languages, which is none of its labels"),
        ({"former_labels": {"Sweedish": "Greek"}}, "'Greek' in former_labels, which is none of its labels"),
        ({"former_labels": {"Danish": "Swedish"}}, "'Danish' in former_labels, which is still a label"),
    ],
)
def test_a_config_that_contradicts_itself_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ModelError, match=told):
        read_label_names(settings, LABELS)
