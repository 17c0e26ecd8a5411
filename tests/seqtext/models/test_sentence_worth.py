"""What sentences say by themselves."""

import pytest

from seqtext.models.lexrank import extract
from seqtext.models.sentence_worth import worths

PLAIN = [
    "The council closed the old ferry across the sound after the storm.",
    "Two hundred islanders now depend on a smaller boat for food and post.",
    "A new pier of steel is to be finished before the winter begins.",
]
NOTHING = [
    '"It was," she said.',
    "“Of course it is,” replied the old man with a smile.",
    '"Why not?" asked Mary.',
    '"I do not know," said Mr. Pym.',
    "said Tom.",
    "He nodded.",
    "And so they did.",
    "„Ja“, sagte sie.",
    "« Non », dit-il.",
    "3.",
    "1. Overview",
    "Introduction",
    "Read more",
    "Click here to subscribe to the newsletter.",
    "Figure 2: The new ferry.",
    "Photo: A ferry in the sound.",
    "Advertisement",
]


@pytest.mark.parametrize("sentence", NOTHING)
def test_what_says_nothing_is_worth_nothing_and_is_not_extracted(sentence: str) -> None:
    text = "\n".join([sentence, *PLAIN])
    assert worths([sentence, *PLAIN])[0] == 0.0
    assert extract(text, 3) == PLAIN
    assert extract(text, 99) == PLAIN


@pytest.mark.parametrize("sentence", NOTHING)
def test_where_all_say_nothing_something_is_extracted(sentence: str) -> None:
    assert extract(sentence, 1) == [sentence]


def test_a_quotation_that_says_something_counts() -> None:
    said = '"The ferry will not sail again before the new pier is finished," the mayor said.'
    assert worths([PLAIN[0], said])[1] > 0.5


def test_earlier_sentences_are_worth_more() -> None:
    found = worths([PLAIN[0]] * 4).tolist()
    assert found == sorted(found, reverse=True)
    assert found[0] > 1.1 * found[-1]


def test_questions_and_sentences_that_refer_to_others_are_worth_less() -> None:
    plain, question, refers = worths([PLAIN[0], PLAIN[0].replace(".", "?"), "However, t" + PLAIN[0][1:]])
    assert question < 0.7 * plain
    assert refers < plain


def test_scripts_without_spaces_and_text_without_stops_or_capitals_count() -> None:
    assert worths(["公司公布了今年的预算。", "今年的预算比去年增加了百分之十。"]).min() > 0.5
    assert worths(["ferry closed after a storm", "islanders depend on a smaller boat"]).min() > 0.5
