"""What a failure means: for the client, and for the attempts that are left.

In: what went wrong. Out: a `ProviderError` to be told in the client's dialect, and whether another provider might do
better. Never: a quote of the request or the answer.
"""

from __future__ import annotations

from ext_proc.chat.errors import Fault, Garbled, Malformed, ProviderError, Unable
from ext_proc.ports import UpstreamError, UpstreamLate

FAIL_OVER = frozenset(
    {
        Fault.AUTH,
        Fault.NOT_FOUND,
        Fault.RATE_LIMIT,
        Fault.QUOTA,
        Fault.CONTEXT_LENGTH,
        Fault.TOO_LARGE,
        Fault.OVERLOADED,
        Fault.OUTAGE,
        Fault.TIMEOUT,
        Fault.CUT,
        Fault.GARBLED,
    }
)
"""Faults that another provider may not share. What the client did wrong, and what a filter objects to, stays so."""


def of(error: Malformed | Unable | Garbled | UpstreamError | TimeoutError) -> ProviderError:
    """Our own words for what no provider said."""
    match error:
        case Malformed():
            return ProviderError(
                fault=Fault.CALLER, status=400, message=str(error), code="invalid_request", param=error.at
            )
        case Unable():
            return ProviderError(
                fault=Fault.CALLER, status=422, message=_unable(error), code="untranslatable", param=error.at
            )
        case Garbled():
            return ProviderError(
                fault=Fault.GARBLED,
                status=502,
                message="The provider's answer is not what its API promises.",
                code="provider_confused",
            )
        case UpstreamLate() | TimeoutError():
            return ProviderError(
                fault=Fault.TIMEOUT, status=504, message="The provider did not answer in time.", code="upstream_timeout"
            )
    return CUT


def _unable(error: Unable) -> str:
    return f"{error.message} (at {error.at})" if error.at else error.message


CUT = ProviderError(
    fault=Fault.CUT,
    status=502,
    message="The provider's answer ended before it was complete.",
    code="upstream_reset",
)
UNREACHABLE = ProviderError(
    fault=Fault.OUTAGE, status=503, message="The provider cannot be reached.", code="upstream_unreachable"
)
STALLED = ProviderError(
    fault=Fault.TIMEOUT,
    status=504,
    message="The provider fell silent in the middle of its answer.",
    code="upstream_timeout",
)
