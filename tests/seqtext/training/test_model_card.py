"""What the card of a trained model says of its scores."""

from seqtext.data.split import HELD_OUT_TEXT, LEARNT_TEXT
from seqtext.training.model_card import card

CONFIG = {"scores": {"loss": 1.25}, "network": {"cell": "gru"}, "training": {"seconds": 60.0, "tokens": 100}}


def test_scores_on_what_was_learnt_are_not_called_held_out() -> None:
    assert "\nOn held-out text of the same corpus:\n" in card("of tests", {**CONFIG, "measured_on": HELD_OUT_TEXT})
    alone = card("of tests", {**CONFIG, "measured_on": LEARNT_TEXT})
    assert "\nOn the text that it learnt from, since there was none to spare: on new text it will do worse:\n" in alone
    assert "held-out" not in alone
