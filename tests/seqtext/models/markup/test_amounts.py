"""Marks stay around the whole of an amount, which other languages write with its sign on the other side."""

import time

import numpy as np
import pytest
from marked_texts import align_backwards, translating, words_of

from seqtext.models.alignment import WordAlignment
from seqtext.models.markup.amounts import amount_span, amounts


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


def aligning(looks: str):
    """Make an alignment from "nur=only 10=10": which word looked at which; the others looked at the last word."""
    pairs = dict(look.split("=") for look in looks.split())

    def align(source: str, target: str) -> WordAlignment:
        sides = [words_of(text) for text in (source, target)]
        read, written = [source[slice(*span)] for span in sides[0]], [target[slice(*span)] for span in sides[1]]
        weights = np.zeros((len(written), len(read)), np.float32)
        for row, word in enumerate(written):
            weights[row, read.index(pairs[word]) if word in pairs else -1] = 1
        return WordAlignment(*sides, weights)

    return align


@pytest.mark.parametrize(
    ("source", "said", "looks", "answer"),
    [
        ("It is **only $10**!", "Es ist nur 10\u00a0$!", "nur=only 10=10", "Es ist **nur 10\u00a0$**!"),
        ("~~The old price is $5~~.", "Der Preis ist 5\u00a0$.", "Preis=price", "~~Der Preis ist 5\u00a0$~~."),
        ("[Buy for $5](x) now.", "Jetzt für 5\u00a0$ kaufen.", "für=for 5=5", "Jetzt [für 5\u00a0$](x) kaufen."),
        ("*For $5* now.", "Jetzt für 5\u00a0$.", "für=For $=$", "Jetzt *für 5\u00a0$*."),
        ("See **10:30 pm** now.", "Jetzt 10:30\u00a0Uhr abends.", "10=10", "Jetzt **10:30\u00a0Uhr abends**."),
        ("Go **at 9 am** now.", "Va à 9\u00a0h du matin.", "à=at 9=9", "Va **à 9\u00a0h du matin**."),
        ("It is **worth $5 million** now.", "Es ist 5 Millionen Dollar wert.", "wert=worth 5=5 Millionen=million",
         "Es ist **5 Millionen Dollar wert**."),
        ("It rose **by 5%** now.", "Es stieg um 5\u00a0% an.", "um=by 5=5", "Es stieg **um 5\u00a0%** an."),
        ("We go *before May 4* now.", "Nous partons avant le 4 mai.", "avant=before le=before 4=4",
         "Nous partons *avant le 4 mai*."),
        ("Pay $5 **today** here.", "Zahle heute 5\u00a0$ hier.", "$=today heute=today",
         "Zahle **heute** 5\u00a0$ hier."),
        ("Pay *now* **only $5** here.", "Zahle nun nur 5\u00a0$ hier.", "$=now nun=now nur=only 5=5",
         "Zahle *nun* **nur 5\u00a0$** hier."),
        ("Pay **for $5, $6 or $7** now.", "Zahle für 5\u00a0$, 6\u00a0$ oder 7\u00a0$ hier.", "für=for 5=5 oder=or",
         "Zahle **für 5\u00a0$, 6\u00a0$ oder 7\u00a0$** hier."),
        ("Go **only 60 mph** now.", "Fahre nur 60\u00a0mph hier.", "nur=only 60=60", "Fahre **nur 60\u00a0mph** hier."),
        ("It is $5[^1] now.", "Es ist 5\u00a0$ jetzt.", "5=5 jetzt=now", "Es ist 5\u00a0$[^1] jetzt."),
        ("It is only ![a](b.png) $5 now.", "Es ist nur $5 jetzt.", "5=$", "Es ist nur ![a](b.png) $5 jetzt."),
        # What the marks themselves part stays parted.
        ("It is $<b>5</b> now.", "Es ist 5\u00a0$ jetzt.", "5=5", "Es ist <b>5</b>\u00a0$ jetzt."),
        ("See **10:30** pm now.", "Jetzt 10:30\u00a0Uhr abends.", "10=10", "Jetzt **10:30**\u00a0Uhr abends."),
    ],
)  # fmt: skip
def test_no_mark_parts_an_amount_from_what_belongs_to_it(source: str, said: str, looks: str, answer: str) -> None:
    """Each was parted: nobody looked at its sign, or it stood behind other words in the mark."""
    found = translating(lambda text: said if len(text) > 1 else text, aligning(looks)).answers([source], "markdown")
    assert found[0][0].text == answer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Es kostet 5\u00a0$, 3,2 Milliarden\u00a0CHF oder 5 Millionen Dollar.",
         ["5\u00a0$", "3,2 Milliarden\u00a0CHF", "5 Millionen Dollar"]),
        ("5 millions d'euros, 1\u202f200,50\u00a0€", ["5 millions d'euros", "1\u202f200,50\u00a0€"]),
        ("$20 $30 20 $ 1.000 $", ["$20", "$30", "20 $", "1.000 $"]),
        ("At 10 p.m. or 9am, 20 °C, 5 km, 5%.", ["10 p.m.", "9am", "20 °C", "5 km", "5%"]),
        ("On May 4, 1999, le 1er mai; 4.–6. Mai", ["May 4, 1999", "1er mai", "4.–6. Mai"]),
        ("Eat 5 am Tag and 6 am.", ["6 am"]),
        ("Only 5, or 1999; room 12: 5\u00a0!", []),
    ],
)  # fmt: skip
def test_amounts_are_found_with_what_belongs_to_them(text: str, found: list[str]) -> None:
    assert [text[one.start : one.end] for one in amounts(text)] == found


@pytest.mark.parametrize("marked", ["**${}** is,", "**$5** is,", "**only ${} million** is,"])
def test_many_amounts_take_little_time(marked: str) -> None:
    text = " ".join(marked.format(number + 5) for number in range(400))

    def align(source: str, target: str) -> WordAlignment:
        return WordAlignment(words_of(source), words_of(target), np.eye(len(words_of(target)), dtype=np.float32))

    change = translating(lambda text: text.replace("$", "€").replace("is", "ist"), align)
    began = time.process_time()
    found = change.answers([text], "markdown")[0][0]
    assert time.process_time() - began < 2  # 10 s and more where each pair looked for the words of each amount
    assert found.text == text.replace("$", "€").replace("is", "ist")
