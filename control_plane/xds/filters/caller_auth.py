"""lua: who calls. Knows the keys from Envoy's environment; answers 401 itself; the key goes no further."""

from __future__ import annotations

from collections.abc import Mapping

from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.gateway import Auth
from control_plane.xds import lua_source
from control_plane.xds.filters.lua import lua

_KEY_HEADERS = ("authorization", "x-api-key", "x-goog-api-key")


def known_caller(auth: Auth, variables: Mapping[str, str]) -> HttpFilter:
    """`variables`: the environment variable of each secret."""
    constants: dict[str, lua_source.Constant] = {
        "VARIABLES": {variables[key.secret]: key.caller for key in auth.keys},
        "HEADERS": (auth.header,) if auth.header else _KEY_HEADERS,
        "CLAIMS": {jwt.name: (jwt.caller_claim, jwt.issuer) for jwt in auth.jwt},
    }
    return lua("plano.caller_auth", lua_source.program(constants, "caller_auth"))
