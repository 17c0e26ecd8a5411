"""The routes: a command's own JSON, for a text or a list; one clear error each; models loaded once, when asked."""

import asyncio
import json
import threading
import time
from typing import Any

import pytest

from seqtext.cli.main import main
from seqtext.errors import ModelError
from seqtext.server.app import make_app
from seqtext.server.guard import ServerState
from seqtext.server.limits import Limits
from seqtext.server.routes import answering_commands
from seqtext.tasks import TASKS

ASKED: dict[str, dict[str, Any]] = {
    "fill": {"text": "A cup of ___.", "top": 2},
    "generate": {"prompt": "Once upon", "length": 20, "seed": 3},
    "next": {"text": "The children went to the", "top": 2},
    "score": {"text": "A cat sat."},
    "anomaly": {"text": ["a line", "a line", "another one"]},
    "translate": {"source": "Thank you.", "to": "de", "alignment": True},
    "summarize": {"source": "The harbour is closed. Ships wait outside. A storm is near.", "lead": 1},
    "classify": {"text": "Où est la gare ?", "top": 1},
    "cloze": {"text": "There was not a cloud in the sky. She went for a walk with her dog.", "hardness": "easy"},
}


def test_what_is_asked_here_is_every_command() -> None:
    assert set(answering_commands()) == set(ASKED)


def test_every_command_that_answers_texts_is_a_route(client) -> None:
    assert answering_commands() == [command for task in TASKS.values() if task.answers for command in task.commands]
    for command in answering_commands():
        assert client.get(f"/v1/{command}").status == 405


@pytest.mark.parametrize("command", [command for command in ASKED if command != "anomaly"])  # which does not count
def test_an_answer_is_what_the_command_prints(client, command, capsys) -> None:
    body = ASKED[command]
    given = next(iter(body))
    typed = [f"--{name}" if value is True else f"--{name}={value}" for name, value in body.items() if name != given]
    assert main([command, body[given], "--json", *typed]) == 0
    answer = client.post(f"/v1/{command}", body)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", [command for command in ASKED if command != "anomaly"])
def test_a_list_gives_a_list(client, command) -> None:
    body = ASKED[command]
    given = next(iter(body))
    several = client.post(f"/v1/{command}", {**body, given: [body[given]] * 2}).json
    one = client.post(f"/v1/{command}", body).json
    assert [answer[given] for answer in several] == [one[given]] * 2
    assert set(several[0]) == set(one)
    assert client.post(f"/v1/{command}", {**body, given: []}).json == []


@pytest.mark.parametrize(
    ("command", "body", "model"),
    [
        ("fill", {"text": "A ___."}, "fill-en"),
        ("fill", {"text": "A ___.", "model": "fill-en"}, "fill-en"),
        ("translate", {"source": "A."}, "translate-en-fr"),
        ("translate", {"source": "A.", "to": "DE"}, "translate-en-de"),
        ("translate", {"source": "A.", "model": "translate-en-de"}, "translate-en-de"),
        ("classify", {"text": "A."}, "language-id"),
        ("classify", {"text": "A.", "labels": "good,bad"}, "fill-en"),
        ("summarize", {"source": "A.", "extract": True}, "none"),
        ("anomaly", {"text": ["a", "b"]}, "counting"),
    ],
)
def test_the_model_that_answered_is_told(client, command, body, model) -> None:
    answer = client.post(f"/v1/{command}", body)
    assert (answer.status, answer.headers["seqtext-model"]) == (200, model)


def test_a_glossary_is_an_object(client) -> None:
    body = {"source": "The invoice is here.", "to": "de", "glossary": {"invoice": "Faktura"}}
    (found,) = client.post("/v1/translate", body).json["translations"]
    assert "Faktura" in found["text"]
    assert found["flags"] == []


class _AllUnusual:
    @staticmethod
    def unusual(texts):
        return [True] * len(texts)


def test_where_no_model_is_named_unusual_documents_answer_themselves(client, bundled_models, monkeypatch) -> None:
    text = "The harbour is closed. Ships wait outside the harbour. A storm is near the harbour and the ships."
    monkeypatch.setattr(bundled_models.default("summarize").model(), "doubt", _AllUnusual)
    body = {"source": text, "sentences": 1}
    alone, (several, blank) = (client.post("/v1/summarize", {**body, "source": one}).json for one in (text, [text, ""]))
    assert alone == several
    assert (alone["extracted"], alone["unusual"], alone["summaries"][0]["score"]) == (True, True, None)
    assert alone["summaries"][0]["text"] in text
    assert (blank["extracted"], blank["unusual"], blank["summaries"]) == (False, False, [])
    named = client.post("/v1/summarize", {**body, "model": "summarize-en"}).json
    assert (named["extracted"], named["unusual"]) == (False, True)


