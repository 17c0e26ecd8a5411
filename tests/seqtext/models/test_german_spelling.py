"""Former German spellings are replaced, and words of today that look like some are left."""

from typing import Any

import pytest

import seqtext
from seqtext.avoided_words import AvoidedWords
from seqtext.errors import ModelError
from seqtext.models.german_spelling import has_spelling_of_today, modern_german
from seqtext.models.translator import Translator
from seqtext.storage.catalog import bundled

LONG_VOWELS = """
    Spaß Fuß Gruß groß Straße Grieß Maß maß aß fraß saß vergaß ließ hieß stieß weiß heiß süß Gefäß Gesäß mäßig müßig
    Muße Buße Schoß Floß Kloß Stoß bloß Blöße entblößt begrüßt genießt fließt schließt gießt reißt beißt spaßig Preußen
    außer draußen Soße scheußlich äußert Größe grüßte gefräßig Geißel Meißel fleißig dreißig Ruß Strauß Schweiß
    verdrießlich gleichmäßig Gefäßchen Großeltern Fußball Reißverschluss
"""
WITH_H = """
    Theater These Thema Therapie Thüringen Mathematik Rathaus Werther Goethe Luther Nothilfe Heimathafen Thierse posthum
    Rathenau Helmuth Günther Martha Katharina Bluthochdruck Nothing enthält Gluthitze Wuthöhle Blüthner Thron
    Thermometer Gasthof Smith Sympathie Algorithmus Asthma Athen Athlet Thunfisch Theke Guthaben Apotheke Methode Thomas
    Panther Rhythmus Labyrinth Ethik ausgiebig Giebel ergiebig more-than-one
"""
FORMER = {
    "daß": "dass", "Daß": "Dass", "sodaß": "sodass", "muß": "muss", "mußte": "musste", "müßten": "müssten",
    "gewußt": "gewusst", "unbewußt": "unbewusst", "Gewißheit": "Gewissheit", "läßt": "lässt", "häßlich": "hässlich",
    "gräßlich": "grässlich", "verläßlich": "verlässlich", "Anlaß": "Anlass", "blaß": "blass", "Fäßchen": "Fässchen",
    "haßte": "hasste", "naß": "nass", "gefaßt": "gefasst", "Reisepaß": "Reisepass", "küßte": "küsste", "Kuß": "Kuss",
    "Haselnuß": "Haselnuss", "Entschluß": "Entschluss", "beschloß": "beschloss", "Schloß": "Schloss", "floß": "floss",
    "beeinflußt": "beeinflusst", "erschoß": "erschoss", "Erdgeschoß": "Erdgeschoss", "goß": "goss",
    "bißchen": "bisschen", "Mißtrauen": "Misstrauen", "vermißt": "vermisst", "zerriß": "zerriss", "ißt": "isst",
    "vergiß": "vergiss",
    "Eßzimmer": "Esszimmer", "unermeßlich": "unermesslich", "gepreßt": "gepresst", "Prozeß": "Prozess",
    "Rußland": "Russland", "Verhältniß": "Verhältnis", "geheimnißvoll": "geheimnisvoll", "deßhalb": "deshalb",
    "thun": "tun", "gethan": "getan", "Thatsache": "Tatsache", "thätig": "tätig", "Thür": "Tür", "Thränen": "Tränen",
    "Thiere": "Tiere", "Antheil": "Anteil", "nöthig": "nötig", "nothwendig": "notwendig", "muthig": "mutig",
    "vermuthen": "vermuten", "werthlos": "wertlos", "verrathen": "verraten", "rothe": "rote", "Irrthümer": "Irrtümer",
    "giebt": "gibt", "gieb": "gib", "seyn": "sein", "theuer": "teuer",
}  # fmt: skip


@pytest.mark.parametrize("word", [*LONG_VOWELS.split(), *WITH_H.split()])
def test_words_of_today_are_left(word: str) -> None:
    assert modern_german(word) == word


@pytest.mark.parametrize(("former", "today"), FORMER.items())
def test_former_spellings_are_replaced(former: str, today: str) -> None:
    assert modern_german(former) == today
    assert modern_german(today) == today


@pytest.mark.parametrize(
    ("former", "today"),
    [
        ("heute abend, gestern nacht", "heute Abend, gestern Nacht"),
        ("am Montag morgen und Mittwoch nachmittag", "am Montagmorgen und Mittwochnachmittag"),
        ("morgen früh, guten Morgen, Sonntag, morgen", "morgen früh, guten Morgen, Sonntag, morgen"),
        ("Das Floß floß vorbei, er schoß auf den Schoß.", "Das Floß floss vorbei, er schoss auf den Schoß."),
        ("\ue001 wußte, daß \ue011 kommt", "\ue001 wusste, dass \ue011 kommt"),
        ("", ""),
    ],
)
def test_sentences(former: str, today: str) -> None:
    assert modern_german(former) == today


@pytest.mark.parametrize("value", ["de-1901", "", 1996, True, ["de-1996"]])
def test_other_spellings_are_refused(value: Any) -> None:
    with pytest.raises(ModelError, match="spelling"):
        has_spelling_of_today({"spelling": value})


@pytest.mark.skipif("translate-en-de" not in bundled(), reason="it is not bundled in this tree")
def test_the_bundled_translator_spells_as_today_but_for_words_to_avoid() -> None:
    model = seqtext.load("translate-en-de")
    assert isinstance(model, Translator)
    tokens = tuple(model.tokenizer.encode("Ich weiß, daß er muß.").ids.tolist())
    assert model._written_as_today(AvoidedWords([]))(tokens) == "Ich weiß, dass er muss."
    assert model._written_as_today(AvoidedWords(["dass"]))(tokens) == "Ich weiß, daß er muß."
