"""Stand-ins of log lines: each kind at any length, what is kept, and where each character stood."""

import random
import time
import uuid
from datetime import datetime, timedelta

import pytest

from seqtext.models.log_masks import LogMask

LINES = [f"GET /item/{k} answered 200 in {7 * k} ms" for k in range(40)] + [
    f"GET /item/{50 + k} answered 404 in {k} ms" for k in (1, 2, 3, 4)
]


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("Jul  3 10:20:31 host x", "<date> <time> host x"),
        ("Jun 23 03:04:05 host x", "<date> <time> host x"),
        ("<34>Oct 11 22:14:15 su:", "<0><date> <time> su:"),
        ("3. März 2031, 7. Dez. 09:05", "<date>, <date> <time>"),
        ("Mi 04 juin 2031 le 12 août", "<date> le <date>"),
        ("[Sun Dec 04 04:47:44 2005] ok", "[<date> <time> 0] ok"),
        ("Sat, 14 Jun 2031 10:20:31 GMT", "<date> <time>"),
        ("[04/Dec/2005:10:00:01 +0100]", "[<date>]"),
        ("2031-05-04 08:00:02.517 ok", "<date> <time> ok"),
        ("2031-05-04T08:00:02.5Z 2031-5-4T8:00:02+02:00 20310504T080002Z", "<date> <date> <date>"),
        ("14.06.2031 6/14/31 2031/06/14", "<date> <date> <date>"),
        ("at 12:30 PM, 1938472033 s", "at <time>, <duration>"),
        ("epoch 1938472033 1938472033123", "epoch 0 0"),
        ("at 10.0.1.225:8080", "at <ip>:0"),
        ("fe80::1%eth0 ::1 2001:db8::8a2e:370:7334 [::ffff:10.0.0.1]:80", "<ip> <ip> <ip> [<ip>]:0"),
        ("1:2:3:4:5:6:7:8 is an address", "<ip> is an address"),
        ("aa:bb:cc:dd:ee:ff 10-20-30-40-50-60 0011.2233.aabb", "<mac> <mac> <mac>"),
        ("550e8400-e29b-41d4-a716-446655440000 {550E8400-E29B-41D4-A716-446655440000}", "<uuid> <uuid>"),
        ("blk_-1608999687919862906 snap-97e67cea", "blk_-0 snap-0"),
        ("commit deadbeef, 12345678, 1234567d, 9f3a21, 0x1f, x7Gh2kQ9z", "commit 0, 0, 0, 0, 0, 0"),
        ("node R27-M0-N6 ssh2", "node R0-M0-N0 ssh0"),
        ("35 ms 3.5s 1h20m30s 2 days PT5M 12µs", "<duration> <duration> <duration> <duration> <duration> <duration>"),
        ("12 kB 1.5GiB 512 bytes 3M 5 MB/s", "<size> <size> <size> <size> <size>"),
        ("1,234,567 1.2.3 v1.2.3-rc1 50%", "0 0 v0.0.0-rc0 0%"),
        ("Sunday may come in a decade, on a facade", "Sunday may come in a decade, on a facade"),
        ("std::abs a::b don't größe=12", "std::abs <ip> don't größe=0"),
        ("", ""),
    ],
)
def test_what_is_never_the_same_is_masked(line, masked) -> None:
    mask = LogMask()
    assert mask(line) == masked
    assert len(mask.origins(line)) == len(masked)


def _kinds(draw: random.Random) -> dict[str, list[str]]:
    """Things of each kind, at every length."""
    when = datetime(2031, 1, 1) + timedelta(seconds=draw.randrange(10**8))
    groups = [f"{draw.getrandbits(16):x}" for _ in range(8)]
    address = ".".join(str(draw.randrange(256)) for _ in range(4))
    figure = str(draw.randrange(10 ** draw.randint(1, 6)))
    return {
        "<date> <time>": [f"{when:%b} {when.day:2} {when:%H:%M:%S}", f"{when:%Y-%m-%d %H:%M:%S}"],
        "<date>": [when.isoformat(), f"{when.isoformat()}Z", f"{when:%d/%b/%Y:%H:%M:%S +0000}"],
        "<ip>": [address, ":".join(groups), "::".join([":".join(groups[:3]), groups[3]]), f"::ffff:{address}"],
        "<mac>": [":".join(f"{draw.randrange(256):02x}" for _ in range(6))],
        "<uuid>": [str(uuid.UUID(int=draw.getrandbits(128)))],
        "0": [f"{draw.getrandbits(32):08x}", f"{draw.getrandbits(160):040X}", f"0x{draw.getrandbits(48):x}", figure],
        "<duration>": [f"{figure} ms", f"{figure}.5s", f"{draw.randint(1, 9)}h{draw.randint(1, 59)}m"],
        "<size>": [f"{figure} kB", f"{draw.randint(1, 9999)}MiB", f"{figure} bytes"],
    }  # fmt: skip


