"""Serve OpenAI's `/v1/completions` from the language models of seqtext.

A parameter that would change the answer and is not supported is refused by name: no client silently gets something
other than it asked for.
"""

import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from seqtext.config import SamplingConfig
from seqtext.fields import check, flag, is_whole, setting
from seqtext.server.bodies import read_body
from seqtext.server.faults import Fault
from seqtext.server.parsing import options_of, read_json, refuse_unknown, texts_of
from seqtext.server.routes import Dispatcher, json_response
from seqtext.server.served import ServedModel, load_model, no_model
from seqtext.server.streaming import EventStream, TextStreams, event

if TYPE_CHECKING:
    from seqtext.models.writing import Continuation

_SEEDS = 2**31
_MOST_STOPS = 4
_LEAST_SHARE = 0.0001  # for a top_p of 0, which leaves the likeliest token alone

#: Parameters that are not supported, and the values of each that change nothing.
UNSUPPORTED: Mapping[str, tuple[Any, ...]] = {
    "suffix": (None, ""),
    "logprobs": (None,),
    "logit_bias": (None, {}),
    "presence_penalty": (None, 0),
    "frequency_penalty": (None, 0),
}
#: What changes no answer, whatever text it is.
IGNORED = ("user",)


@dataclass(frozen=True)
class CompletionOptions:
    """Hold the options of a completion, by OpenAI's names."""

    max_tokens: int = setting(
        16, "how many of the model's own tokens to write, at most; those of generate-en are characters",
        low=0, high=4096,
    )  # fmt: skip
    temperature: float = setting(
        1.0, "higher is more surprising; 0 always takes the likeliest token", low=0.0, high=2.0
    )
    top_p: float = setting(
        1.0, "draw only from the likeliest tokens that together reach this probability", low=0.0, high=1.0
    )
    n: int = setting(1, "how many texts to write for each prompt", low=1, high=32)
    stop: tuple[str, ...] = setting((), "end before any of these texts, four at most")
    seed: int | None = setting(None, "makes every random choice repeatable")
    echo: bool = flag(False, "give the prompt before its text")
    stream: bool = flag(False, "send the texts as they are written, as server-sent events")

    def __post_init__(self) -> None:
        check(self)

    @property
    def sampling(self) -> SamplingConfig:
        """Return the settings by which tokens are sampled."""
        share = None if self.top_p == 1 else max(_LEAST_SHARE, self.top_p)
        return SamplingConfig(self.temperature, None, share)

    def seed_of(self, number: int) -> int | None:
        """Compute the random seed of one text of a completion.

        number: of the text among those of its prompt, from 0; returns None where the request names no seed
        """
        return None if self.seed is None else (self.seed + number) % _SEEDS


class CompletionRequest(NamedTuple):
    """Hold a request's model, prompts and options.

    with_usage: whether a stream ends with the token counts
    """

    served: ServedModel
    prompts: list[str]
    options: CompletionOptions
    with_usage: bool

    @property
    def choices(self) -> list[tuple[str, int]]:
        """List the prompt and number of each text, in OpenAI's order."""
        return [(prompt, number) for prompt in self.prompts for number in range(self.options.n)]


