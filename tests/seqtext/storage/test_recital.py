"""What config.json says of a model's memory: read strictly, judged by Fisher's exact test."""

import pytest
from scipy.stats import fisher_exact

from seqtext.errors import ModelError
from seqtext.storage.recital import Recital

GOOD = {"learnt": 10, "learnt_back": 4, "unlearnt": 0, "unlearnt_back": 0}


@pytest.mark.parametrize(
    "counts", [(200, 76, 150, 0), (50, 7, 40, 3), (10, 10, 10, 10), (300, 9, 200, 0), (5, 0, 7, 2)]
)
def test_the_chance_is_that_of_fishers_exact_test(counts: tuple[int, ...]) -> None:
    recital = Recital(*counts)
    learnt, back, unlearnt, unlearnt_back = counts
    rows = [[back, learnt - back], [unlearnt_back, unlearnt - unlearnt_back]]
    assert recital._chance() == pytest.approx(fisher_exact(rows, alternative="greater").pvalue)


@pytest.mark.parametrize(
    ("counts", "recites"),
    [
        ((200, 76, 200, 0), True),
        ((200, 1, 200, 0), False),  # by chance
        ((200, 180, 200, 178), False),  # any such line comes back
        ((10_000, 150, 10_000, 100), False),  # no chance, but little more
        ((200, 9, 0, 0), False),  # nothing to compare with
        ((200, 10, 0, 0), True),
        ((0, 0, 100, 0), False),
    ],
)
def test_a_model_recites_where_clearly_more_learnt_lines_come_back(counts: tuple[int, ...], recites: bool) -> None:
    recital = Recital(*counts)
    assert recital.recites is recites
    assert ("does not" in recital.verdict or "not known" in recital.verdict) is not recites


@pytest.mark.parametrize(
    "found",
    [
        None, [], {}, {**GOOD, "learnt": -1}, {**GOOD, "learnt": True}, {**GOOD, "learnt": 1.5}, {**GOOD, "more": 1},
        {**GOOD, "learnt_back": 11}, {**GOOD, "unlearnt_back": 1}, {"learnt": 10}, {**GOOD, "learnt": "10"},
    ],
)  # fmt: skip
def test_what_is_not_four_fitting_counts_is_refused(found: object) -> None:
    with pytest.raises(ModelError, match="holds memory = "):
        Recital.of({"memory": found})


def test_what_config_json_says_is_read() -> None:
    assert Recital.of({}) is None
    assert Recital.of({"memory": GOOD}) == Recital(10, 4)
    assert Recital.of({"memory": Recital(7, 3, 2, 1).to_dict()}) == Recital(7, 3, 2, 1)
    assert Recital(10, 4) + Recital(7, 3, 2, 1) == Recital(17, 7, 2, 1)