def test_counting_answers_for_anomaly_without_a_model(client) -> None:
    found = client.post("/v1/anomaly", {"text": ["a b", "a c", "a c"]}).json
    assert [one["by"] for one in found] == ["counting"] * 3
    assert client.post("/v1/anomaly", {"text": "a b"}).error["param"] == "text"
    assert client.post("/v1/anomaly", {"text": ["a", "b"], "threshold": "x"}).error["param"] == "threshold"


def test_a_blank_text_is_asked_alone_and_keeps_its_place_among_others(client) -> None:
    assert len(client.post("/v1/next", {"text": "", "top": 2}).json["next"]) == 2
    assert client.post("/v1/next", {"text": ["", " "]}).json == [{"text": "", "next": []}, {"text": " ", "next": []}]
    assert client.post("/v1/fill", {"text": [""]}).json == [{"text": "", "fills": []}]
    (blank, short) = client.post("/v1/cloze", {"text": ["", "Hi."]}).json
    assert (blank["items"], blank["note"]) == ([], "No gap was made: the text is blank.")
    assert short["note"].startswith("No gap was made: no word is determined clearly")


@pytest.mark.parametrize(
    ("command", "body", "status", "words", "param"),
    [
        ("fill", {"text": "No gap"}, 400, "'No gap' has no blank", "text"),
        ("fill", {"text": ["A ___.", "No gap"]}, 400, r"text[1]: 'No gap' has no blank", "text"),
        ("fill", {"text": ""}, 400, "'' has no blank", "text"),
        ("cloze", {"text": ""}, 400, "'' was received; a text with sentences is expected", "text"),
        ("fill", {"text": "A ___.", "tpo": 1}, 400, "accepted are text, top", "tpo"),
        ("fill", {"text": "A ___.", "top": 0}, 400, "top received 0", "top"),
        ("fill", {"text": "A ___.", "stream": True}, 400, "'stream' was received", "stream"),
        ("fill", {"text": "A ___.", "model": "nix"}, 404, "'nix' here; served for fill are fill-en.", "model"),
        ("fill", {"text": "A ___.", "model": "../x"}, 404, "No model is called", "model"),
        ("fill", {"text": "A ___.", "model": ["fill-en"]}, 404, 'received ["fill-en"]; the name of', "model"),
        ("fill", {"text": "A ___.", "model": "generate-en"}, 400, "one for fill is needed", "model"),
        ("translate", {"source": "A.", "to": "xx"}, 400, "No model translates from 'en' to 'xx'", "to"),
        ("translate", {"source": "A.", "to": ""}, 400, "No model translates from 'en' to ''", "to"),
        ("translate", {"source": "A.", "from": ""}, 400, "No model translates from '' to 'fr'", "from"),
        ("translate", {"source": "A.", "to": "", "model": "translate-en-fr"}, 400, "to received ''", "to"),
        ("translate", {"source": "A.", "to": "fr", "model": "translate-en-de"}, 400, "translates en to de", "to"),
        ("translate", {"source": "A.", "glossary": "a"}, 400, "received 'a'; a mapping from terms", "glossary"),
        ("translate", {"source": "A.", "glossary": {"a": 1}}, 400, "is 1; a text of 1 to 200", "glossary"),
        ("translate", {"source": "A.", "glossary": {"a": ""}}, 400, "is ''; a text of 1 to 200", "glossary"),
        ("translate", {"source": "A.", "glossary": {"a": "b", " a": "c"}}, 400, "is twice", "glossary"),
        ("generate", {"prompt": ["a", "b"], "stream": True}, 400, "2 prompts", "prompt"),
        ("generate", {"prompt": "a", "stream": "yes"}, 400, "true or false", "stream"),
        ("classify", {"text": "A.", "labels": "good"}, 400, "label", "labels"),
        ("summarize", {"source": "A.", "max_words": 20_000}, 400, "from 1 to 10000", "max_words"),
        ("generate", {"prompt": "A.", "length": 0}, 400, "from 1 to 10000", "length"),
        ("generate", {"prompt": "A.", "seed": 2**31}, 400, "from 0 to 2147483647", "seed"),
    ],
)  # fmt: skip
def test_what_is_not_accepted_is_told(client, command, body, status, words, param) -> None:
    answer = client.post(f"/v1/{command}", body)
    assert answer.status == status
    assert words in answer.error["message"]
    assert param is None or answer.error["param"] == param
    assert "model." not in answer.error["hint"]
    assert "--" not in answer.error["hint"]


