"""The bundled language-id: languages by their English names and codes, "unknown" for what is in none of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

import seqtext
from seqtext.evaluation.evaluate import evaluate
from seqtext.models.classifier import Classifier
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import describe


@pytest.fixture(scope="module")
def model() -> Classifier:
    found = seqtext.load("language-id", "classify")
    assert isinstance(found, Classifier)
    return found


SENTENCES = {
    "Arabic": "أين تقع محطة القطار؟",
    "Danish": "Hvornår kommer toget til byen?",
    "Dutch": "Wanneer komt de trein in de stad aan?",
    "English": "When does the train reach the town?",
    "French": "À quelle heure le train arrive-t-il ?",
    "German": "Wann kommt der Zug in der Stadt an?",
    "Greek": "Πότε φτάνει το τρένο στην πόλη;",
    "Hindi": "ट्रेन शहर में कब पहुँचती है?",
    "Italian": "Quando arriva il treno in città?",
    "Kannada": "ರೈಲು ಯಾವಾಗ ಬರುತ್ತದೆ?",
    "Malayalam": "ട്രെയിൻ എപ്പോൾ എത്തും?",
    "Portuguese": "Quando chega o comboio à cidade?",
    "Russian": "Когда поезд приходит в город?",
    "Spanish": "¿Cuándo llega el tren a la ciudad?",
    "Swedish": "När kommer tåget till staden?",
    "Tamil": "ரயில் எப்போது வரும்?",
    "Turkish": "Tren şehre ne zaman varıyor?",
}
CODES = ["ar", "da", "nl", "en", "fr", "de", "el", "hi", "it", "kn", "ml", "pt", "ru", "es", "sv", "ta", "tr"]


def first(model: Classifier, texts: list[str]) -> list[str]:
    return [labels[0].label for labels in model.classify(texts, top=1)]


def test_each_language_is_told_by_name_and_code(model: Classifier) -> None:
    found = [labels[0] for labels in model.classify(list(SENTENCES.values()))]
    assert [(one.label, one.code) for one in found] == list(zip(SENTENCES, CODES, strict=True))


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_capitals_do_not_matter(model: Classifier, change: Callable[[str], str]) -> None:
    assert first(model, [change(text) for text in SENTENCES.values()]) == list(SENTENCES)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["12345", "3.14", "2024-05-17", "+49 170 1234567", "10:45", "7 + 8 = 15", "€ 99"], id="digits"),
        pytest.param(["!?", "...", "---", "😀", "🎉🎉🎉", "→ •"], id="signs"),
        pytest.param(
            [
                "for (int i = 0; i < n; i++) {", "def area(r): return pi * r ** 2", "SELECT id FROM t WHERE x = 3;",
                "<div class=\"box\"></div>", "x = [1, 2, 3]", "{\"id\": 7, \"ok\": true}", "#include <stdio.h>",
                "https://example.org/a/b?c=1", "git commit -m \"fix\"", "/usr/local/bin/run.sh",
            ],
            id="code",
        ),
        pytest.param(
            [
                "火车什么时候到城里?", "電車は何時に町に着きますか。", "รถไฟจะถึงเมืองเมื่อไหร่", "מתי הרכבת מגיעה לעיר?",
                "기차는 언제 도시에 도착합니까?", "როდის ჩამოვა მატარებელი?", "Ե՞րբ է գալիս գնացքը։", "ট্রেন কখন আসবে?",
                "ባቡሩ መቼ ይደርሳል?", "རེ་ལི་ནམ་སླེབས་སམ།", "谢谢", "ありがとう", "감사합니다", "שלום",
            ],
            id="scripts",
        ),
        pytest.param(["a", "x", "Qz", "to", "e", "ß"], id="letters"),
        pytest.param(["Kiedy pociąg przyjeżdża do miasta?", "Milloin juna saapuu kaupunkiin?"], id="languages"),
    ],
)  # fmt: skip
def test_what_is_in_none_of_the_languages_is_unknown(model: Classifier, texts: list[str]) -> None:
    assert first(model, texts) == ["unknown"] * len(texts)
    assert model.classify(texts[:1])[0][0].code == "und"


def test_a_number_or_an_address_leaves_a_sentence_in_its_language(model: Classifier) -> None:
    texts = ["The meeting is at 10:45 in room 12.", "Mehr dazu steht auf www.example.de/hilfe", "C'est à 3,50 € 😀"]
    assert first(model, texts) == ["English", "German", "French"]


def test_the_spellings_of_older_data_count_as_the_right_ones(model: Classifier, tmp_path: Path) -> None:
    corpus = tmp_path / "a.tsv"
    rows = [f"{label}\t{text}" for label, text in SENTENCES.items()]
    former = "\n".join(rows).replace("Portuguese", "Portugeese").replace("Swedish", "Sweedish")
    corpus.write_text(former, encoding="utf-8")
    found = evaluate(model, [corpus])
    assert found["accuracy"] == 1.0
    assert "unknown_labels" not in found


def test_info_lists_the_languages() -> None:
    assert describe(find("language-id"))["codes"] == dict(zip(SENTENCES, CODES, strict=True))


def test_vowel_signs_are_letters(model: Classifier) -> None:
    assert first(model, ["पानी", "नदी", "दिल्ली"]) == ["Hindi"] * 3
