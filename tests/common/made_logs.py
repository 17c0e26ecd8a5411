"""Log lines with ids of every kind, drawn by a seed: what differs from day to day and means nothing.

Each kind gives a new id at every call, in all the ways in which programs write it.
"""

import base64
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

LETTERS, CROCKFORD = string.ascii_letters, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
START = datetime(2031, 6, 14, 8)


def _from(draw: random.Random, signs: str, length: int) -> str:
    return "".join(draw.choice(signs) for _ in range(length))


def _hex(draw: random.Random, length: int) -> str:
    found = _from(draw, "0123456789abcdef", length)
    return draw.choice([found, found.upper()]) if draw.random() < 0.2 else found


def _uuid(draw: random.Random) -> str:
    found = uuid.UUID(int=draw.getrandbits(128), version=draw.choice((1, 4)))
    return draw.choice([str(found), str(found).upper(), f"{{{found}}}", f"urn:uuid:{found}"][:3])


def _ipv6(draw: random.Random) -> str:
    groups = [f"{draw.getrandbits(draw.choice((4, 8, 12, 16))):x}" for _ in range(8)]
    for start in range(8):  # any two groups or more may be left out, once
        if draw.random() < 0.2:
            end = draw.randint(min(start + 2, 8), 8)
            found = f"{':'.join(groups[:start])}::{':'.join(groups[end:])}"
            return draw.choice([found, found.upper()])
    return ":".join(groups)


def _mac(draw: random.Random) -> str:
    found = _from(draw, "0123456789abcdef", 12)
    pairs, fours = [found[k : k + 2] for k in range(0, 12, 2)], [found[k : k + 4] for k in range(0, 12, 4)]
    made = draw.choice([":".join(pairs), "-".join(pairs), ".".join(fours)])
    return draw.choice([made, made.upper()])


def _duration(draw: random.Random) -> str:
    figure = draw.randint(0, 10 ** draw.randint(1, 5))
    return draw.choice([
        f"{figure}ms", f"{figure}.{draw.randint(0, 999999)}ms", f"{draw.random() * 90:.6g}s", f"{figure / 7:.3f}µs",
        f"{draw.randint(1, 9)}m{draw.random() * 59:.3f}s", f"{draw.randint(1, 30)}h{draw.randint(0, 59)}m0s",
        f"PT{draw.randint(1, 59)}M{draw.random() * 59:.3f}S", f"PT{draw.random() * 59:.2f}S",
        f"P{draw.randint(1, 9)}DT4H",
    ])  # fmt: skip


def _size(draw: random.Random) -> str:
    figure = draw.randint(1, 10 ** draw.randint(1, 4))
    return draw.choice(["{}B", "{}KB", "{} MB", "{}MiB", "{}.5GB", "{} bytes", "{}K", "{}.2M", "{}Gi", "{} kB"]).format(
        figure
    )


def _path(draw: random.Random) -> str:
    name = _from(draw, string.ascii_lowercase, draw.randint(3, 9))
    return (
        f"/{draw.choice(['var', 'srv', 'home', 'tmp'])}/{name}/{draw.randint(0, 10**6)}.{draw.choice(['log', 'dat'])}"
    )


def _windows(draw: random.Random) -> str:
    name = _from(draw, string.ascii_letters, draw.randint(3, 9))
    return draw.choice(
        [f"C:\\Users\\{name}\\{draw.randint(0, 999)}.txt", f"\\\\files{draw.randint(1, 9)}\\{name}\\x.doc"]
    )


def _url(draw: random.Random) -> str:
    return (
        f"https://api{draw.randint(1, 9)}.example.org/v1/items/{_hex(draw, draw.choice((8, 24)))}"
        f"?page={draw.randint(1, 99)}&token={_from(draw, LETTERS + string.digits, 22)}"
    )


def _words(draw: random.Random) -> str:
    return " ".join(_from(draw, string.ascii_lowercase, draw.randint(1, 9)) for _ in range(draw.randint(1, 4)))