def test_a_text_that_streams_is_the_whole_text(client) -> None:
    body = {"prompt": "Once upon", "length": 40, "seed": 3}
    whole = client.post("/v1/generate", body).json
    answer = client.post("/v1/generate", {**body, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["seqtext-model"] == "generate-en"
    *pieces, told, end = answer.events
    assert (told, end) == (whole, "[DONE]")
    assert len(pieces) > 1
    assert "".join(one["piece"] for one in pieces) == whole["text"]


class Slow:
    """A blank filler that takes its time, and counts how often it was loaded."""

    loads = 0

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.batches = seconds, []

    def fill(self, texts: Any, *_: Any) -> list[Any]:
        some = list(texts)
        self.batches.append(len(some))
        time.sleep(self.seconds)
        return [[] for _ in some]


def test_a_model_is_loaded_once_and_requests_that_wait_are_one_batch(client_of) -> None:
    models = []

    def load() -> Slow:
        time.sleep(0.5)  # in which all have asked
        models.append(Slow())
        return models[-1]

    client = client_of(slow=("fill", load))

    async def ask() -> list[Any]:
        body = [json.dumps({"text": f"{k} ___"}).encode() for k in range(10)]
        return await asyncio.gather(
            *(client.send("POST", "/v1/fill", one, {"content-type": "application/json"}) for one in body)
        )

    assert client.get("/v1/models").json["data"][0]["loaded"] is False
    found = asyncio.run(ask())
    assert [one.json["text"] for one in found] == [f"{k} ___" for k in range(10)]
    assert len(models) == 1
    assert len(models[0].batches) < 4
    assert client.get("/v1/models").json["data"][0]["loaded"] is True


def test_a_model_that_cannot_be_loaded_is_told_without_its_folder(client_of) -> None:
    def load() -> Slow:
        raise ModelError("/secret/folder is damaged", "fetch it again")

    answer = client_of(slow=("fill", load)).post("/v1/fill", {"text": "___"})
    assert (answer.status, answer.error["code"]) == (503, "model_unavailable")
    assert "Retry-After".lower() in answer.headers
    assert b"secret" not in answer.body


def test_an_internal_fault_tells_nothing(client_of, capsys, monkeypatch) -> None:
    monkeypatch.delenv("SEQTEXT_DEBUG", raising=False)

    def load() -> Slow:
        raise RuntimeError("/secret/folder")

    answer = client_of(slow=("fill", load)).post("/v1/fill", {"text": "___"})
    assert (answer.status, answer.error["message"]) == (500, "internal fault")
    assert b"secret" not in answer.body
    assert capsys.readouterr().err == "internal fault: RuntimeError: /secret/folder\n"


def test_an_answer_that_takes_too_long_is_given_up(client_of) -> None:
    answered, patience = threading.Event(), []

    class Held(Slow):
        def fill(self, texts: Any, *_: Any) -> list[Any]:
            patience.append(answered.wait(60))
            return super().fill(texts)

    client = client_of(Limits(max_seconds=0.2), slow=("fill", Held))
    answer = client.post("/v1/fill", {"text": "___"})
    assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (503, "timeout", "5")
    assert patience == []  # it was answered while the model was still at work
    answered.set()


def test_more_requests_than_may_be_are_told_to_come_back(client_of) -> None:
    client = client_of(Limits(max_requests=2), slow=("fill", lambda: Slow(0.3)))

    async def ask() -> list[Any]:
        sent = {"method": "POST", "path": "/v1/fill", "body": b'{"text": "___"}'}
        return await asyncio.gather(
            *(client.send(**sent, headers={"content-type": "application/json"}) for _ in range(5))
        )

    found = asyncio.run(ask())
    assert sorted(one.status for one in found) == [200, 200, 429, 429, 429]
    refused = next(one for one in found if one.status == 429)
    assert (refused.headers["retry-after"], refused.error["code"]) == ("1", "too_many_requests")


def test_a_client_who_is_gone_gives_its_slot_back(client_of) -> None:
    client = client_of(Limits(max_requests=1), slow=("fill", lambda: Slow(0.2)))
    sent = {"body": b'{"text": "___"}', "headers": {"content-type": "application/json"}}
    gone = asyncio.run(client.send("POST", "/v1/fill", **sent, leaves=True))
    assert gone.status == 0
    assert client.post("/v1/fill", {"text": "___"}).status == 200


class Endless:
    """A language model that never ends, and knows when it is asked no more."""

    def __init__(self) -> None:
        self.pieces = 0

    def stream(self, *_: Any) -> Any:
        while True:
            self.pieces += 1
            time.sleep(0.001)
            yield "a"


def test_a_stream_stops_soon_after_its_client_is_gone(client_of) -> None:
    model = Endless()
    client = client_of(endless=("generate", lambda: model))
    sent = {"body": b'{"prompt": "x", "stream": true}', "headers": {"content-type": "application/json"}}
    asyncio.run(client.send("POST", "/v1/generate", **sent, leaves=True))
    for _ in range(100):
        before = model.pieces
        time.sleep(0.1)
        if model.pieces == before:
            break
    assert model.pieces == before


def test_streams_grow_side_by_side_up_to_a_limit(client_of) -> None:
    limits = Limits(max_streams=2, max_seconds=1.0)
    client = client_of(limits, endless=("generate", Endless))

    async def ask() -> list[Any]:
        sent = {"body": b'{"prompt": "x", "stream": true}', "headers": {"content-type": "application/json"}}
        return await asyncio.gather(*(client.send("POST", "/v1/generate", **sent) for _ in range(3)))

    found = asyncio.run(ask())
    assert sorted(one.status for one in found) == [200, 200, 429]
    for one in found:
        if one.status == 200:
            *pieces, last = one.events
            assert len(pieces) > 3
            assert last["error"]["code"] == "timeout"


def test_a_fault_in_the_middle_of_a_stream_is_its_last_event(client) -> None:
    answer = client.post("/v1/generate", {"prompt": "x", "stop": [""], "stream": True})
    (event,) = answer.events
    assert "stop received an empty text" in event["error"]["message"]


def test_models_are_listed_as_openai_does(client) -> None:
    listed = client.get("/v1/models").json
    assert listed["object"] == "list"
    by_name = {one["id"]: one for one in listed["data"]}
    assert by_name["translate-en-de"]["languages"] == ["en", "de"]
    assert by_name["fill-en"]["task"] == "fill"
    assert [name for name, one in by_name.items() if one["default"]] == [
        "fill-en", "generate-en", "language-id", "summarize-en", "translate-en-fr",
    ]  # fmt: skip
    assert client.get("/v1/models/fill-en").json["commands"] == list(TASKS["fill"].commands)
    assert client.get("/v1/models/user/name").error["code"] == "model_not_found"


def test_health_says_when_the_server_is_about_to_stop(bundled_models) -> None:
    from servers import Client

    state = ServerState()
    client = Client(make_app(bundled_models, state=state))
    assert client.get("/health").json["status"] == "ok"
    state.draining = True
    for answer in (client.get("/health"), client.get("/"), client.post("/v1/fill", {"text": "___"})):
        assert (answer.status, answer.error["code"], answer.headers["connection"]) == (503, "draining", "close")
        assert int(answer.headers["retry-after"]) > 0


def test_no_thread_is_left_waiting_for_a_loop_that_is_closed(client_of) -> None:
    client = client_of(Limits(max_seconds=0.1), slow=("fill", lambda: Slow(0.3)))
    client.post("/v1/fill", {"text": "___"})
    time.sleep(0.4)
    assert any(thread.name == "seqtext slow" for thread in threading.enumerate())
    assert client.post("/v1/fill", {"text": "___"}).status == 503


def test_a_task_without_a_model_is_told(client_of) -> None:
    found = client_of().post("/v1/fill", {"text": "A ___."})
    assert found.status == 404
    assert found.json["error"]["code"] == "model_not_found"
    assert found.json["error"]["hint"] == "seqtext serve --model fill=FOLDER"
