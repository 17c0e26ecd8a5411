"""Lines of logs: held out at random, shuffled without loss."""

import pytest

from seqtext.config import TrainingConfig
from seqtext.data.split import HashSplit
from seqtext.training.batches.log_lines import SplitLines, _note, _shuffled
from seqtext.training.request import Request


def drawn(share: float, seed: int, also: int = -1) -> SplitLines:
    return SplitLines(Request("anomaly", ()), HashSplit(share, seed), (), also)


def test_the_draw_is_repeatable_and_fair() -> None:
    taken = [number for number in range(5000) if drawn(0.2, 3).takes(number)]
    assert taken == [number for number in range(5000) if drawn(0.2, 3).takes(number)]
    assert 900 < len(taken) < 1100
    assert taken != [number for number in range(5000) if drawn(0.2, 4).takes(number)]
    assert drawn(0.0, 1, 7).takes(7)


def test_the_note_warns_where_lines_are_few() -> None:
    request = Request("anomaly", ())
    assert "too few" in _note(99, request, TrainingConfig(), 0.01)
    assert "too few" not in _note(100, request, TrainingConfig(), 0.01)


def test_shuffling_keeps_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.training.batches.log_lines._SHUFFLED", 10)
    lines = [str(number) for number in range(25)]
    found = list(_shuffled(iter(lines), 1))
    assert sorted(found, key=int) == lines
    assert found != lines
    assert {int(line) // 10 for line in found[:10]} == {0}