class Completions:
    """Answer requests to `/v1/completions`."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def answer(self, request: Request) -> Response | EventStream:
        """Answer a request for completions.

        Raises a Fault for an invalid one, for too many texts or streams, and for one that takes too long.
        """
        given = read_json(await read_body(request, self._dispatcher.limits), "prompt", "completions")
        wanted = self.read(given)
        most = self._dispatcher.limits.max_streams
        if len(wanted.choices) > most:
            raise Fault(400, f"{len(wanted.choices)} texts were asked for; at most {most} are written at once.",
                        '"n": 1', param="n")  # fmt: skip
        texts: list[Continuation | None] = [None] * len(wanted.choices)
        streams = self._dispatcher.start_streams(
            wanted.served, [_begin(wanted, place, texts) for place in range(len(texts))]
        )
        told = CompletionObjects(wanted, texts)
        headers = {"Seqtext-Model": wanted.served.name}
        if wanted.options.stream:
            return EventStream(self._events(told, streams), streams.close, headers)
        try:
            found = await self._dispatcher.wait(request, self._whole(told, streams))
        finally:
            streams.close()
        response = json_response(found)
        response.headers.update(headers)
        return response

    def read(self, given: dict[str, Any]) -> CompletionRequest:
        """Parse and check a body; raises a Fault."""
        names = ["model", "prompt", *CompletionOptions.__dataclass_fields__, "stream_options", "best_of"]
        refuse_unknown(given, [*names, *UNSUPPORTED, *IGNORED])
        _refuse_unsupported(given)
        _refuse_what_is_no_text(given)
        given = {name: value for name, value in given.items() if value is not None}
        prompts = _prompts(given, self._dispatcher)
        if isinstance(given.get("stop"), str):
            given["stop"] = [given["stop"]]
        if isinstance(given.get("stop"), list) and len(given["stop"]) > _MOST_STOPS:
            raise Fault(400, f"stop received {len(given['stop'])} texts; at most {_MOST_STOPS} are accepted.",
                        '"stop": ["\\n"]', param="stop")  # fmt: skip
        options = options_of(CompletionOptions, given)
        if not is_whole(given.get("best_of", options.n), options.n, options.n):
            raise _unsupported("best_of", given["best_of"], f"{options.n}, which is n,")
        return CompletionRequest(self._served(given), prompts, options, _with_usage(given, options))

    def _served(self, given: Mapping[str, Any]) -> ServedModel:
        served = self._dispatcher.models.find(given["model"], "generate") if "model" in given else None
        served = served or self._dispatcher.models.default("generate")
        if served is None:
            raise no_model("generate")
        return served

    async def _whole(self, told: "CompletionObjects", streams: TextStreams) -> dict[str, Any]:
        written = [""] * len(told.texts)
        async for index, piece in streams.read(self._dispatcher.limits.max_seconds):
            written[index] += piece
        choices = [told.choice(index, told.start(index) + text, ended=True) for index, text in enumerate(written)]
        return told.object(choices, usage=told.usage())

    async def _events(self, told: "CompletionObjects", streams: TextStreams) -> AsyncIterator[bytes]:
        more = {"usage": None} if told.wanted.with_usage else {}
        try:
            for index in range(len(told.texts)):
                if told.start(index):
                    yield event(told.object([told.choice(index, told.start(index))], **more))
            async for index, piece in streams.read(self._dispatcher.limits.max_seconds):
                yield event(told.object([told.choice(index, piece, ended=not piece)], **more))
        except Fault as fault:
            yield event(fault.error_object)
            return
        if told.wanted.with_usage:
            yield event(told.object([], usage=told.usage()))
        yield event("[DONE]")


class CompletionObjects:
    """Build OpenAI's objects from texts, whole or in pieces."""

    def __init__(self, wanted: CompletionRequest, texts: "list[Continuation | None]") -> None:
        self.wanted, self.texts = wanted, texts
        self._name, self._created = f"cmpl-{uuid.uuid4().hex}", int(time.time())

    def start(self, place: int) -> str:
        """Return the prompt where it is echoed before its text."""
        return self.wanted.choices[place][0] if self.wanted.options.echo else ""

    def choice(self, place: int, text: str, *, ended: bool = False) -> dict[str, Any]:
        """Make the choice of a text or of a part of it.

        ended: whether it is the last part
        """
        written = self.texts[place]
        reason = written.ended if ended and written is not None else None
        return {"text": text, "index": place, "logprobs": None, "finish_reason": reason}

    def object(self, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """Wrap choices in the object that OpenAI's clients read."""
        return {
            "id": self._name, "object": "text_completion", "created": self._created,
            "model": self.wanted.served.name, "choices": choices, **more,
        }  # fmt: skip

    def usage(self) -> dict[str, int]:
        """Count the tokens of prompts, each once, and of completions."""
        each = [text for text in self.texts if text is not None]
        read = sum(text.prompt_tokens for text in each[:: self.wanted.options.n])
        written = sum(text.tokens for text in each)
        return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _begin(wanted: CompletionRequest, index: int, texts: "list[Continuation | None]") -> Callable[[], Iterable[str]]:
    """Make the function that begins a text and puts it into its place; for the thread that writes."""
    (prompt, number), options = wanted.choices[index], wanted.options

    def begin() -> Iterable[str]:
        continuation: Continuation = load_model(wanted.served).continuation(
            prompt, options.max_tokens, options.sampling, options.stop, options.seed_of(number)
        )
        texts[index] = continuation
        return continuation

    return begin


def _refuse_unsupported(given: Mapping[str, Any]) -> None:
    for name, neutral in UNSUPPORTED.items():
        value = given.get(name)
        if isinstance(value, bool) or value not in neutral:
            raise _unsupported(name, value, "nothing" if neutral == (None,) else repr(neutral[-1]))


def _refuse_what_is_no_text(given: Mapping[str, Any]) -> None:
    for name in IGNORED:
        if not isinstance(given.get(name), str | None):
            raise Fault(400, f"{name} received {given[name]!r:.80}; a text is accepted.", f"leave {name} out",
                        param=name)  # fmt: skip


def _unsupported(name: str, value: Any, accepted: str) -> Fault:
    return Fault(400, f"{name} received {value!r:.80}; it is not supported, and {accepted} is accepted.",
                 f"leave {name} out", param=name, code="unsupported_parameter")  # fmt: skip


def _prompts(given: Mapping[str, Any], dispatcher: Dispatcher) -> list[str]:
    """Read the prompts of a request; where there is none, a text begins from nothing."""
    value = given.get("prompt", "")
    if isinstance(value, list) and value and all(isinstance(item, int | list) for item in value):
        raise Fault(400, "prompt received ids of tokens; a text or a list of texts is accepted.",
                    '"prompt": "Once upon a time"', param="prompt", code="unsupported_parameter")  # fmt: skip
    prompts, _ = texts_of({"prompt": value}, "prompt", dispatcher.limits, "completions")
    if not prompts:
        raise Fault(400, "prompt received no text; one or more are expected.", '"prompt": "Once upon a time"',
                    param="prompt")  # fmt: skip
    return prompts


def _with_usage(given: Mapping[str, Any], options: CompletionOptions) -> bool:
    told = given.get("stream_options", {})
    good = (
        isinstance(told, dict) and set(told) <= {"include_usage"} and isinstance(told.get("include_usage", False), bool)
    )
    if not good or ("stream_options" in given and not options.stream):
        raise Fault(400, f"stream_options received {told!r:.80}; include_usage is accepted, with stream.",
                    '"stream": true, "stream_options": {"include_usage": true}', param="stream_options")  # fmt: skip
    return bool(told.get("include_usage", False))
