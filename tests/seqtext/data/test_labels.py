"""Several labels in one string come apart as the examples say."""

import doctest

from seqtext.data import labels


def test_examples() -> None:
    found = doctest.testmod(labels)
    assert (found.failed, found.attempted) == (0, 1)
