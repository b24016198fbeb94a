"""lua, per attempt: the provider's path, the provider's model name, the caller's own key; only what a cluster needs."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.gateway import OFFERED, Cluster, KeyCredential, PassthroughCredential
from control_plane.xds import lua_source
from control_plane.xds.filters.lua import lua
from control_plane.xds.model_routes import REWRITE, TRANSLATE
from control_plane.xds.multipart import serves_forms
from schemas import names


def attempt(cluster: Cluster, *, rewrites: bool, maps_paths: bool) -> HttpFilter | None:
    """None when the request may leave as it came."""
    passes_key = isinstance(cluster.credential, PassthroughCredential)
    if not (rewrites or maps_paths or passes_key):
        return None
    constants: dict[str, lua_source.Constant] = {"CLUSTER": cluster.name} if rewrites or maps_paths else {}
    parts, steps = [], []
    if isinstance(cluster.credential, PassthroughCredential):
        constants |= {"KEY_HEADER": cluster.credential.header, "KEY_PREFIX": cluster.credential.prefix}
        parts.append("upstream_caller_key")
        steps.append("pass_caller_key(handle)")
    if rewrites or maps_paths:
        parts.append("upstream_model")
        steps.append("local model = target_model(handle)")
    if maps_paths:
        offered = ((endpoint, path) for endpoint, path in cluster.paths if endpoint in OFFERED)
        constants["PATHS"] = {endpoint.value: (path.path, path.query) for endpoint, path in offered}
        parts += ["client_path", "upstream_path"]
        steps.append("set_path(handle, model or asked_model(handle))")
    if rewrites:
        parts += _body_parts(cluster)
        steps.append("set_model(handle, model)")
    return lua(REWRITE, lua_source.program(constants, *parts, main=_main(steps)))


def translated(cluster: Cluster) -> HttpFilter:
    """Tells the sidecar whom the attempt is for. Under a name of its own: routes switch the other filter off."""
    assert cluster.translates is not None, "only asked of clusters that lead to the sidecar"
    constants: dict[str, lua_source.Constant] = {
        "CLUSTER": cluster.name,
        "ACCOUNT": cluster.translates,
        "ACCOUNT_HEADER": names.ACCOUNT_HEADER,
        "MODEL_HEADER": names.MODEL_HEADER,
        "IDLE_HEADER": names.IDLE_HEADER,
    }
    parts, steps = ["upstream_model", "client_path", "translated_attempt"], ["address_sidecar(handle)"]
    if isinstance(cluster.credential, PassthroughCredential):
        constants |= {"KEY_HEADER": names.KEY_HEADER, "KEY_PREFIX": ""}
        parts.append("upstream_caller_key")
        steps.append("pass_caller_key(handle)")
    return lua(TRANSLATE, lua_source.program(constants, *parts, main=_main(steps)))


def own_key(cluster: Cluster) -> list[HttpFilter]:
    """Moves the key where the provider's own interface takes it; nothing where no key is sent."""
    if not isinstance(cluster.credential, KeyCredential | PassthroughCredential):
        return []
    constants: dict[str, lua_source.Constant] = {
        "KEY_HEADER": cluster.credential.header,
        "KEY_PREFIX": cluster.credential.prefix,
        "OWN_HEADER": cluster.own_key_header or "",
    }
    return [lua("plano.own_key", lua_source.program(constants, "own_key"))]


def _main(steps: list[str]) -> str:
    return "\n".join(["function envoy_on_request(handle)", *steps, "end"])


def _body_parts(cluster: Cluster) -> list[str]:
    forms = serves_forms(endpoint for endpoint, _ in cluster.paths)
    return ["json_object", "json_model", *(("form_model", "with_either") if forms else ("with_json",)), "upstream_body"]
