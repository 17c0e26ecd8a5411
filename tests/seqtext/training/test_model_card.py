"""What the card of a trained model says of its scores."""

from seqtext.training.model_card import card

CONFIG = {"scores": {"loss": 1.25}, "network": {"cell": "gru"}, "training": {"seconds": 60.0, "tokens": 100}}


def test_scores_on_what_was_learnt_are_not_called_held_out() -> None:
    assert "\nOn held-out text of the same corpus:\n" in card("of tests", CONFIG, "40 texts, 2.0% chosen by seed 1")
    alone = card("of tests", CONFIG, "none: the corpus is too small, scores are measured on what is learnt from")
    assert "\nOn the text that it learnt from, as none was held out:\n" in alone
    assert "held-out" not in alone
