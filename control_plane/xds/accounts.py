"""The way from the sidecar to an account whose request it translated, on the internal listener."""

from __future__ import annotations

from typing import Any

from envoy_data_plane.envoy.config.accesslog import v3 as accesslog
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.filters.http.lua.v3 import LuaPerRoute
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm

from control_plane.gateway import Gateway, Outbound, PassthroughCredential
from control_plane.xds import plain
from control_plane.xds.any import pack
from control_plane.xds.filters import header_to_metadata
from control_plane.xds.model_routes import REWRITE
from schemas import names


def finish_route(built: route.Route, outbound: Outbound, gateway: Gateway) -> None:
    """The sidecar has written path and model already; only a caller's own key is left to set."""
    accounts = {c.translates: c for c in gateway.clusters if c.translates}
    account = accounts.get(outbound.cluster) if outbound.name == names.account_outbound(outbound.cluster) else None
    if account is not None and not isinstance(account.credential, PassthroughCredential):
        built.typed_per_filter_config = {REWRITE: pack(LuaPerRoute(disabled=True))}


def finish_listener(manager: hcm.HttpConnectionManager, gateway: Gateway) -> None:
    """What the internal listener needs where something is translated."""
    translated = [c for c in gateway.clusters if c.translates]
    if not translated:
        return
    manager.local_reply_config = hcm.LocalReplyConfig(mappers=[_marked()])
    if any(isinstance(c.credential, PassthroughCredential) for c in translated):
        manager.http_filters.insert(0, header_to_metadata.internal_key())


def _marked() -> hcm.ResponseMapper:
    """Tells an answer of Envoy itself from one of the provider."""
    at_least: dict[str, Any] = {"op": accesslog.ComparisonFilterOp.GE}
    status = core.RuntimeUInt32(default_value=400, runtime_key="plano.local_reply")
    compared = accesslog.ComparisonFilter(value=status, **at_least)
    failed = accesslog.AccessLogFilter(status_code_filter=accesslog.StatusCodeFilter(comparison=compared))
    return hcm.ResponseMapper(filter=failed, headers_to_add=[plain.set_header(names.LOCAL_HEADER, "1")])
