"""How a request is known elsewhere: its id, and the trace it belongs to."""

from __future__ import annotations

import re

from ext_proc.call import Call
from schemas import names

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def request_id(call: Call) -> str:
    return call.headers.get("x-request-id", "")


def trace_id(call: Call) -> str:
    """32 hex digits; "" where the request belongs to no trace."""
    found = _TRACEPARENT.match(call.headers.get(names.TRACE_HEADER, ""))
    return found[1] if found else ""
