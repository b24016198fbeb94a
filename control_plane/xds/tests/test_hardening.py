"""The hardening checklist, line by line, on what is rendered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from control_plane.deployment import Deployment
from control_plane.xds.bootstrap import bootstrap
from control_plane.xds.clusters import HTTP_OPTIONS
from control_plane.xds.render import to_plain
from control_plane.xds.tests import features

RENDERED = {name: to_plain(bootstrap(plan(), Deployment())) for name, plan in features.ALL.items()}
EVERY = pytest.mark.parametrize("name", sorted(RENDERED))


OURS = ("plano_tracing", "plano_sidecar")


def listeners(name: str) -> list[dict[str, Any]]:
    """Those a client can reach."""
    return [each for each in RENDERED[name]["static_resources"]["listeners"] if "pipe" not in each["address"]]


def managers(name: str) -> list[dict[str, Any]]:
    return [each["filter_chains"][0]["filters"][0]["typed_config"] for each in listeners(name)]


def clusters(name: str) -> list[dict[str, Any]]:
    return [c for c in RENDERED[name]["static_resources"].get("clusters", []) if c["name"] not in OURS]


def attempt_filters(cluster: dict[str, Any]) -> list[dict[str, Any]]:
    return cluster["typed_extension_protocol_options"][HTTP_OPTIONS]["http_filters"]


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from walk(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from walk(inner)


def routes(name: str) -> list[dict[str, Any]]:
    return [n for n in walk(RENDERED[name]) if n.get("@type", "").endswith("config.route.v3.Route")]


@EVERY
def test_admin_is_a_private_unix_socket(name):
    assert RENDERED[name]["admin"]["address"] == {"pipe": {"path": "./envoy-admin.sock", "mode": 0o600}}


@EVERY
def test_connections_and_memory_are_bounded(name):
    manager = RENDERED[name]["overload_manager"]
    monitors = {each["name"].rpartition(".")[2]: each["typed_config"] for each in manager["resource_monitors"]}
    assert monitors["global_downstream_max_connections"]["max_active_downstream_connections"] == "50000"
    assert monitors["fixed_heap"]["max_heap_size_bytes"] == str(2 << 30)
    thresholds = {a["name"].rpartition(".")[2]: a["triggers"][0]["threshold"]["value"] for a in manager["actions"]}
    assert thresholds == {"shrink_heap": 0.95, "stop_accepting_requests": 0.98}


@EVERY
def test_bodies_and_buffers_are_bounded(name):
    for listener, manager in zip(listeners(name), managers(name), strict=True):
        assert listener["per_connection_buffer_limit_bytes"] == 1 << 20
        limits = [f["typed_config"] for f in manager["http_filters"] if f["name"] == "envoy.filters.http.buffer"]
        assert len(limits) == 1
        assert limits[0]["max_request_bytes"] > 0
    assert all(cluster["per_connection_buffer_limit_bytes"] == 1 << 20 for cluster in clusters(name))


@EVERY
def test_addresses_paths_and_header_names_are_strict(name):
    for manager in managers(name):
        assert manager["use_remote_address"] is True
        assert "xff_num_trusted_hops" not in manager
        assert manager["normalize_path"] is True
        assert manager["merge_slashes"] is True
        assert manager["path_with_escaped_slashes_action"] == "REJECT_REQUEST"
        assert manager["common_http_protocol_options"]["headers_with_underscores_action"] == "REJECT_REQUEST"


@EVERY
def test_clients_cannot_send_internal_headers(name):
    for manager in managers(name):
        early = manager["early_header_mutation_extensions"][0]["typed_config"]["mutations"]
        assert {m["remove_on_match"]["key_matcher"]["prefix"] for m in early} == {"x-envoy-", "x-plano-internal-"}


@EVERY
def test_http2_is_bounded(name):
    for manager in managers(name):
        assert manager["http2_protocol_options"] == {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65536,
            "initial_connection_window_size": 1048576,
        }


@EVERY
def test_slow_clients_are_cut_and_streams_are_not(name):
    for manager in managers(name):
        assert (manager["request_headers_timeout"], manager["request_timeout"]) == ("10s", "60s")
        assert float(manager["stream_idle_timeout"][:-1]) >= 300
        assert manager["common_http_protocol_options"]["idle_timeout"] == "900s"
    for route in routes(name):
        if "route" in route and name != "two-listeners":
            assert route["route"]["timeout"] == "0s"


@EVERY
def test_provider_timeouts_hold_per_attempt(name):
    policies = [n["retry_policy"] for n in walk(RENDERED[name]) if "retry_policy" in n and "envoy_grpc" not in n]
    for policy in policies:
        assert {"per_try_timeout", "per_try_idle_timeout"} <= policy.keys()
        assert "rate_limited_retry_back_off" not in policy
        assert policy.get("refresh_cluster_on_retry", False) is bool(policy.get("retry_on"))


@EVERY
def test_every_attempt_strips_before_it_adds(name):
    union = {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"}
    for cluster in clusters(name):
        chain = attempt_filters(cluster)
        assert chain[0]["name"] == "envoy.filters.http.header_mutation"
        assert chain[-1]["name"] == "envoy.filters.http.upstream_codec"
        mutations = chain[0]["typed_config"]["mutations"]["request_mutations"]
        removed = {m["remove"] for m in mutations if "remove" in m}
        assert union | {"x-forwarded-for", "x-envoy-attempt-count", "x-amz-security-token"} <= removed
        kinds = ["remove" in m for m in mutations]
        assert kinds == sorted(kinds, reverse=True), "a removal after an addition would take it off again"


@EVERY
def test_injected_keys_overwrite_and_come_from_the_environment(name):
    for cluster in clusters(name):
        for each in attempt_filters(cluster):
            if each["name"] == "envoy.filters.http.credential_injector":
                assert each["typed_config"]["overwrite"] is True
    for secret in RENDERED[name]["static_resources"].get("secrets", []):
        assert list(secret["generic_secret"]["secret"]) == ["environment_variable"]


@EVERY
def test_upstream_tls_checks_the_name(name):
    for cluster in clusters(name):
        if "transport_socket" in cluster:
            tls = cluster["transport_socket"]["typed_config"]
            assert tls["sni"]
            assert tls["auto_sni_san_validation"] is True
            assert tls["common_tls_context"]["validation_context"]["trusted_ca"]["filename"]
            assert tls["common_tls_context"]["tls_params"]["tls_minimum_protocol_version"] == "TLSv1_2"


def test_listener_tls_is_modern_and_may_ask_for_a_certificate():
    listener = RENDERED["listener-tls"]["static_resources"]["listeners"][0]
    tls = listener["filter_chains"][0]["transport_socket"]["typed_config"]
    assert tls["require_client_certificate"] is True
    assert tls["common_tls_context"]["alpn_protocols"] == ["h2", "http/1.1"]
    assert tls["common_tls_context"]["tls_params"]["tls_minimum_protocol_version"] == "TLSv1_2"


@EVERY
def test_no_limit_of_ours_stops_failover(name):
    for cluster in clusters(name):
        limits = cluster["circuit_breakers"]["thresholds"][0]
        assert all(value >= 1_000_000 for value in limits.values())
        assert "outlier_detection" not in cluster
        assert "common_lb_config" not in cluster


def test_a_name_that_does_not_resolve_leaves_a_host_that_refuses():
    endpoints = next(c for c in clusters("failover") if c["name"] == "openai")["load_assignment"]["endpoints"]
    assert endpoints[1]["priority"] == 1
    place = endpoints[1]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]
    assert (place["address"], place.get("port_value", 0)) == ("127.0.0.1", 0)


@EVERY
def test_what_no_route_knows_is_refused(name):
    for manager in managers(name):
        host = manager["route_config"]["virtual_hosts"][0]
        last = host["matcher"]["on_no_match"]
        while "matcher" in last:
            last = last["matcher"]["on_no_match"]
        assert "direct_response" in last["action"]["typed_config"]
        assert "routes" not in host


@EVERY
def test_answers_show_no_internals(name):
    for manager in managers(name):
        assert manager["server_name"] == "plano"
        router = manager["http_filters"][-1]["typed_config"]
        assert router["suppress_envoy_headers"] is True
        shown = json.dumps(manager["local_reply_config"])
        assert "RESPONSE_CODE_DETAILS" not in shown
        assert "RESPONSE_FLAGS" not in shown


@EVERY
def test_the_log_has_no_prompt_and_no_credential(name):
    for manager in managers(name):
        fields = manager["access_log"][0]["typed_config"]["log_format"]["json_format"]
        assert all(isinstance(value, str) for value in fields.values())
        shown = " ".join(fields.values()).lower()
        assert not any(word in shown for word in ("authorization", "api-key", "cookie", "plano.client", "body"))


@EVERY
def test_no_work_in_progress_unless_asked_for(name):
    text = json.dumps(RENDERED[name])
    assert not any(word in text for word in ("sse_to_metadata", "ai_protocol_manager", "content_parsers", ".mcp"))


def test_work_in_progress_only_when_allowed():
    allowed = to_plain(bootstrap(features.ALL["simple"](), Deployment(allow_wip=True)))
    assert "sse_to_metadata" in json.dumps(allowed)


@EVERY
def test_no_rendered_text_holds_a_secret(name):
    text = json.dumps(RENDERED[name])
    assert not any(value in text for value in features.ENVIRON.values())


@EVERY
def test_no_filter_of_a_listener_is_switched_off_by_route(name):
    """A filter disabled on the first route stays off for the final one: a guard bypass. Attempts know the final one."""
    for route in routes(name):
        changed = set(route.get("typed_per_filter_config", ()))
        if route["name"] == "request_too_large":
            assert "direct_response" in route and changed == {"plano.discard", "plano.request_reader"}
            assert "disabled" not in json.dumps(route)
        elif route["name"] == "deciding":
            assert "direct_response" in route and changed == {"plano.decide", "plano.apply_decision"}
            assert "disabled" not in json.dumps(route)
        else:
            assert changed <= {"plano.rewrite"}
    names = {each["name"] for manager in managers(name) for each in manager["http_filters"]}
    assert "plano.rewrite" not in names


DECIDING = pytest.mark.parametrize("name", ["several-agents", "decided-models"])


@DECIDING
def test_the_sidecar_and_its_way_out_are_private_unix_sockets(name):
    sockets = [
        each["address"]["pipe"] for each in RENDERED[name]["static_resources"]["listeners"] if "pipe" in each["address"]
    ]
    assert sockets == [{"path": "./envoy-internal.sock", "mode": 0o600}]
    sidecar = next(c for c in RENDERED[name]["static_resources"]["clusters"] if c["name"] == "plano_sidecar")
    endpoints = sidecar["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert [e["endpoint"]["address"] for e in endpoints] == [{"pipe": {"path": "./sidecar-1.sock"}}]
    limits = sidecar["circuit_breakers"]["thresholds"][0]
    assert all(value >= 1_000_000 for value in limits.values())


@DECIDING
def test_a_decision_is_one_exchange_of_headers_that_no_client_can_forge(name):
    for manager in managers(name):
        asking = next(f["typed_config"] for f in manager["http_filters"] if f["name"] == "plano.decide")
        mode = asking["processing_mode"]
        assert (mode["request_header_mode"], mode["response_header_mode"]) == ("SEND", "SKIP")
        assert "request_body_mode" not in mode
        assert {"authorization", "x-api-key", "cookie"} <= {
            each["exact"] for each in asking["forward_rules"]["disallowed_headers"]["patterns"]
        }
        options = asking["metadata_options"]
        assert options["receiving_namespaces"]["untyped"] == ["plano.decision", "plano.attempts"]
        assert float(asking["message_timeout"][:-1]) > 0.2
        assert manager["route_config"]["virtual_hosts"][0]["typed_per_filter_config"].keys() == {"plano.decide"}


def test_lists_of_callers_are_checked_on_what_was_decided():
    names = [each["name"].rpartition(".")[2] for each in managers("decided-models")[0]["http_filters"]]
    assert names.index("rbac") == names.index("apply_decision") + 1


def test_callers_are_checked_before_the_body_and_models_after_it():
    names = [each["name"].rpartition(".")[2] for each in managers("callers")[0]["http_filters"]]
    order = [names.index(word) for word in ("jwt_authn", "caller_auth", "discard", "buffer", "request_reader")]
    assert order == sorted(order)
    assert names.index("rbac") == names.index("request_reader") + 1


def test_the_key_moves_out_of_the_headers_where_a_caller_pays_himself():
    names = [each["name"] for each in managers("passthrough")[0]["http_filters"]]
    assert names[0] == "envoy.filters.http.header_to_metadata"
    assert "envoy.filters.http.header_to_metadata" not in [f["name"] for f in managers("simple")[0]["http_filters"]]


def test_a_plain_request_meets_lua_once():
    chain = [each for each in managers("simple")[0]["http_filters"] if not each.get("disabled")]
    assert [each["name"] for each in chain if "lua.v3" in json.dumps(each)] == ["plano.request_reader"]
    assert "lua.v3" not in json.dumps(clusters("simple"))
