"""What happens to a body that its own length says is too large: nobody keeps it, and the client still gets an answer.

HTTP/1 clients read an answer only once they have sent everything, so refusing in the middle of a large upload reaches
them as a reset connection. Hence the upload is read to its end and thrown away on the way.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.filters.http.lua.v3 import LuaPerRoute
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.xds import lua_source, matching, plain, refusals
from control_plane.xds.any import Packed, pack
from control_plane.xds.filters import discard, request_reader

_LENGTH = "content-length"
_CODE = "request_too_large"


def unless_too_large(max_bytes: int, otherwise: xds.MatcherOnMatch) -> xds.MatcherOnMatch:
    """`otherwise`, but a refusal for requests whose content-length is above the limit."""
    above = matching.fits(matching.header(_LENGTH), larger(max_bytes))
    return matching.nested(matching.first([(above, matching.to_route(_refusal()))], otherwise))


def _refusal() -> route.Route:
    """No filter is off here, and the reader's stand-in never asks for another route: no model is reached from here."""
    refused = refusals.refusal(_CODE)
    refused.typed_per_filter_config = {
        discard.NAME: _program({}, "discard"),
        request_reader.NAME: _program({"KEY": matching.refused(_CODE)}, "too_large"),
    }
    return refused


def _program(constants: dict[str, lua_source.Constant], name: str) -> Packed:
    return pack(LuaPerRoute(source_code=plain.text(lua_source.program(constants, name))))


def larger(than: int) -> str:
    """A regular expression of the decimal numbers above `than`."""
    digits = str(than)
    rows = [f"[1-9][0-9]{{{len(digits)},}}"]
    for place, digit in enumerate(digits):
        if digit != "9":
            rest = len(digits) - place - 1
            rows.append(f"{digits[:place]}[{int(digit) + 1}-9][0-9]{{{rest}}}")
    return f"0*({'|'.join(rows)})"
