"""What a translated attempt tells whom: headers for the provider, headers for the client, a line for the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from ext_proc.chat.errors import ProviderError
from ext_proc.translate import failing
from schemas import names

_LOG = logging.getLogger("ext_proc.translate")
_PASSED_ON = ("x-request-id", "traceparent", "tracestate", "baggage", "user-agent")
_PASSED_BACK = ("retry-after", "retry-after-ms")


def to_provider(asked: Mapping[str, str], more: Mapping[str, str], key: str) -> dict[str, str]:
    """`more`: what the dialect wants; `key`: the caller's own, "" = none."""
    passed = {name: asked[name] for name in _PASSED_ON if name in asked}
    headers = {**passed, "content-type": "application/json", **more}
    if key:
        headers[names.KEY_HEADER] = key
    return headers


def of_refusal(answered: Mapping[str, str]) -> dict[str, str]:
    """What of a provider's refusal the client is told as it is."""
    return {name: answered[name] for name in _PASSED_BACK if name in answered}


def fail_over(error: ProviderError, *, always: bool) -> dict[str, str]:
    """For Envoy: whether the next attempt may do better. `always`: whatever kind of fault it is."""
    tells = always or error.fault in failing.FAIL_OVER
    return {names.FAIL_OVER_HEADER: error.fault.value} if tells else {}


def dropped(addresses: Sequence[str]) -> dict[str, str]:
    """Addresses may hold names of members a client made up: what no header can hold is replaced."""
    if not addresses:
        return {}
    text = ",".join(addresses)[:1000]
    return {names.DROPPED_HEADER: "".join(each if " " <= each <= "~" else "?" for each in text)}


def note(fields: Mapping[str, object], addresses: Sequence[str]) -> None:
    """One line: what was translated, how it went. Nothing that is unknown is told."""
    told = {**fields, "dropped": [each[:100] for each in addresses[:20]] or None}
    _LOG.info("translated", extra={"fields": {name: value for name, value in told.items() if value is not None}})
