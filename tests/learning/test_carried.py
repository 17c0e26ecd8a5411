"""Numbers, names, codes and addresses come through the bundled translators: 400 sentences, drawn by a seed."""

from collections import Counter

import pytest
from carried_sentences import LANGUAGES, carried_sentences, is_clean, lost

import seqtext

pytestmark = pytest.mark.learning
BAR = 0.98  # of the sentences, with every piece intact


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_carried_comes_through_or_is_flagged(language: str) -> None:
    sentences = carried_sentences()
    found = seqtext.load(f"translate-en-{language}").translate([one.text for one in sentences])
    broken, unsaid = Counter[str](), []
    for sentence, (best, *_) in zip(sentences, found, strict=True):
        assert is_clean(best.text), best.text
        for piece in lost(sentence, best.text, language)[:1]:
            broken[sentence.kind] += 1
            if not any(flag.text in piece.text or piece.text in flag.text for flag in best.flags):
                unsaid.append((piece.text, sentence.text, best.text))
    assert sum(broken.values()) <= (1 - BAR) * len(sentences), (broken, unsaid)
    assert unsaid == []
