"""Marks stay around the whole of an amount, which other languages write with its sign on the other side."""

import pytest
from marked_texts import align_backwards, translating

from seqtext.models.markup.amounts import amount_span


@pytest.mark.parametrize(
    ("source", "said", "answer"),
    [
        ("It costs *$5* today.", "Es kostet heute 5\u00a0$.", "Es kostet heute *5\u00a0$*."),
        ("It costs <b>$5</b> today.", "Es kostet heute 5\u00a0$.", "Es kostet heute <b>5\u00a0$</b>."),
        ("Pay **€3.50** today.", "Zahle heute 3,50\u00a0€.", "Zahle heute **3,50\u00a0€**."),
        ("Pay ~~$20~~ *$1,000* now.", "Zahle 20\u00a0$ 1.000\u00a0$.", "Zahle ~~20\u00a0$~~ *1.000\u00a0$*."),
        ("Lose _20 %_ now.", "Verliere jetzt 20\u00a0%.", "Verliere jetzt _20\u00a0%_."),
        ("**£20** or **£30** now.", "Jetzt 20\u00a0£ oder 30\u00a0£.", "Jetzt **20\u00a0£** oder **30\u00a0£**."),
        ("Win **$1,200.50** now.", "Gagne 1\u202f200,50\u00a0$ ici.", "Gagne **1\u202f200,50\u00a0$** ici."),
        ("Win **$5** of €5 in 5 days.", "Gewinne 5 $ von 5 € in 5 Tagen.", "Gewinne **5 $** von 5 € in 5 Tagen."),
        ("Zahle **5 €** jetzt.", "Pay €5 now.", "Pay **€5** now."),
        ("It is *25°C* here.", "Hier sind es 25\u00a0°C.", "Hier sind es *25\u00a0°C*."),
    ],
)  # fmt: skip
def test_marks_stand_around_the_whole_amount(source: str, said: str, answer: str) -> None:
    found = translating(lambda text: said, align_backwards).answers([source], "auto")[0][0]
    assert (found.text, found.flags) == (answer, ())


@pytest.mark.parametrize("amount", ["5", "$", "$5 million", "$5–$10", "five", ""])
def test_what_is_no_amount_is_left_to_attention(amount: str) -> None:
    assert amount_span(amount, "5 10 $ Millionen", 0, 16) is None


def test_an_amount_that_comes_twice_is_left_to_attention() -> None:
    assert amount_span("$5", "5 $ oder 5 $", 0, 12) is None
    assert amount_span("$5", "5 $ oder 5 $", 4, 12) == (9, 12)