#: A new id of each kind.
IDS: dict[str, Callable[[random.Random], str]] = {
    "uuid": _uuid,
    "uuid without dashes": lambda draw: uuid.UUID(int=draw.getrandbits(128)).hex,
    "ulid": lambda draw: "01" + _from(draw, CROCKFORD, 24),
    "ksuid": lambda draw: "2" + _from(draw, string.digits + LETTERS, 26),
    "base64": lambda draw: base64.b64encode(draw.randbytes(draw.choice((12, 16, 20, 32)))).decode(),
    "base64 for URLs": lambda draw: base64.urlsafe_b64encode(draw.randbytes(16)).decode().rstrip("="),
    "base62": lambda draw: _from(draw, LETTERS + string.digits, draw.choice((10, 12, 22))),
    "base32": lambda draw: base64.b32encode(draw.randbytes(10)).decode(),
    "git": lambda draw: _from(draw, "0123456789abcdef", draw.randint(7, 10)),
    "sha": lambda draw: _hex(draw, draw.choice((40, 64))),
    "sha with name": lambda draw: f"sha256:{_from(draw, '0123456789abcdef', 64)}",
    "hex": lambda draw: f"0x{_hex(draw, draw.randint(1, 16))}",
    "ipv4": lambda draw: ".".join(str(draw.randrange(256)) for _ in range(4)),
    "ipv4 and port": lambda draw: ".".join(str(draw.randrange(256)) for _ in range(4)) + f":{draw.randint(1, 65535)}",
    "network": lambda draw: ".".join(str(draw.randrange(256)) for _ in range(4)) + f"/{draw.randint(1, 32)}",
    "ipv6": _ipv6,
    "ipv6 of a link": lambda draw: f"fe80::{draw.getrandbits(16):x}:{draw.getrandbits(16):x}%eth{draw.randint(0, 3)}",
    "ipv6 and port": lambda draw: f"[{_ipv6(draw)}]:{draw.randint(1, 65535)}",
    "mac": _mac,
    "epoch": lambda draw: str(1938472033 * 10 ** draw.choice((0, 3, 6, 9)) + draw.getrandbits(25)),
    "epoch with fraction": lambda draw: f"{1938472033 + draw.getrandbits(25)}.{draw.randint(0, 10**6)}",
    "number": lambda draw: str(draw.randint(0, 10 ** draw.randint(1, 9))),
    "negative": lambda draw: str(draw.randint(-(10**6), 10**6)),
    "decimal": lambda draw: f"{draw.uniform(-1, 1) * 10 ** draw.randint(0, 6):.{draw.randint(1, 6)}g}",
    "duration": _duration,
    "size": _size,
    "path": _path,
    "path of Windows": _windows,
    "url": _url,
    "container": lambda draw: _from(draw, "0123456789abcdef", 12),
    "pod": lambda draw: f"web-{_from(draw, 'bcdf2456789', 10)}-{_from(draw, 'bcdfghjklmnpqrstvwxz2456789', 5)}",
    "thread": lambda draw: f"[http-nio-{draw.choice((8080, 8443))}-exec-{draw.randint(1, 200)}]",
    "address": lambda draw: f"com.example.Job@{draw.getrandbits(31):x}",
    "frame": lambda draw: f"0x{draw.getrandbits(48):016x}+0x{draw.getrandbits(10):x}",
    "version": lambda draw: f"v{draw.randint(0, 9)}.{draw.randint(0, 30)}.{draw.randint(0, 30)}",
    "percent": lambda draw: f"{draw.uniform(0, 100):.{draw.randint(0, 2)}f}%",
    "trace": lambda draw: f"00-{_from(draw, '0123456789abcdef', 32)}-{_from(draw, '0123456789abcdef', 16)}-01",
    "amazon": lambda draw: f"i-{_from(draw, '0123456789abcdef', 17)}",
    "request": lambda draw: f"req_{_from(draw, LETTERS + string.digits, 14)}",
    "week": lambda draw: f"2031-W{draw.randint(1, 52):02}-{draw.randint(1, 7)}",
    "quoted": lambda draw: f'"{_words(draw)}"',
    "quoted with quotes": lambda draw: f'"{_words(draw)} \\"{_words(draw)}\\" {_words(draw)}"',
    "jwt": lambda draw: ".".join(["eyJhbGciOi" + _from(draw, LETTERS + string.digits, 20),
                                   *(_from(draw, LETTERS + string.digits + "-_", 40) for _ in range(2))]),
}  # fmt: skip

