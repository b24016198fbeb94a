"""JSON text out of values.

In: what `json.loads` may have returned. Out: compact UTF-8. Half of a surrogate pair is escaped: JSON can say it, UTF-8
cannot.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def dumps(value: object) -> bytes:
    """Raises ValueError for NaN and infinities."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def loads_object(text: str) -> dict[str, Any]:
    """A JSON object a model wrote as a tool's arguments; {} for empty text. Raises ValueError for anything else."""
    if not text.strip():
        return {}
    try:
        found = loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def loads(text: str) -> Any:  # noqa: ANN401
    """Any value `dumps` can say again. Raises ValueError, for NaN and numbers too large for a float as well, and
    RecursionError."""
    return json.loads(text, parse_constant=_no_number, parse_float=_finite)


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    found = float(text)
    return found if math.isfinite(found) else _no_number(text)
