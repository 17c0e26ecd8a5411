"""The `openai` package asks the server as it asks its own: nothing is changed but the address."""

import warnings
from collections.abc import Iterator

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import openai


@pytest.fixture
def client(server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/v1", api_key="none", max_retries=0) as one:
        yield one


def test_models_are_listed_and_found(client) -> None:
    listed = [model.id for model in client.models.list()]
    assert "generate-en" in listed
    found = client.models.retrieve("generate-en")
    assert (found.id, found.object, found.owned_by) == ("generate-en", "model", "seqtext")


def test_a_completion_comes_whole(client) -> None:
    found = client.completions.create(
        model="generate-en", prompt=["Once upon", "The cat"], max_tokens=20, temperature=0.7, top_p=0.9, n=2, seed=1,
        user="someone", presence_penalty=0,
    )  # fmt: skip
    assert [choice.index for choice in found.choices] == [0, 1, 2, 3]
    assert {choice.finish_reason for choice in found.choices} == {"length"}
    assert all(len(choice.text) == 20 for choice in found.choices)
    assert found.usage is not None
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (16, 80)


def test_a_completion_streams(client) -> None:
    asked = {"model": "generate-en", "prompt": "Once upon", "max_tokens": 40, "seed": 2}
    whole = client.completions.create(**asked)
    chunks = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert len(chunks) > 3
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == whole.choices[0].text
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage == whole.usage


def test_a_stream_can_be_left(client) -> None:
    with client.completions.create(model="generate-en", prompt="Once", max_tokens=4000, stream=True) as chunks:
        assert next(iter(chunks)).choices[0].text
    assert client.completions.create(model="generate-en", prompt="Once", max_tokens=1).choices[0].text


@pytest.mark.parametrize(
    ("kind", "asked", "param"),
    [
        (openai.NotFoundError, {"model": "gpt-9"}, "model"),
        (openai.BadRequestError, {"model": "fill-en"}, "model"),
        (openai.BadRequestError, {"logprobs": 3}, "logprobs"),
        (openai.BadRequestError, {"prompt": [5, 7]}, "prompt"),
        (openai.BadRequestError, {"max_tokens": -5}, "max_tokens"),
    ],
)
def test_errors_are_of_its_own_classes(client, kind, asked, param) -> None:
    with pytest.raises(kind) as caught:
        client.completions.create(**{"model": "generate-en", "prompt": "a", **asked})
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


def test_what_is_not_there_is_its_own_class(client) -> None:
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nothing")
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="fill-en", input="a")


def test_a_fault_in_the_middle_of_a_stream_is_raised(client) -> None:
    chunks = client.completions.create(model="generate-en", prompt="a", stop=[""], stream=True)
    with pytest.raises(openai.APIError, match="empty text"):
        list(chunks)