#: Moments as programs write them, each with a random part of a second.
TIMES: dict[str, Callable[[datetime, random.Random], str]] = {
    "RFC 3164": lambda when, draw: f"{when:%b} {when.day:2} {when:%H:%M:%S}",
    "RFC 5424": lambda when, draw: f"<{draw.randint(0, 191)}>1 {when.isoformat()}.{draw.randint(0, 999999):06}Z",
    "ISO": lambda when, draw: f"{when.isoformat()}.{draw.randint(0, 999):03}+02:00",
    "ISO of Java": lambda when, draw: f"{when:%Y-%m-%d %H:%M:%S},{draw.randint(0, 999):03}",
    "Apache": lambda when, draw: f"[{when:%d/%b/%Y:%H:%M:%S} +0200]",
    "Apache error": lambda when, draw: f"[{when:%a %b %d %H:%M:%S}.{draw.randint(0, 999999):06} {when:%Y}]",
    "nginx error": lambda when, draw: f"{when:%Y/%m/%d %H:%M:%S}",
    "syslog with year": lambda when, draw: f"{when:%b} {when.day:2} {when:%Y %H:%M:%S}",
    "klog": lambda when, draw: f"I{when:%m%d %H:%M:%S}.{draw.randint(0, 999999):06}   {draw.randint(1, 99999)}",
    "epoch": lambda when, draw: f"{when.replace(tzinfo=timezone.utc).timestamp():.{draw.randint(0, 6)}f}",
    "C": lambda when, draw: f"{when:%a %b} {when.day:2} {when:%H:%M:%S %Y}",
    "mail": lambda when, draw: f"{when:%a, %d %b %Y %H:%M:%S} {draw.choice(['+0200', '-0530', 'GMT', 'CEST'])}",
    "American": lambda when, draw: f"{when.month}/{when.day}/{when:%Y %I:%M:%S %p}",
    "German": lambda when, draw: f"{when:%d.%m.%Y %H:%M:%S}",
    "kernel": lambda when, draw: f"[{draw.randint(0, 10 ** draw.randint(1, 6)):5}.{draw.randint(0, 999999):06}]",
    "compact": lambda when, draw: f"{when:%Y%m%d-%H:%M:%S}:{draw.randint(0, 999):03}",
    "Postgres": lambda when, draw: f"{when:%Y-%m-%d %H:%M:%S}.{draw.randint(0, 999):03} UTC [{draw.randint(1, 99999)}]",
}  # fmt: skip

#: Where an id may stand.
PLACES = (
    "job {} finished in time", "worker: got {}, retrying", "peer={} state=up", "open ({}) by alice",
    'event id:"{}" stored', "lease [{}] renewed", "forward to {}: accepted", "copy {} -> done", "{} was evicted",
    "the last of all is {}", "shard/{}/primary ready", "cache_{}_warm loaded", "for user bob/{};",
)  # fmt: skip


def days(draw: random.Random, first: datetime, number: int, lines: int) -> Iterator[datetime]:
    """Moments in the order of time, so many a day, some in quick succession."""
    for day in range(number):
        seconds = sorted(draw.randrange(86_400) for _ in range(lines))
        yield from (first.replace(hour=0) + timedelta(days=day, seconds=second) for second in seconds)


#: What is told of a job; {} is an id of the log's kinds, and what stands in brackets is drawn of a few words.
SENTENCES = (
    "request {} finished with status ok for [alice|bob|carol]",
    "session opened by [alice|bob|carol] from {} over [ssh|https]",
    "cannot reach {} on try 2, giving up on the lease",
    "stored object {} in bucket [photos|invoices|backups] after {}",
    "cache entry {} expired and was removed",
    "queue [mail|billing] drained by worker {} without errors",
)
LEVELS = ("INFO", "INFO", "INFO", "DEBUG", "WARN")


def sentence(draw: random.Random, kinds: list[str], pattern: str) -> str:
    """Fill a sentence: words of its choices, ids of some kinds, one after the other."""
    parts = []
    for number, part in enumerate(pattern.replace("]", "[").split("[")):
        parts.append(draw.choice(part.split("|")) if number % 2 else part)
    return "".join(parts).format(*(IDS[kind](draw) for kind in kinds))


def log_lines(seed: int, kinds: list[str], time: str, first: datetime, number: int, lines: int) -> Iterator[str]:
    """Lines of some days; kinds: of the ids, which go round with the sentences."""
    draw = random.Random(seed)
    for when in days(draw, first, number, lines):
        which = draw.randrange(len(SENTENCES))
        own = [kinds[which % len(kinds)], kinds[(which + 1) % len(kinds)]]
        yield f"{TIMES[time](when, draw)} node1 app[{draw.randint(1, 99999)}]: {draw.choice(LEVELS)} " + sentence(
            draw, own, SENTENCES[which]
        )


def json_line(line: str) -> str:
    """The line as a program that logs JSON writes it."""
    return json.dumps({"level": "info", "msg": line, "caller": "main.go:17"})


def planted(draw: random.Random, line: str) -> dict[str, str]:
    """The line with something that no normal line has: each by its kind."""
    head, _, body = line.partition("]: ")
    level, *words = body.split(" ")
    swapped = words.copy()
    swapped[0], swapped[-1] = swapped[-1], swapped[0]
    return {
        "unseen word": f"{head}]: {level} {' '.join([*words[:-1], 'segfault', words[-1]])}",
        "unseen level": f"{head}]: {'FATAL'} {' '.join(words)}",
        "unseen verb": f"{head}]: {level} {words[0]} exploded {' '.join(words[2:])}",
        "wrong order": f"{head}]: {level} {' '.join(swapped)}",
        "missing part": f"{head}]: {level} {' '.join(words[: len(words) // 2])}",
    }
