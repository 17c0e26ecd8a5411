"""The anomaly detector on small language models with random weights: scores by hand, spans, bad input, damage."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import seqtext
from seqtext.errors import ConfigError, InputError, ModelError
from seqtext.models import anomaly_detector
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.field_bits import field_bits
from seqtext.models.language_model import LanguageModel
from seqtext.models.normal_lines import NORMAL, pack, unpack
from seqtext.storage.model_folder import read_folder
from small_detectors import detector_folder, detector_of

every_kind = pytest.mark.parametrize("kind", ["char", "word", "bpe"])


@every_kind
def test_bits_of_fields_are_those_of_the_language_model(kind) -> None:
    model = detector_of(kind).language
    lines = ["open write close", "", "a", "open  the door é", " x"]
    for line, (highest, bits) in zip(lines, field_bits(model, lines), strict=True):
        assert len(bits) == len(line.split())
        score = model.score(f"{line}\n")
        if bits:
            assert sum(bits) == pytest.approx(score.bits, abs=1e-2)
            assert highest == pytest.approx(max(token.bits for token in score.tokens), abs=1e-3)


@every_kind
def test_lines_side_by_side_get_what_each_gets_alone(kind) -> None:
    lines = ["open read", "close", "open open open open", "", "never seen é"]
    together = detector_of(kind).evidence(lines)
    for line, one in zip(lines, together, strict=True):
        alone = detector_of(kind).evidence([line])[0]
        assert np.allclose(one[:3], alone[:3], atol=1e-3)
        assert np.allclose(one.bits, alone.bits, atol=1e-3)


def test_scores_by_hand(monkeypatch) -> None:
    detector = detector_of()
    detector._sorted = np.array([[1.0, 0.0, 2.0], [3.0, 0.5, 2.0], [5.0, 0.5, 4.0]])
    score = float(detector.scores(np.array([[3.0, 0.6, 2.0]]))[0])
    # As odd or odder: two of three, none, all.
    expected = -math.log10(3 / 4) - math.log10(1 / 4) - 0.5 * math.log10(4 / 4) + 0.01 * 3 + 0.6
    assert score == pytest.approx(expected)
    detector._scale = 2.0  # bits by which the top of held-out lines exceeds its beginning
    rows = np.array([[9.0, 0.0, 2.0], [99.0, 0.0, 2.0]])
    beyond = [-math.log10(1 / 4) - 0.5 * math.log10(4 / 4) - math.log10(4 / 4) + 0.01 * x for x in (9, 99)]
    assert detector.scores(rows) == pytest.approx([beyond[0] + math.log10(math.e) * 4 / 2, beyond[1] + 4])
    assert float(detector.counted(np.array([[9.0, 0.5, 2.0]]))[0]) == pytest.approx(0.502)


def test_unknown_events_score_higher_than_known_ones() -> None:
    detector = detector_of()
    normal, odd = detector.detect("open read close"), detector.detect("open explode close")
    assert odd.score > normal.score
    assert not normal.anomalous
    assert odd.anomalous
    assert odd.text == "open explode close"


@every_kind
def test_spans_lie_in_the_text_as_it_was_given(kind) -> None:
    text = "12:59:58 disk 7 is  on\tfire"
    one = detector_of(kind).detect(text, threshold=-100)
    assert one.anomalous
    assert one.spans
    ends = [0, *(place for span in one.spans for place in span[:2])]
    assert ends == sorted(ends)
    assert ends[-1] <= len(text)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end, _ in one.spans)
    assert all(span.bits > 0 for span in one.spans)


def test_neighbouring_fields_are_one_span(monkeypatch) -> None:
    detector = detector_of()
    detector._span_bits = 3.0
    one = anomaly_detector.Evidence(9.0, 0.0, 0.0, (1.0, 4.0, 5.0, 0.5, 3.0))
    assert detector._spans("aa bb  cc dd ee", one, False) == [(3, 9, 9.0), (13, 15, 3.0)]
    detector._span_bits = 99.0
    assert detector._spans("aa bb  cc dd ee", one, False) == []
    assert detector._spans("aa bb  cc dd ee", one, True) == [(7, 9, 5.0)]


def test_masked_numbers_make_no_difference() -> None:
    detector = detector_of("char")
    first, second = detector.detect("12:00:01 disk 5 is ready"), detector.detect("23:59:59 disk 8 is ready")
    assert first.score == second.score
    assert len(detector._known) == 1


def test_a_model_from_before_stand_ins_masks_as_it_was_taught() -> None:
    folder = detector_folder("char")
    counted = unpack(folder.weights[NORMAL])
    del counted["varied"], counted["largest"]
    counted["usual"] = ["disk 7"]
    old = AnomalyDetector(replace(folder, weights={**folder.weights, NORMAL: pack(counted)}))
    assert old.read("Jul  3 12:00:05 disk 7 took 35 ms") == "Jan  0 00:00:00 disk 7 took 00 ms"
    assert old._scale == math.inf  # its scores are as they were
    assert AnomalyDetector(folder)._scale >= 1
    assert AnomalyDetector(folder).read("Jul  3 12:00:05 disk 7 took 35 ms") == "<date> <time> disk 0 took <duration>"


def test_spans_are_of_the_line_itself() -> None:
    line = "Jul  3 12:00:05 disk 17 exploded"
    fields = list(detector_of("char")._fields(line))
    assert [line[start:end] for start, end in fields] == ["Jul  3", "12:00:05", "disk", "17", "exploded"]


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_a_blank_line_is_normal(text) -> None:
    assert detector_of().detect(text, threshold=-100) == (text, 0.0, False, [])


def test_many_lines_are_streamed_in_order() -> None:
    taken = []

    def lines():
        for number in range(10):
            taken.append(number)
            yield f"open {number}"

    found = detector_of().detect(lines(), batch=2)
    assert [next(found).text for _ in range(3)] == ["open 0", "open 1", "open 2"]
    assert taken == [0, 1, 2, 3]


def test_what_is_remembered_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(anomaly_detector, "_REMEMBERED", 5)
    detector = detector_of()
    list(detector.detect(f"open {number}" for number in range(30)))
    assert len(detector._known) <= 5


@every_kind
def test_the_words_read_for_surprises_are_counted(monkeypatch, kind) -> None:
    monkeypatch.setattr("seqtext.models.anomaly_detector.LONGEST_READ", 50)
    monkeypatch.setattr("seqtext.models.field_bits.LONGEST", 50)
    model = detector_of(kind)
    assert model.words_read("open write 17 close") == (4, 0)
    assert model.words_read("") == (0, 0)
    line = "open é write 4711 " * 30
    read, cut = model.words_read(line)
    assert read + cut == 120
    ((_, bits),) = field_bits(model.language, [model.read(line)])
    assert read <= np.count_nonzero(bits) <= read + 1  # a word of which a part is read counts among the others


def test_a_long_line_is_read_from_its_start(monkeypatch) -> None:
    monkeypatch.setattr("seqtext.models.anomaly_detector.LONGEST_READ", 50)
    monkeypatch.setattr("seqtext.models.field_bits.LONGEST", 50)
    detector = detector_of("char")
    text = "disk is ready " * 5_000
    one = detector.detect(text)
    assert one.score > detector.detect("disk 1 is ready").score
    assert all(end <= 64 for _, end, _ in detector.detect(text, threshold=-100).spans)


@pytest.mark.parametrize("text", ["\ud800", 3, None])
def test_what_is_no_text(text) -> None:
    with pytest.raises(InputError, match=r"surrogate|a text, or a list of texts, is expected"):
        detector_of().detect(text)


def test_a_text_has_one_answer_and_a_list_as_many() -> None:
    detector = detector_of()
    texts = ["open read close", "", "explode"]
    many = detector.detect(texts)
    assert isinstance(many, list)
    assert [detector.detect(text) for text in texts] == many
    assert detector.detect(tuple(texts)) == detector.detect(np.array(texts)) == many


def test_what_is_no_text_is_named_by_its_index_at_its_turn() -> None:
    with pytest.raises(InputError, match=r"texts\[1\]: nan was received; a text is expected"):
        detector_of().detect(["open", math.nan])  # type: ignore[call-overload]
    stream = detector_of().detect(iter(["open", "read", None]))  # type: ignore[call-overload]
    assert [next(stream).text for _ in range(2)] == ["open", "read"]
    with pytest.raises(InputError, match=r"texts\[2\]: None was received"):
        next(stream)


@pytest.mark.parametrize("value", [0, 2.5, True])
def test_what_is_no_batch(value) -> None:
    with pytest.raises(ConfigError, match="batch received"):
        detector_of().detect(iter(["open"]), batch=value)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_saving_keeps_what_was_counted(tmp_path: Path, precision) -> None:
    detector = detector_of("char")
    detector.save(tmp_path, precision)
    again = seqtext.load(tmp_path)
    assert isinstance(again, AnomalyDetector)
    assert again.counting.to_dict() == detector.counting.to_dict()
    assert np.array_equal(again.held_out, detector.held_out)
    assert again.threshold == detector.threshold
    assert again.detect("on fire").score == pytest.approx(detector.detect("on fire").score, abs=0.5)


@pytest.mark.parametrize("learnt", [None, 3, {}, {"threshold": "high"}, {"threshold": math.nan}, {"false_alarms": 2}])
def test_damaged_settings_are_refused(learnt) -> None:
    contents = detector_folder("word")
    good = contents.config["anomaly"]
    found = {**good, **learnt} if isinstance(learnt, dict) and learnt else learnt
    with pytest.raises(ModelError, match=r"config.json has anomaly"):
        AnomalyDetector(replace(contents, config={**contents.config, "anomaly": found}))


def test_a_language_model_is_no_detector(tmp_path: Path) -> None:
    contents = detector_folder("word")
    weights = {name: array for name, array in contents.weights.items() if name != NORMAL}
    config = {key: value for key, value in contents.config.items() if key != "anomaly"}
    LanguageModel(replace(contents, config={**config, "task": "generate"}, weights=weights)).save(tmp_path)
    assert read_folder(tmp_path).config["task"] == "generate"
    with pytest.raises(ModelError, match="one for 'anomaly' is needed"):
        seqtext.load(tmp_path, "anomaly")
