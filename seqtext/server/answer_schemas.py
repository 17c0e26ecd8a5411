"""Define JSON Schemas of the answers, by command, for the OpenAPI description."""

from collections.abc import Mapping
from typing import Any

from seqtext.models.flags import KINDS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_SCORE: Schema = {"type": ["number", "null"], "description": "larger is better; null for quoted sentences"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_YES_OR_NO: Schema = {"type": "boolean"}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1.000001}  # sums of rounded numbers


def record(needed: Mapping[str, Schema], more: Mapping[str, Schema] | None = None) -> Schema:
    """Describe an object by its required and optional fields.

    needed: fields that are always there; more: fields that may be
    """
    return {"type": "object", "required": list(needed), "properties": {**needed, **(more or {})}}


def several(item: Schema) -> Schema:
    """Return the JSON Schema of a list of such items."""
    return {"type": "array", "items": item}


_SPAN = record({"start": _COUNT, "end": _COUNT, "bits": _NUMBER})
_WRITTEN = record({"text": _TEXT, "score": _SCORE}, {"shortened": _YES_OR_NO})
_FLAG = record({"kind": {"enum": list(KINDS)}, "text": _TEXT})
_TRANSLATION = record({"text": _TEXT, "score": _SCORE, "flags": several(_FLAG)})
_ALIGNMENT = record({"source": several(_TEXT), "target": several(_TEXT), "pairs": several(several(_COUNT))})
_UNUSUAL: Mapping[str, Schema] = {
    "unusual": {"type": "boolean", "description": "whether the text is unlike all that the model has learnt from"}
}
_READ: Mapping[str, Schema] = {"read": _COUNT, "cut": _COUNT}

#: By command; of one without an entry, the description says only that its answer is an object.
ANSWER_SCHEMAS: Mapping[str, Schema] = {
    "fill": record(
        {"text": _TEXT},
        {
            "fills": several(record({"text": _TEXT, "blanks": several(_TEXT), "probability": _SHARE})),
            "options": several(record({"option": _TEXT, "probability": _SHARE})),
        },
    ),
    "generate": record({"prompt": _TEXT, "text": _TEXT}),
    "next": record({"text": _TEXT, "next": several(record({"text": _TEXT, "probability": _SHARE}))}),
    "score": record(
        {
            "text": _TEXT,
            "bits": _NUMBER,
            "bits_per_character": _NUMBER,
            "tokens": several(record({"text": _TEXT, "start": _COUNT, "end": _COUNT, "bits": _NUMBER})),
        }
    ),
    "anomaly": record(
        {"text": _TEXT, "score": _NUMBER, "anomalous": _YES_OR_NO, "spans": several(_SPAN)},
        {"by": {"const": "counting"}, **_READ},
    ),
    "translate": record(
        {"source": _TEXT, "translations": several(_TRANSLATION), **_UNUSUAL, "flags": several(_FLAG)},
        {"alignment": _ALIGNMENT},
    ),
    "summarize": record(
        {"source": _TEXT, "summaries": several(_WRITTEN), "extracted": _YES_OR_NO, **_UNUSUAL, **_READ}
    ),
    "classify": record(
        {
            "text": _TEXT,
            "labels": several(record({"label": _TEXT, "probability": _SHARE}, {"code": _TEXT, "chosen": _YES_OR_NO})),
        },
        {
            "unusual": {"type": ["boolean", "null"]},
            "words": several(record({"text": _TEXT, "start": _COUNT, "end": _COUNT, "weight": _NUMBER})),
            **_READ,
        },
    ),
    "cloze": record(
        {
            "text": _TEXT,
            "exercise": _TEXT,
            "items": several(
                record(
                    {
                        "answer": _TEXT,
                        "options": several(_TEXT),
                        "accepted": several(_TEXT),
                        "start": _COUNT,
                        "end": _COUNT,
                        "probability": _SHARE,
                        "difficulty": {"enum": ["easy", "medium", "hard"]},
                    }
                )
            ),
            "unknown": _SHARE,
        },
        {"note": {"type": "string", "description": "why no gap was made"}},
    ),
}

ERROR = record(
    {
        "error": record(
            {
                "message": {"type": "string", "description": "what was received, and what is accepted"},
                "hint": {"type": "string", "description": "something to send instead"},
                "type": {"enum": ["invalid_request_error", "server_error"]},
                "param": {"type": ["string", "null"], "description": "the field at fault"},
                "code": {"type": ["string", "null"]},
            }
        )
    }
)

COMPLETION = record(
    {
        "id": _TEXT,
        "object": {"const": "text_completion"},
        "created": _COUNT,
        "model": _TEXT,
        "choices": several(
            record(
                {
                    "text": _TEXT,
                    "index": _COUNT,
                    "logprobs": {"type": "null"},
                    "finish_reason": {"enum": ["stop", "length"]},
                }
            )
        ),
        "usage": record({"prompt_tokens": _COUNT, "completion_tokens": _COUNT, "total_tokens": _COUNT}),
    }
)

MODEL = record(
    {
        "id": _TEXT,
        "object": {"const": "model"},
        "created": _COUNT,
        "owned_by": {"const": "seqtext"},
        "task": _TEXT,
        "commands": several(_TEXT),
        "default": _YES_OR_NO,
        "loaded": _YES_OR_NO,
        "languages": several(_TEXT),
    }
)
