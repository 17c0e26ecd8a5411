"""Route requests: a command's texts and options in, its JSON objects out."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

import seqtext
from seqtext.errors import InputError, ModelError, SeqtextError
from seqtext.server.batching import AnswerFunction, Batcher, Job
from seqtext.server.bodies import read_body
from seqtext.server.faults import Fault, fault_of, too_long
from seqtext.server.guard import ServerState, stopping
from seqtext.server.limits import Limits, Slots, check_costs, cost_of
from seqtext.server.parsing import options_of, public_names, read_json, refuse_unknown, texts_of
from seqtext.server.served import Models, ServedModel, load_model, no_model
from seqtext.server.streaming import EventStream, StreamScheduler, TextStreams, client_left, event
from seqtext.tasks import TASKS

if TYPE_CHECKING:
    from seqtext.models.answers import Answering

T = TypeVar("T")


class CommandRequest(NamedTuple):
    """Hold a parsed request: command, record, options and texts.

    several: whether the texts came as a list; served: the model that answers
    """

    command: str
    record: "Answering"
    options: Any
    texts: list[str]
    several: bool
    served: ServedModel | None


class Dispatcher:
    """Dispatch requests to the threads of their models, within limits."""

    def __init__(self, models: Models, limits: Limits, state: ServerState) -> None:
        self.models, self.limits, self.state = models, limits, state
        self.slots = Slots(limits.max_requests, "requests were being answered")
        self.stream_slots = Slots(limits.max_streams, "texts were being streamed")
        self._batchers: dict[str, Batcher] = {}
        self._schedulers: dict[str, StreamScheduler] = {}

    async def answer(self, request: Request, command: str) -> Response | EventStream:
        """Answer a request to `/v1/COMMAND`.

        Raises a Fault for one that is not accepted or takes too long, and ClientDisconnect where the client leaves.
        """
        from seqtext.models.answers import answering  # with it comes NumPy, which a server that begins has no time for

        given = read_json(await read_body(request, self.limits), answering(command).given, command)
        asked = self.read(command, given)
        if given.get("stream") is True:
            return self.stream(asked)
        with self.slots.taken():
            body = await self.wait(request, self._answers(asked))
        name = "none" if asked.served is None else asked.served.name
        if asked.record.counts and asked.served is None:
            name = "counting"
        return Response(body, headers={"Content-Type": "application/json", "Seqtext-Model": name})

    def read(self, command: str, given: dict[str, Any]) -> CommandRequest:
        """Parse and check a body; raises a Fault."""
        from seqtext.models.answers import answering  # it imports NumPy, which would slow the start of a server

        record = answering(command)
        streams = ["stream"] if record.streams else []
        refuse_unknown(given, [record.given, *public_names(record.options), "model", *streams], record.given)
        if not isinstance(given.get("stream", False), bool):
            raise Fault(400, f"stream received {given['stream']!r:.80}; true or false is expected.", '"stream": true',
                        param="stream")  # fmt: skip
        options = options_of(record.options, {name: value for name, value in given.items() if name != record.given})
        texts, several = texts_of(given, record.given, self.limits, command)
        served = self._served(record, options, given)
        if served is not None and "model" not in given and served.is_bundled:
            options = record.bundled(options)
        return CommandRequest(command, record, options, texts, several, served)

    def _served(self, record: "Answering", options: Any, given: dict[str, Any]) -> ServedModel | None:
        """The model that is asked: the one named, or the one that the options choose; None where none is needed."""
        try:
            task, usual = record.chosen(record, options)
        except ModelError:  # no bundled translator for these languages
            task, usual = record.task, ""
        if not task:
            return None
        if "model" in given:
            served = self.models.find(given["model"], task)
            _check_languages(served, options)
            return served
        source, target = getattr(options, "source", None), getattr(options, "target", None)
        if source is not None or target is not None:
            return self.models.translator(task, source, target)
        usually = self.models.default(task) or self.models.by_name.get(usual)
        if usually is None and not record.counts:
            raise no_model(task)
        return usually

    async def _answers(self, asked: CommandRequest) -> bytes:
        """Have the body of the response made in the thread of the model."""
        from seqtext.normalization import is_blank  # which needs NumPy

        name = asked.served.name if asked.served else asked.command
        if name not in self._batchers:
            self._batchers[name] = Batcher(name, _answerer(asked.served))
        if asked.record.counts and asked.served is None:
            from seqtext.server.counting import check_lines

            check_lines(asked.texts, asked.several)
            texts: Sequence[Any] = [asked.texts]
            costs = [sum(map(len, asked.texts))]
        else:
            texts, costs = asked.texts, [cost_of(asked.record.cost, text, asked.options) for text in asked.texts]
            check_costs(costs, asked.record.given, self.limits)
        if not texts:
            return b"[]"
        alone = not asked.several and is_blank(asked.texts[0])  # as a TEXT of the command line, it keeps no place
        job = Job((asked.command, asked.options, alone), texts, costs, lambda found: response_body(asked, found))
        return bytes(await self._batchers[name].ask(job))

    def stream(self, asked: CommandRequest) -> EventStream:
        """Stream a text as server-sent events. Raises a Fault for several texts, and for too many streams."""
        if asked.several:
            raise Fault(400, f"{len(asked.texts)} prompts were received; one is streamed at a time.",
                        '"prompt": "Once upon a time"', param="prompt")  # fmt: skip
        assert asked.served is not None
        (prompt,), options = asked.texts, asked.options
        served = asked.served

        def begin() -> Iterable[str]:
            pieces: Iterable[str] = load_model(served).stream(
                prompt, options.length, options.sampling, options.stop, options.seed, options.adapt, options.avoid
            )
            return pieces

        streams = self.start_streams(served, [begin])
        return EventStream(_events(prompt, streams, self.limits), streams.close, {"Seqtext-Model": served.name})

    def start_streams(self, served: ServedModel, begins: Sequence[Callable[[], Iterable[str]]]) -> TextStreams:
        """Start streams; the caller must call their `close` in the end.

        Raises a Fault where there are too many.
        """
        with ExitStack() as stack:
            stack.enter_context(self.stream_slots.taken(len(begins)))
            scheduler = self.scheduler(served)
            return TextStreams([scheduler.start(begin) for begin in begins], stack.pop_all().close)

    def scheduler(self, served: ServedModel) -> StreamScheduler:
        """Return the scheduler of a model's streams."""
        if served.name not in self._schedulers:
            self._schedulers[served.name] = StreamScheduler(served.name)
        return self._schedulers[served.name]

    async def wait(self, request: Request, answer: Awaitable[T]) -> T:
        """Wait for an answer while the client is connected.

        Raises a Fault when it takes too long or fails, and ClientDisconnect where the client leaves.
        """
        answering = asyncio.ensure_future(answer)
        leaving = asyncio.ensure_future(client_left(request.receive))
        try:
            await asyncio.wait(
                {answering, leaving}, timeout=self.limits.max_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if answering.done():
                return _result(answering)
            if leaving.done():
                raise ClientDisconnect
            raise too_long(self.limits.max_seconds)
        finally:
            leaving.cancel()
            answering.cancel()

    def health(self, request: Request) -> Response:
        """Report that requests are accepted. Raises a Fault while the server stops."""
        if self.state.draining:
            raise stopping()
        return json_response({"status": "ok", "version": seqtext.__version__})

    def list_models(self, request: Request) -> Response:
        """List the models, in OpenAI's format."""
        return json_response({"object": "list", "data": [model_record(one) for one in self.models.by_name.values()]})

    def one_model(self, request: Request) -> Response:
        """Describe a model, in OpenAI's format. Raises a Fault for an unknown one."""
        name = request.path_params["name"]
        if name not in self.models.by_name:
            raise Fault(404, f"No model is called {name!r:.80} here.", "GET /v1/models", param="model",
                        code="model_not_found")  # fmt: skip
        return json_response(model_record(self.models.by_name[name]))


def answering_commands() -> list[str]:
    """List the commands that answer texts, in the order of the tasks."""
    return [command for task in TASKS.values() if task.answers for command in task.commands]


def _answerer(served: ServedModel | None) -> AnswerFunction:
    """Make the function that answers batches, with a model or without one; for its Batcher."""
    from seqtext.models.answers import answering

    def answer(key: tuple[str, Any, bool], texts: list[Any]) -> Sequence[Any]:
        command, options, alone = key
        record = answering(command)
        if served is None and record.counts:
            from seqtext.server import counting  # with it come the detectors, which no other command needs

            return [counting.answers(lines, options.threshold) for lines in texts]
        return record.answers(None if served is None else load_model(served), texts, options, alone=alone)

    return answer


def model_record(served: ServedModel) -> dict[str, Any]:
    """Describe a model for JSON."""
    return {
        "id": served.name, "object": "model", "created": served.created, "owned_by": "seqtext", "task": served.task,
        "commands": list(served.commands), "default": served.default, "loaded": served.is_loaded,
        "languages": list(served.languages),
    }  # fmt: skip


def json_response(value: Any) -> Response:
    """Make a JSON response. Raises ValueError for NaN and infinity."""
    return Response(json.dumps(value, ensure_ascii=False, allow_nan=False).encode(), media_type="application/json")


def response_body(asked: CommandRequest, found: list[Any]) -> bytes:
    """Encode the answers to a request as JSON.

    Raises a Fault where one of its texts is at fault.
    """
    if asked.served is None and asked.record.counts:
        (found,) = found
    for number, answer in enumerate(found):
        if isinstance(answer, InputError):
            position = f"{asked.record.given}[{number}]: " if asked.several else ""
            fault = fault_of(answer, place=position, given=asked.record.given)
            fault.param = fault.param or asked.record.given
            raise fault
    return json.dumps(found if asked.several else found[0], ensure_ascii=False, allow_nan=False).encode()


def _result(answering: "asyncio.Future[T]") -> T:
    try:
        return answering.result()
    except SeqtextError as error:
        raise fault_of(error) from None


def _check_languages(served: ServedModel, options: Any) -> None:
    """Raise a Fault where a model that says its languages has others than those asked for."""
    asked = (getattr(options, "source", None), getattr(options, "target", None))
    if len(served.languages) == 2:
        for name, wanted, language in zip(("from", "to"), asked, served.languages, strict=True):
            if wanted is not None and wanted.lower() != language:
                pair = " to ".join(served.languages)
                raise Fault(400, f"{name} received {wanted!r:.80}; the model {served.name} translates {pair}.",
                            f'"{name}": "{language}"', param=name)  # fmt: skip


async def _events(prompt: str, streams: TextStreams, limits: Limits) -> AsyncIterator[bytes]:
    """The events of a streamed text: its pieces, the whole object, the end."""
    text = ""
    try:
        async for _, piece in streams.read(limits.max_seconds):
            if piece:
                text += piece
                yield event({"piece": piece})
    except Fault as fault:
        yield event(fault.error_object)
        return
    yield event({"prompt": prompt, "text": text})
    yield event("[DONE]")
