"""Ids of every kind in every place: the next ones are masked as those learnt from, and words are not."""

import random
import time

import pytest

from made_logs import IDS, PLACES, START, TIMES, days, json_line, log_lines, planted
from seqtext.models.log_ids import IdPlaces
from seqtext.models.log_masks import LogMask

#: Kinds whose own signs end them in some places: there nobody could tell where one ends.
_UNCLEAR = {
    "base64": "_/", "base64 for URLs": "_/", "jwt": "_/", "url": "_/;", "path": "_/", "path of Windows": "_/",
    "quoted": '"', "quoted with quotes": '"',
}  # fmt: skip


def _clear(kind: str) -> list[str]:
    places = [(place, f"{place} ".partition("{}")) for place in PLACES]
    signs = _UNCLEAR.get(kind, "")
    return [place for place, (before, _, after) in places if before[-1:] not in signs and after[0] not in signs]


@pytest.mark.parametrize("kind", IDS)
def test_the_next_ids_are_masked_as_those_learnt_from(kind) -> None:
    draw = random.Random(7)
    for place in _clear(kind)[::3]:
        lines = [place.format(IDS[kind](draw)) for _ in range(300)]
        mask = LogMask.learn(lines[:150])
        known = set(map(mask, lines[:150]))
        new = [line for line in lines[150:] if mask(line) not in known]
        assert len(known) <= 10, (place, sorted(known)[:12])
        assert len(new) <= 1, (place, [(line, mask(line)) for line in new[:3]])


@pytest.mark.parametrize("kind", TIMES)
def test_another_month_and_year_are_masked_as_those_learnt_from(kind) -> None:
    draw = random.Random(7)
    learnt = [f"{TIMES[kind](when, draw)} node1 app: ok" for when in days(draw, START, 3, 50)]
    mask = LogMask.learn(learnt)
    known = set(map(mask, learnt))
    for first in (START.replace(month=7, day=1), START.replace(year=2032, month=11, day=20)):
        new = [f"{TIMES[kind](when, draw)} node1 app: ok" for when in days(draw, first, 20, 5)]
        assert [line for line in new if mask(line) not in known] == []


@pytest.mark.parametrize("made", [str, json_line])
def test_words_are_not_masked_where_ids_stand(made) -> None:
    draw = random.Random(3)
    lines = list(log_lines(1, ["base62", "ulid", "base64"], "ISO", START, 2, 400))
    mask = LogMask.learn(map(made, lines))
    known = {mask(made(line)) for line in lines}
    for line in lines[:50]:
        for kind, odd in planted(draw, line).items():
            assert mask(made(odd)) not in known, kind
    assert "segfault" in mask("2031-06-14T00:00:01.123+02:00 node1 app[3]: INFO request segfault finished")


def test_an_id_without_a_digit_has_the_length_and_letters_of_the_others() -> None:
    draw = random.Random(5)
    mask = LogMask.learn(f"job {IDS['base62'](draw)} done" for _ in range(400))
    assert [mask(f"job {one} done") for one in ("QwErTyUiOp", "crocodiles", "CrOcOdIlE")] == [
        "job 0 done", "job crocodiles done", "job CrOcOdIlE done"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("at Http2ServerConnectionHandler.run", "at Http0ServerConnectionHandler.run"),  # a name, no id
        ("ksuid 2qkimdvZitfKjnyIwXkaNEiZRox", "ksuid 0"),
        ("took     5 ms, pid 12   ok, a   b", "took <duration>, pid 0 ok, a   b"),
        ("[    5.017] up, [12345.017] up", "[0] up, [0] up"),
        ("to ::C24:9890:E7: yes 7:c35:5e:59a:ee5:4d:610:: no", "to <ip>: yes <ip> no"),
        ("x 1.5e+05 -2e-7", "x 0 -0"),
    ],
)
def test_single_lines(line, masked) -> None:
    assert LogMask()(line) == masked


def test_numbers_with_signs_are_masked_beside_ids() -> None:
    draw = random.Random(5)
    mask = LogMask.learn(f"job {IDS['base62'](draw)} done" for _ in range(400))
    assert mask("job 3kTn8Yp2Wq took -8167 of -x_19, +3") == "job 0 took -0 of -x_0, +0"


def test_entries_that_were_not_learnt_are_left_out() -> None:
    assert not IdPlaces(["path get ", "run", "run m10", "", "runs m10 job "])
    assert IdPlaces(["run m10 job "])


@pytest.mark.parametrize("part", ['"\\"', '\\"', "\\\\a", "  ", "[ ", "a+", "_a", "a1b2c3 ", "aB+/="])
def test_the_time_to_mask_grows_with_the_length_only(part) -> None:
    mask = LogMask([], ["run m10 job ", "text m20 job ", f"text m20 {part}"])
    begun = time.process_time()
    mask(part * (40_000 // len(part)))
    assert time.process_time() - begun < 3
