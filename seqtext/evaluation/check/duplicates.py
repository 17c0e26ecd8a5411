"""Find equal and near texts, conflicting labels and overlap with held-out data."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.evaluation.check.findings import Finding, Place, Places, counted, verb
from seqtext.evaluation.check.fingerprints import Fingerprints, earlier_like

Locate = Callable[[Sequence[Any]], tuple[Place, ...]]


def duplicates(prints: Fingerprints, places: Places, noun: str, beside: str, remove: str) -> Iterator[Finding]:
    """Find texts that occur more than once, or with different labels.

    noun: what a text is called; beside: what stands beside it, "label" or "translation", "" for nothing
    remove: what removes equal lines, as it is typed, "" where nothing short does
    """
    hashes, others = prints.hashes, prints.others
    total = len(hashes)
    first = _first_of(hashes)
    repeated = first < np.arange(total)
    different = _differs(first, others)
    whole = _first_of(hashes * np.uint64(3) + others) < np.arange(total)
    if beside == "label" and different.any():
        yield _conflicts(np.flatnonzero(different), first, places, total)
    elif beside and different.any():
        rows = np.flatnonzero(different)
        message = f"{counted(len(np.unique(first[rows])), noun)} stand beside more than one {beside}"
        yield Finding("several-targets", "note", len(rows), len(rows) / total, message, places.of(rows))
    same = whole if beside else repeated
    if same.any():
        rows = np.flatnonzero(same)
        message = f"{counted(len(rows), 'row', total)} {verb(len(rows), 'repeat')} an earlier one"
        message += f", such as {_pair(places, rows[0], first[rows[0]])}"
        hint = f"{remove}, so that no row counts twice" if remove else "keep one of each"
        yield Finding("duplicates", "warning", len(rows), len(rows) / total, message, places.of(rows), hint)
    yield from _near(prints, np.flatnonzero(~repeated), places, noun)


def _pair(places: Places, row: Any, other: Any) -> str:
    first, second = places.of([row, other])
    return f"{first}, the same as {second}"


def _first_of(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the number of the first text with the same hash: (n,)."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    begins = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
    first = np.empty(len(order), np.int64)
    first[order] = order[np.flatnonzero(begins)][np.cumsum(begins) - 1]
    return first


def _differs(first: NDArray[np.int64], others: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark every row of a text that has different things beside it: (n,)."""
    group = np.zeros(len(first), bool)
    group[first[others != others[first]]] = True
    return group[first]


def _conflicts(rows: NDArray[np.int64], first: NDArray[np.int64], places: Places, total: int) -> Finding:
    texts = len(np.unique(first[rows]))
    message = (
        f"{counted(texts, 'text')} {verb(texts, 'have')} two labels or more, in "
        f"{counted(len(rows), 'row', total)}: no model can be right about all of them"
    )
    group = rows[first[rows] == first[rows[0]]]
    hint = "decide on one label for each and remove the other rows"
    return Finding("conflicts", "error", len(rows), len(rows) / total, message, places.of(group), hint)


def _near(prints: Fingerprints, unique: NDArray[np.int64], places: Places, noun: str) -> Iterator[Finding]:
    total = len(prints.hashes)
    unique = unique[prints.sizes[unique] > 0]
    signatures = prints.signatures
    like = earlier_like(signatures if len(unique) == total else signatures[unique])
    rows = unique[like >= 0]
    if not len(rows):
        return
    message = f"{counted(len(rows), noun, total)} {verb(len(rows), 'are')} nearly the same as an earlier one"
    later, earlier = places.of([rows[0], unique[like[like >= 0][0]]])
    message += f", such as {later} and {earlier}"
    hint = "keep one of each, or give --valid: a random split puts such texts on both sides, and scores look too good"
    yield Finding("near-duplicates", "warning", len(rows), len(rows) / total, message, places.of(rows), hint)


def overlap(
    learnt: Fingerprints, held: Fingerprints, places: Places, held_places: Places, noun: str
) -> Iterator[Finding]:
    """Find held-out texts that repeat or nearly repeat training texts.

    places, held_places: of the training texts and of the held-out ones; noun: what a text is called
    """
    total = len(held.hashes)
    shared = np.isin(held.hashes, learnt.hashes)
    if shared.any():
        rows = np.flatnonzero(shared)
        held_place = held_places.of(rows)[0]
        learnt_place = places.of([np.flatnonzero(learnt.hashes == held.hashes[rows[0]])[0]])[0]
        message = (
            f"{counted(len(rows), noun, total)} of the held-out data {verb(len(rows), 'stand')} among those to learn "
            f"from, such as {held_place} and {learnt_place}: scores on them say nothing about new text"
        )
        hint = "remove them from one of the two"
        yield Finding("overlap", "error", len(rows), len(rows) / total, message, held_places.of(rows), hint)
    yield from _near_overlap(learnt, held, np.flatnonzero(~shared & (held.sizes > 0)), (places, held_places), noun)


def _near_overlap(
    learnt: Fingerprints, held: Fingerprints, rest: NDArray[np.int64], where: tuple[Places, Places], noun: str
) -> Iterator[Finding]:
    known = np.flatnonzero((_first_of(learnt.hashes) == np.arange(len(learnt.hashes))) & (learnt.sizes > 0))
    if not len(rest) or not len(known):
        return
    like = earlier_like(np.concatenate([learnt.signatures[known], held.signatures[rest]]), len(known))[len(known) :]
    rows = rest[like >= 0]
    if len(rows):
        learnt_place, held_place = where[0].of([known[like[like >= 0][0]]])[0], where[1].of(rows)[0]
        total = len(held.hashes)
        message = (
            f"{counted(len(rows), noun, total)} of the held-out data {verb(len(rows), 'are')} nearly the "
            f"same as one to learn from, such as {held_place} and {learnt_place}"
        )
        places, hint = where[1].of(rows), "remove them from one of the two"
        yield Finding("near-overlap", "error", len(rows), len(rows) / total, message, places, hint)
