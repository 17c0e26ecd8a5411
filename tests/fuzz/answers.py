"""What must hold of every answer of every model, whatever it was asked: probabilities, offsets, the same twice."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from seqtext.config import SUMMARY_SEARCH, SamplingConfig, SearchConfig
from seqtext.data.sentences import count_words
from seqtext.errors import SeqtextError
from seqtext.models.lexrank import extract
from seqtext.models.token_pieces import pieces

Options = dict[str, Any]


class Broken(AssertionError):
    """An answer that cannot be right."""


def hold(true: bool, fault: str, *shown: object) -> None:
    """Raise Broken unless something is true."""
    if not true:
        raise Broken(f"{fault}: {', '.join(f'{one!r:.200}' for one in shown)}")


def check_error(error: SeqtextError) -> None:
    """Hold an error to one line of message and one of hint, neither empty."""
    for name in ("message", "hint"):
        text = getattr(error, name)
        hold(isinstance(text, str) and text.strip() != "", f"the {name} of an error is empty", error)
        hold("\n" not in text and "\r" not in text, f"the {name} of an error has several lines, {text[:10]!r}", text)
        hold(len(text) < 2_000, f"the {name} of an error is very long, {text[:10]!r}", len(text), text)


def check_text(text: str) -> None:
    """Hold a text to whole characters."""
    hold(isinstance(text, str), "no text", text)
    hold(not any("\ud800" <= c <= "\udfff" for c in text), "half a surrogate pair in an answer", text)


def check_shares(shares: Sequence[float], most: float = 1.0) -> None:
    """Hold probabilities to 0..1, best first, and their sum to 1."""
    hold(all(isinstance(one, float) and math.isfinite(one) for one in shares), "a probability is not finite", shares)
    hold(all(0.0 <= one <= 1.0 for one in shares), "a probability is not within 0 and 1", shares)
    hold(list(shares) == sorted(shares, reverse=True), "probabilities are not sorted", shares)
    hold(sum(shares) <= most + 1e-3, "probabilities sum to more than 1", sum(shares))


def check_stretches(text: str, stretches: Sequence[tuple[int, int]]) -> None:
    """Hold stretches of a text to its length and order."""
    before = 0
    for start, end in stretches:
        hold(0 <= start <= end <= len(text), "a stretch is not inside the text", start, end, len(text))
        hold(start >= before or start == end, "stretches overlap", stretches[:20])
        before = max(before, start)


def fill(model: Any, text: str, options: Options) -> Any:
    found = model.fill(text, options.get("top", 3), options.get("words", 1))
    check_shares([one.probability for one in found])
    hold(len(found) <= options.get("top", 3), "more answers than asked for", len(found))
    for one in found:
        check_text(one.text)
        hold(all(word for word in one.blanks), "a blank filled with nothing", one.blanks)
    return found


def choose(model: Any, text: str, options: Options) -> Any:
    given = options.get("options", ["goose", "mill"])
    found = model.choose(text, given)
    check_shares([one.probability for one in found])
    hold(abs(sum(one.probability for one in found) - 1.0) < 1e-3, "options do not sum to 1", found)
    chosen = [one.option for one in found]
    hold(len(chosen) == len(set(chosen)) and set(chosen) <= set(given), "other options than were given", found)
    # An option may be missing only where one that is read alike is there, at most with a capital at its start.
    read = {_option_ids(model, one) for one in chosen}
    hold(all(one in chosen or _option_ids(model, one) in read for one in given), "an option is missing", found)
    weights = model.evidence(text, given[0])
    hold(all(math.isfinite(value) for value in weights.values()), "evidence is not finite", weights)
    return found, weights


def _option_ids(model: Any, option: str) -> tuple[int, ...]:
    text = model.tokenizer.normal(option).strip()
    space = " " if model.tokenizer.tokens == "bpe" else ""
    return tuple(model.tokenizer.encode(space + text[:1].upper() + text[1:], spacing=False).ids.tolist())


def generate(model: Any, text: str, options: Options) -> Any:
    sampling = SamplingConfig(**options.get("sampling", {}))
    length = options.get("length", 12)
    found = model.generate(text, length, sampling, options.get("stop", ()), options.get("seed", 1),
                           options.get("adapt", False))  # fmt: skip
    check_text(found)
    hold(len(found) <= length, "longer than asked for", found)
    return found


def next_words(model: Any, text: str, options: Options) -> Any:
    found = model.next(text, options.get("top", 3), options.get("complete", False))
    check_shares([one.probability for one in found])
    for one in found:
        check_text(one.text)
    return found


def score(model: Any, text: str, options: Options) -> Any:
    found = model.score(text, options.get("adapt", False))
    bits = [one.bits for one in found.tokens]
    hold(all(math.isfinite(one) and one >= 0.0 for one in bits), "bits of a token are not finite", bits[:9])
    hold(
        abs(sum(bits) - found.bits) <= 1e-6 * (1 + found.bits),
        "the bits of tokens are not those of the text",
        found.bits,
    )
    hold(math.isfinite(found.perplexity) and found.text == text, "another text, or no perplexity", found.perplexity)
    check_cover(text, [(one.start, one.end) for one in found.tokens])
    hold(all(one.text == text[one.start : one.end] for one in found.tokens), "a token's text is not its stretch")
    return found


def check_cover(text: str, stretches: Sequence[tuple[int, int]]) -> None:
    """Hold tokens to the whole text but for white space."""
    check_stretches(text, stretches)
    end = 0
    for start, stop in stretches:
        hold(not text[end:start].strip(), "characters that are in no token", text[end:start])
        end = max(end, stop)
    hold(not text[end:].strip(), "characters after the last token", text[end:])


def detect(model: Any, text: str, options: Options) -> Any:
    found = model.detect(text, options.get("threshold"))
    hold(math.isfinite(found.score), "a score is not finite", found.score)
    check_stretches(text, [(one.start, one.end) for one in found.spans])
    hold(all(math.isfinite(one.bits) for one in found.spans), "bits of a span are not finite", found.spans)
    many = list(model.detect([text, "", text], options.get("threshold")))
    hold(len(many) == 3 and many[0].score == many[2].score, "the same line has two scores", many)
    return found


def translate(model: Any, text: str, options: Options) -> Any:
    found = model.translate([text], SearchConfig(**options.get("search", {"beam": 2, "max_length": 8})))
    for one in found[0]:
        check_text(one.text)
        hold(math.isfinite(one.score) and one.score <= 1e-3, "a log-probability is none", one.score)
    return found


def align(model: Any, text: str, options: Options) -> Any:
    found = model.align(text, options.get("target", "Zwei Gänse."))
    hold(found.weights.shape == (len(found.target), len(found.source)), "an alignment of another shape")
    sums = found.weights.sum(1)
    near = ((sums > 0.99) & (sums < 1.01)) | (sums == 0)  # 0: the end of the source alone was looked at
    hold(bool(near.all()), "rows of an alignment do not sum to 1", sums.tolist())
    return found.source, found.target, found.weights.tolist()


def summarize(model: Any, text: str, options: Options) -> Any:
    search = SearchConfig(**{**SUMMARY_SEARCH, **options.get("search", {"beam": 2, "max_length": 8})})
    found = model.summarize([text], search, options.get("most"))
    for one in found[0]:
        check_text(one.text)
        good = math.isnan(one.score) if one.extracted else math.isfinite(one.score) and one.score <= 1e-3
        hold(good, "a log-probability is none", one.score)
        words = count_words(model.source_tokenizer.normal(text, "read"))
        hold(one.read + one.cut == words and one.read >= 0, "words read and left out", one.read, one.cut)
        hold(count_words(one.text) <= (options.get("most") or 10**9), "more words than asked for", one.text)
    return found


def classify(model: Any, text: str, options: Options) -> Any:
    top = options.get("top", 3)
    found = model.classify([text, text], top)
    shares = [one.probability for one in found[0]]
    check_shares(shares, len(shares) if model.several else 1.0)
    hold(found[0] == found[1], "the same text twice has two answers", found)
    if not model.several and shares and top >= len(model.labels):
        hold(abs(sum(shares) - 1.0) < 1e-3, "labels do not sum to 1", shares)
    return found


def explain(model: Any, text: str, options: Options) -> Any:
    found = model.explain(text, options.get("label"))
    check_stretches(text, [(one.start, one.end) for one in found])
    hold(all(math.isfinite(one.weight) for one in found), "the weight of a word is not finite", found[:9])
    hold(all(one.text == text[one.start : one.end] for one in found), "a word is not its stretch", found[:9])
    return found


def tokens(model: Any, text: str, options: Options) -> Any:
    found = pieces(model, text, options.get("side", "source"))
    tokenizer = model.tokenizer
    if model.reads_pairs and options.get("side", "source") == "source":
        tokenizer = model.source_tokenizer
    hold(all(0 <= one.id < tokenizer.size for one in found), "an id beyond the vocabulary", tokenizer.size)
    check_cover(text, [(one.start, one.end) for one in found])
    ids = tokenizer.encode(text).ids
    hold(tokenizer.decode(ids) == text, "decoding does not give the text back", tokenizer.decode(ids), text)
    return found


def sentences(model: Any, text: str, options: Options) -> Any:
    found = extract(text, options.get("top", 2), options.get("most"))
    place = 0
    for one in found:
        words = " ".join(text.split())
        hold(one.split() != [] and " ".join(one.split()) in words, "a sentence that is not in the text", one)
        place += count_words(one)
    most = options.get("most")
    hold(most is None or place <= max(0, most), "more words than asked for", found)
    return found


Method = Callable[[Any, str, Options], Any]
#: What a model of each task can be asked.
METHODS: dict[str, dict[str, Method]] = {
    "fill": {"fill": fill, "choose": choose},
    "generate": {"generate": generate, "next": next_words, "score": score},
    "anomaly": {"detect": detect},
    "translate": {"translate": translate, "align": align},
    "summarize": {"summarize": summarize, "align": align, "sentences": sentences},
    "classify": {"classify": classify, "explain": explain},
}
for own in METHODS.values():
    own["tokens"] = tokens


def ask(model: Any, method: str, text: str, options: Options) -> Any:
    """The answer of a model, checked; the SeqtextError as text where there is none."""
    try:
        methods = METHODS[model.task]  # a folder of another task may have taken the place of all that there was
        return methods.get(method, next(iter(methods.values())))(model, text, options)
    except SeqtextError as error:
        check_error(error)
        return f"{type(error).__name__}: {error}"


def ask_twice(model: Any, method: str, text: str, options: Options) -> Any:
    """The same, asked twice."""
    first, second = ask(model, method, text, options), ask(model, method, text, options)
    hold(repr(first) == repr(second), "two answers to one question", first, second)
    return first
