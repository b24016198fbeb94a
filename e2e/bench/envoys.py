"""The two hand-written Envoys of the benchmark, as bootstrap values: the provider of whole answers, and the bare hop.

The bare hop is the least Envoy can do: listener, router, one cluster. It is what the gateway is measured against.
"""

from __future__ import annotations

import json
from typing import Any

_TYPE = "type.googleapis.com/envoy.extensions."


def _listener(port: int, route: dict[str, Any], filters: list[dict[str, Any]]) -> dict[str, Any]:
    router = {"name": "envoy.filters.http.router", "typed_config": {"@type": _TYPE + "filters.http.router.v3.Router"}}
    manager = {
        "@type": _TYPE + "filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "http_filters": [*filters, router],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
    }
    network_filter = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    return {
        "name": f"port-{port}",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [network_filter]}],
    }


def _cluster(port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
    return {
        "name": f"to-{port}",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": f"to-{port}", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def bare(hops: dict[int, int]) -> str:
    """A bootstrap that forwards every port of `hops` to the port it maps to, and does nothing else."""
    listeners = [
        _listener(port, {"match": {"prefix": "/"}, "route": {"cluster": f"to-{to}", "timeout": "0s"}}, [])
        for port, to in hops.items()
    ]
    clusters = [_cluster(to) for to in hops.values()]
    return json.dumps({"static_resources": {"listeners": listeners, "clusters": clusters}})


def provider(port: int) -> str:
    """A bootstrap that reads each request to its end, then answers with one recorded-looking chat completion."""
    buffer = {"@type": _TYPE + "filters.http.buffer.v3.Buffer", "max_request_bytes": 1048576}
    json_type = {
        "header": {"key": "content-type", "value": "application/json"},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
    route = {
        "match": {"prefix": "/"},
        "direct_response": {"status": 200, "body": {"inline_string": json.dumps(_COMPLETION)}},
        "response_headers_to_add": [json_type],
    }
    filters = [{"name": "envoy.filters.http.buffer", "typed_config": buffer}]
    return json.dumps({"static_resources": {"listeners": [_listener(port, route, filters)]}})


_COMPLETION = {
    "id": "chatcmpl-bench",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "The 23:10 is cheaper: children travel free after ten. " * 5},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 330, "completion_tokens": 60, "total_tokens": 390},
    "service_tier": "default",
    "system_fingerprint": "fp_bench",
}
