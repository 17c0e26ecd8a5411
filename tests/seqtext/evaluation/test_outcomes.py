"""What came of held-out texts: kept and read strictly, with an interval, compared text by text."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from seqtext.errors import TrainingError
from seqtext.evaluation.metrics import bleu
from seqtext.evaluation.outcomes import FILE, Outcomes, bleu_of_sums, bleu_parts


def outcomes(right: np.ndarray, texts: np.ndarray | None = None, total: int = 200) -> Outcomes:
    return Outcomes.of("accuracy", total, np.arange(len(right)) if texts is None else texts, right)


def test_they_are_kept_and_read_again(tmp_path: Path) -> None:
    assert Outcomes.read(tmp_path) is None
    written = outcomes(np.arange(50) % 3 == 0, np.random.default_rng(1).permutation(200)[:50])
    written.write(tmp_path)
    read = Outcomes.read(tmp_path)
    assert read is not None
    assert (read.score, read.total) == ("accuracy", 200)
    assert (read.texts == written.texts).all()
    assert (read.sums == written.sums).all()
    assert (tmp_path / FILE).stat().st_size < 1_000


@pytest.mark.parametrize(
    ("arrays", "about"),
    [
        ({"texts": np.zeros(2, np.int32), "sums": np.ones((2, 2), np.float32)}, {"score": "accuracy", "total": "9"}),
        ({"texts": np.arange(2, dtype=np.int32)}, {"score": "accuracy", "total": "9"}),
        ({"texts": np.arange(2, dtype=np.int32), "sums": np.ones((2, 3), np.float32)}, {"score": "a", "total": "9"}),
        ({"texts": np.arange(2, dtype=np.int32), "sums": np.ones((2, 2), np.float32)}, {"score": "bleu", "total": "9"}),
        ({"texts": np.arange(2, dtype=np.int32), "sums": np.ones((2, 2), np.float32)}, {"score": "a", "total": "1"}),
        ({"texts": np.arange(2, dtype=np.int32), "sums": np.ones((2, 2), np.float32)}, {"score": "a", "total": "x"}),
        ({"texts": np.arange(2, dtype=np.int32), "sums": np.ones((2, 2), np.float32)}, {"total": "9"}),
        ({"texts": np.arange(2, dtype=np.int32), "sums": np.ones((2, 2), np.float32)}, None),
        (
            {"texts": np.arange(2, dtype=np.int32), "sums": np.full((2, 2), np.nan, np.float32)},
            {"score": "a", "total": "9"},
        ),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, arrays: dict, about: dict | None) -> None:
    save_file(arrays, tmp_path / FILE, about)
    with pytest.raises(TrainingError, match="cannot be read"):
        Outcomes.read(tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"x" * 100)
    with pytest.raises(TrainingError, match="cannot be read"):
        Outcomes.read(tmp_path)


def test_two_are_compared_on_the_texts_of_both() -> None:
    right = np.arange(200) % 4 > 0
    better = right | (np.arange(200) < 80)
    order = np.random.default_rng(2).permutation(200)
    assert outcomes(right).p_value(outcomes(better[order], order)) < 0.05
    assert outcomes(right).p_value(outcomes(right[order[:90]], order[:90])) == 1.0
    assert outcomes(right).p_value(outcomes(right, total=201)) is None
    assert outcomes(right).p_value(outcomes(right)._replace(score="micro_f1")) is None
    low, high = outcomes(right).intervals()["accuracy"]
    assert low < 0.75 < high


def test_bleu_is_made_of_sums() -> None:
    answers = ["the cat sat down here", "a red bird sings", "it rains in the old town"] * 9
    targets = ["the cat sat over there", "a red bird sings loudly", "it rained in the old town"] * 9
    sums = bleu_parts(answers, targets)
    assert bleu_of_sums(sums.sum(0)[None])[0] == pytest.approx(bleu(answers, targets)["bleu"])
    made = Outcomes("bleu", 27, np.arange(27), sums)
    low, high = made.intervals()["bleu"]
    assert low < bleu(answers, targets)["bleu"] < high


def test_the_paired_test_is_that_of_sacrebleu() -> None:
    from sacrebleu.metrics import BLEU
    from sacrebleu.significance import PairedTest

    generator = np.random.default_rng(3)
    targets = [" ".join(generator.choice([*"abcdefgh"], 12)) for _ in range(60)]

    def answers(wrong: float) -> list[str]:
        kept = [np.where(generator.random(12) < wrong, "x", np.array(one.split())) for one in targets]
        return [" ".join(one) for one in kept]

    first, second = answers(0.20), answers(0.23)
    test = PairedTest([("a", first), ("b", second)], {"BLEU": BLEU(references=[targets])}, None, "bs", n_samples=1000)
    p_values = [result.p_value for result in test()[1]["BLEU"]]
    made = [Outcomes("bleu", 60, np.arange(60), bleu_parts(one, targets)) for one in (first, second)]
    assert made[0].p_value(made[1]) == pytest.approx(p_values[1], abs=0.05)
