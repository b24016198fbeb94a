"""The way from the sidecar to an account whose request it translated, on the internal listener."""

from __future__ import annotations

from typing import Any

from envoy_data_plane.envoy.config.accesslog import v3 as accesslog
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.filters.http.lua.v3 import LuaPerRoute
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm

from control_plane.gateway import Cluster, Gateway, PassthroughCredential
from control_plane.xds import plain
from control_plane.xds.any import pack
from control_plane.xds.filters import header_to_metadata
from control_plane.xds.model_routes import REWRITE
from schemas import names


def routes(gateway: Gateway) -> dict[str, route.Route]:
    """A route for each account that is asked in translation, by the name the sidecar knows it by.

    The attempt has its limits where it leaves the listener; nothing is limited or tried twice in here.
    """
    return {names.account_outbound(c.translates): _route(c, c.translates) for c in gateway.translations if c.translates}


def _route(cluster: Cluster, account: str) -> route.Route:
    """The sidecar has written path and model already; only a caller's own key is left to set."""
    built = route.Route(
        name=names.account_outbound(account),
        match=route.RouteMatch(prefix="/"),
        route=route.RouteAction(
            cluster=account, timeout=plain.seconds(0), idle_timeout=plain.seconds(0), auto_host_rewrite=True
        ),
        request_headers_to_remove=[names.OUTBOUND_HEADER],
    )
    if not isinstance(cluster.credential, PassthroughCredential):
        built.typed_per_filter_config = {REWRITE: pack(LuaPerRoute(disabled=True))}
    return built


def finish_listener(manager: hcm.HttpConnectionManager, gateway: Gateway) -> None:
    """What the internal listener needs where something is translated."""
    if not gateway.translations:
        return
    manager.local_reply_config = hcm.LocalReplyConfig(mappers=[_marked()])
    if any(isinstance(c.credential, PassthroughCredential) for c in gateway.translations):
        manager.http_filters.insert(0, header_to_metadata.internal_key())


def _marked() -> hcm.ResponseMapper:
    """Tells an answer of Envoy itself from one of the provider."""
    at_least: dict[str, Any] = {"op": accesslog.ComparisonFilterOp.GE}
    status = core.RuntimeUInt32(default_value=400, runtime_key="plano.local_reply")
    compared = accesslog.ComparisonFilter(value=status, **at_least)
    failed = accesslog.AccessLogFilter(status_code_filter=accesslog.StatusCodeFilter(comparison=compared))
    return hcm.ResponseMapper(filter=failed, headers_to_add=[plain.set_header(names.LOCAL_HEADER, "1")])
