"""`/v1/completions`: OpenAI's fields and objects; what cannot be done is refused by name."""

import pytest

import seqtext
from seqtext.config import SamplingConfig
from seqtext.server.completions import IGNORED, UNSUPPORTED
from seqtext.server.limits import Limits

PATH = "/v1/completions"


@pytest.fixture(scope="module")
def model():
    return seqtext.load("generate-en")


def completed(client, **body):
    answer = client.post(PATH, {"model": "generate-en", "prompt": "Once upon", **body})
    assert answer.status == 200, answer.body
    return answer.json


def test_tokens_are_the_models_own(client, model) -> None:
    told = completed(client, max_tokens=25, seed=3)
    (choice,) = told["choices"]
    assert choice == {"text": choice["text"], "index": 0, "logprobs": None, "finish_reason": "length"}
    expected = "".join(model.continuation("Once upon", 25, SamplingConfig(1.0), seed=3))
    assert choice["text"] == expected
    assert len(expected) == 25  # its tokens are characters
    assert told["usage"] == {"prompt_tokens": 9, "completion_tokens": 25, "total_tokens": 34}
    assert (told["object"], told["model"]) == ("text_completion", "generate-en")
    assert told["id"].startswith("cmpl-")


def test_sixteen_tokens_are_usual(client) -> None:
    assert completed(client)["usage"]["completion_tokens"] == 16


def test_a_stop_text_ends_a_text(client, model) -> None:
    for stop in (".", [".", "!"]):
        (choice,) = completed(client, max_tokens=400, stop=stop, seed=1, temperature=0)["choices"]
        assert choice["finish_reason"] == "stop"
        assert "." not in choice["text"]
    assert completed(client, max_tokens=5, stop=".", seed=1)["choices"][0]["finish_reason"] == "length"


def test_several_texts_of_several_prompts(client) -> None:
    told = completed(client, prompt=["Once upon", "The cat"], n=2, max_tokens=10, seed=5)
    assert [choice["index"] for choice in told["choices"]] == [0, 1, 2, 3]
    alone = [completed(client, prompt=prompt, max_tokens=10, seed=seed)["choices"][0]["text"]
             for prompt in ("Once upon", "The cat") for seed in (5, 6)]  # fmt: skip
    assert [choice["text"] for choice in told["choices"]] == alone
    assert told["usage"] == {"prompt_tokens": 16, "completion_tokens": 40, "total_tokens": 56}


def test_any_whole_number_is_a_seed(client) -> None:
    for seed in (-1, 2**31, 2**62):
        first, second = (completed(client, seed=seed)["choices"] for _ in range(2))
        assert first == second


def test_the_prompt_comes_before_its_text_where_it_is_wanted(client) -> None:
    told = completed(client, echo=True, max_tokens=0)
    assert told["choices"][0]["text"] == "Once upon"
    assert told["choices"][0]["finish_reason"] == "length"
    assert told["usage"]["completion_tokens"] == 0


def test_nothing_is_a_prompt_and_null_the_default(client) -> None:
    body = {name: None for name in ("prompt", "max_tokens", "temperature", "top_p", "n", "stop", "seed", "stream",
                                    "echo", "best_of", *UNSUPPORTED, *IGNORED)}  # fmt: skip
    assert client.post(PATH, {"model": None, **body}).json["usage"]["prompt_tokens"] == 0
    assert client.post(PATH, {}).status == 200


def test_a_share_of_nothing_takes_the_likeliest(client) -> None:
    likeliest = completed(client, temperature=0)["choices"]
    assert completed(client, top_p=0)["choices"] == likeliest


@pytest.mark.parametrize("n", [1, 2])
def test_a_stream_gives_the_same_texts(client, n) -> None:
    body = {"model": "generate-en", "prompt": "Once upon", "seed": 3, "n": n, "max_tokens": 30, "echo": True}
    whole = completed(client, **body)
    answer = client.post(PATH, {**body, "stream": True, "stream_options": {"include_usage": True}})
    *chunks, usage, end = answer.events
    assert end == "[DONE]"
    assert (usage["choices"], usage["usage"]) == ([], whole["usage"])
    texts, reasons = [""] * n, [None] * n
    for chunk in chunks:
        (choice,) = chunk["choices"]
        assert (chunk["object"], chunk["id"], chunk["usage"]) == ("text_completion", usage["id"], None)
        assert reasons[choice["index"]] is None
        texts[choice["index"]] += choice["text"]
        reasons[choice["index"]] = choice["finish_reason"]
    assert [(choice["text"], choice["finish_reason"]) for choice in whole["choices"]] == list(
        zip(texts, reasons, strict=True)
    )


def test_usage_is_told_only_where_it_is_wanted(client) -> None:
    *chunks, _ = client.post(PATH, {"stream": True}).events
    assert all(chunk["choices"] and "usage" not in chunk for chunk in chunks)


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        ({"suffix": "end"}, "suffix", "not supported"),
        ({"logprobs": 0}, "logprobs", "not supported"),
        ({"logprobs": True}, "logprobs", "not supported"),
        ({"logit_bias": {"5": 1}}, "logit_bias", "not supported"),
        ({"presence_penalty": 0.5}, "presence_penalty", "not supported"),
        ({"frequency_penalty": -1}, "frequency_penalty", "not supported"),
        ({"frequency_penalty": False}, "frequency_penalty", "not supported"),
        ({"best_of": 3}, "best_of", "1, which is n, is accepted"),
        ({"prompt": [1, 2]}, "prompt", "ids of tokens"),
        ({"prompt": [[1, 2]]}, "prompt", "ids of tokens"),
        ({"prompt": []}, "prompt", "no text"),
        ({"prompt": 5}, "prompt", "a text is expected"),
        ({"max_tokens": -1}, "max_tokens", "from 0 to 4096"),
        ({"max_tokens": 1.5}, "max_tokens", "whole number"),
        ({"temperature": 2.5}, "temperature", "from 0.0 to 2.0"),
        ({"top_p": 1.1}, "top_p", "from 0.0 to 1.0"),
        ({"n": 0}, "n", "from 1 to 32"),
        ({"n": 32, "prompt": ["a", "b"]}, "n", "64 texts were asked for"),
        ({"stop": ["a"] * 5}, "stop", "at most 4"),
        ({"stop": 5}, "stop", "a list of texts"),
        ({"user": [None]}, "user", "a text is accepted"),
        ({"stop": [""]}, "stop", "empty"),
        ({"seed": "a"}, "seed", "a number is expected"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "with stream"),
        ({"stream": True, "stream_options": {"x": 1}}, "stream_options", "include_usage"),
        ({"max_token": 5}, "max_token", "accepted are"),
        ({"messages": []}, "messages", "accepted are"),
        ({"model": "fill-en"}, "model", "one for generate is needed"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_by_name(client, body, param, words) -> None:
    answer = client.post(PATH, {"model": "generate-en", "prompt": "a", **body})
    assert (answer.status, answer.error["param"]) == (400, param)
    assert words in answer.error["message"]


def test_an_unknown_model_is_not_found(client) -> None:
    answer = client.post(PATH, {"model": "gpt-9", "prompt": "a"})
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_what_is_ignored_is_ignored(client) -> None:
    assert (
        completed(client, user="someone", best_of=1, frequency_penalty=0.0, seed=1)["choices"]
        == completed(client, seed=1)["choices"]
    )


def test_without_a_language_model_there_is_none(client_of) -> None:
    client = client_of(Limits(), some=("fill", lambda: None))
    assert client.post(PATH, {"prompt": "a"}).status == 404