def test_every_kind_has_one_length_whatever_it_is() -> None:
    draw, mask = random.Random(5), LogMask()
    for _ in range(2_000):
        for stand_in, things in _kinds(draw).items():
            for thing in things:
                assert mask(f"peer {thing}, is up") == f"peer {stand_in}, is up"


def test_a_number_that_often_stands_in_its_place_is_kept() -> None:
    mask = LogMask.learn(LINES)
    assert mask.usual == {"answered 200", "answered 404"}
    assert mask("GET /item/3 answered 404 in 200 ms") == "GET /item/0 answered 404 in <duration>"
    assert mask("GET /item/3 answered 503 in 9 ms") == "GET /item/0 answered 0 in <duration>"


def test_a_status_after_a_quoted_request_is_kept() -> None:
    lines = [f'10.0.0.{k} "GET /a/{k}x HTTP/1.1" {200 if k % 9 else 404} {1000 + 7 * k}' for k in range(200)]
    mask = LogMask.learn(lines)
    assert mask(lines[1]) == '<ip> "GET /a/0x HTTP/0" 200 0'
    assert mask(lines[9]) == '<ip> "GET /a/0x HTTP/0" 404 0'
    assert mask(lines[9].replace("404", "500")) == '<ip> "GET /a/0x HTTP/0" 0 0'


def test_paths_and_quoted_texts_are_masked_only_where_they_differ() -> None:
    words = [chr(97 + k % 26) * (1 + k // 26) for k in range(100)]
    mask = LogMask.learn(f"read /srv/{word} in /etc/fixed for '{word} {word}' by \"root\"" for word in words)
    assert mask.varied == {"path read ", "quoted for "}
    assert mask("read /srv/new in /etc/fixed for 'x' by \"root\"") == 'read <path> in /etc/fixed for <quoted> by "root"'
    assert (
        mask("read /srv/new in /etc/shadow for 'x' by \"eve 12\"")
        == 'read <path> in /etc/shadow for <quoted> by "eve 0"'
    )
    assert mask("stat /srv/new") == "stat /srv/new"  # where none was seen, it stays: it is odd


def test_each_character_of_the_masked_line_knows_where_it_stood() -> None:
    line = "at 10.0.1.225:8080 x"
    mask = LogMask()
    origins = mask.origins(line)
    assert [line[start:end] for start, end in origins] == [
        *"at ", *["10.0.1.225"] * 4, ":", "8080", *" x"
    ]  # fmt: skip
    assert [one.place for one in mask.find("port 22, 5 status=404")] == ["port ", "0, ", "status="]


def test_what_is_kept_of_a_shape_is_the_same(monkeypatch) -> None:
    draw, mask = random.Random(3), LogMask.learn(LINES)
    lines = [f"GET /item/{draw.randrange(1000)} answered {draw.choice((200, 404, 503))} in 5 ms" for _ in range(50)]
    expected = [mask(line) for line in lines]
    monkeypatch.setattr("seqtext.models.log_masks._LONGEST", 0)
    assert [mask(line) for line in lines] == expected


@pytest.mark.parametrize(
    "part",
    ["a", "1", "1-", "Mon ", '"', "'a", "/a", ":1", "1 ", "1d", "ab:", "a://", "jan ", "1.1", "C:\\", "a-", "0x", "P1Y",
     "Mon,   ", "1/", "aa", "f:", "1.", " -"],
)  # fmt: skip
def test_the_time_to_mask_grows_with_the_length_only(part) -> None:
    begun = time.process_time()
    LogMask()(part * (40_000 // len(part)))
    assert time.process_time() - begun < 3


def test_plain_data_and_back() -> None:
    mask = LogMask.learn(LINES)
    assert LogMask.from_facts(mask.facts).facts == mask.facts == {
        "usual": ["answered 200", "answered 404"], "varied": [], "largest": {"duration in ": 0.273},
    }  # fmt: skip


def test_words() -> None:
    assert LogMask.words("[<date>] GET /item/0 a_b <ip>:0") == [
        "[", "<date>", "]", "GET", "/", "item", "/", "0", "a", "_", "b", "<ip>", ":", "0",
    ]  # fmt: skip
