"""What a reviewer wants to see of a rendered bootstrap, a line a fact: who listens, what leads where, who is called.

In: a bootstrap's JSON text. Out: text. It reads Envoy's own words, never the plan, so that it cannot agree with a wrong
rendering; what it leaves out is in its last line, a hash of the whole.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterator
from typing import Any

Json = Any


def digest(bootstrap: str) -> str:
    """Equal bootstraps give equal text, and different ones different text."""
    static = json.loads(bootstrap)["static_resources"]
    lines = [line for listener in static["listeners"] for line in _listener(listener)]
    lines += [line for cluster in static.get("clusters", []) for line in _cluster(cluster)]
    lines += [f"secret {name}" for name in sorted(secret["name"] for secret in static.get("secrets", []))]
    return "\n".join([*lines, f"sha256 {hashlib.sha256(bootstrap.encode()).hexdigest()}", ""])


def _listener(listener: Json) -> Iterator[str]:
    chain = listener["filter_chains"][0]
    manager = chain["filters"][-1]["typed_config"]
    over = "https" if "transport_socket" in chain else "http"
    yield f"listener {listener['name']} {over} {_address(listener['address'])}"
    yield f"  filters {_names(manager['http_filters'])}"
    if "tracing" in manager:
        yield f"  traces {manager['tracing'].get('random_sampling', {}).get('value', 100):g}%"
    for host in manager["route_config"]["virtual_hosts"]:
        yield from _told(sorted(_leaves(host.get("matcher", {}), ())))


def _told(leaves: list[tuple[tuple[str, ...], str]]) -> Iterator[str]:
    """Keys that lead to the same thing share a line."""
    merged: dict[tuple[str, str], list[str]] = {}
    for (path, *rest), leads in leaves:
        merged.setdefault((" ".join(rest), leads), []).append(path)
    for (below, leads), paths in merged.items():
        line = f"{' '.join(paths)} {below}".rstrip() + f" -> {leads}"
        yield from textwrap.wrap(line, 120, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)


def _leaves(node: Json, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every action below a matcher, with the keys that lead to it; `*` after a prefix, `else` where nothing fits."""
    if "action" in node:
        yield keys or ("else",), _leads(node["action"])
    inner = node.get("matcher", node)
    tree = inner.get("matcher_tree", {})
    for kind, mark in (("exact_match_map", ""), ("prefix_match_map", "*")):
        for key, value in tree.get(kind, {}).get("map", {}).items():
            yield from _leaves(value, (*keys, key + mark))
    for one in inner.get("matcher_list", {}).get("matchers", []):
        yield from _leaves(one["on_match"], (*keys, f"if {'|'.join(_words(one['predicate']))}"))
    if "on_no_match" in inner:
        yield from _leaves(inner["on_no_match"], (*keys, "else"))


def _words(predicate: Json) -> Iterator[str]:
    """Every value a predicate compares with."""
    if isinstance(predicate, dict):
        yield from (predicate[kind] for kind in ("exact", "prefix", "regex") if isinstance(predicate.get(kind), str))
        for inner in predicate.values():
            yield from _words(inner)
    elif isinstance(predicate, list):
        for inner in predicate:
            yield from _words(inner)


def _leads(action: Json) -> str:
    config = action["typed_config"]
    name = config.get("name", "")
    if "direct_response" in config:
        code = config.get("metadata", {}).get("filter_metadata", {}).get("plano.error", {}).get("code", name)
        return f"{config['direct_response']['status']} {code}".strip()
    route = config.get("route", {})
    if "weighted_clusters" in route:
        shares = route["weighted_clusters"]["clusters"]
        return "split " + ", ".join(f"{one['name']}:{one.get('weight', 0)}" for one in shares)
    return str(route.get("cluster") or name or "a list of attempts")


def _cluster(cluster: Json) -> Iterator[str]:
    tls = cluster.get("transport_socket", {}).get("typed_config", {})
    hosts = [
        _address(one["endpoint"]["address"])
        for group in cluster.get("load_assignment", {}).get("endpoints", [])
        for one in group.get("lb_endpoints", [])
    ]
    over = f"tls({tls.get('sni', '')})" if tls else "plain"
    yield f"cluster {cluster['name']} {over} {' then '.join(hosts)} connect {cluster.get('connect_timeout', '5s')}"
    options = cluster.get("typed_extension_protocol_options", {})
    filters = [f for option in options.values() for f in option.get("http_filters", [])]
    if filters:
        yield f"  filters {_names(filters)}"
    for credential in (f["typed_config"]["credential"] for f in filters if "credential" in f["typed_config"]):
        injected = credential["typed_config"]
        yield f"  {injected.get('header', 'authorization').lower()} from secret {injected['credential']['name']}"


def _address(address: Json) -> str:
    if "pipe" in address:
        return f"unix:{address['pipe']['path']}"
    socket = address.get("socket_address")
    return f"{socket['address']}:{socket.get('port_value', 0)}" if socket else json.dumps(address)


def _names(filters: Json) -> str:
    return ", ".join(one["name"].removeprefix("envoy.filters.http.") for one in filters)
