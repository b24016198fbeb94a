"""GET /v1/models and /v1/models/{id}: answers that the OpenAI and the Anthropic SDK both read, made when compiling."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from control_plane.gateway import ListedModel

_NO_DATE = "1970-01-01T00:00:00Z"


def body(listed: Sequence[ListedModel]) -> str:
    rows = [row(model) for model in listed]
    page: dict[str, Any] = {
        "object": "list",
        "data": rows,
        "has_more": False,
        "first_id": rows[0]["id"] if rows else None,
        "last_id": rows[-1]["id"] if rows else None,
    }
    return json.dumps(page, separators=(",", ":"), ensure_ascii=False)


def row(model: ListedModel) -> dict[str, Any]:
    """One model, as both SDKs read it."""
    return {
        "id": model.id,
        "object": "model",
        "created": 0,
        "owned_by": model.owned_by,
        "type": "model",
        "display_name": model.id,
        "created_at": _NO_DATE,
    }
