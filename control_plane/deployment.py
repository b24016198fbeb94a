"""Where and how one Envoy runs: what no YAML file of the user decides.

Comes from the command line or from `up`; goes into the bootstrap beside the plan. Holds no secrets.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The defaults suit a rendered file that somebody else runs; paths may be relative to Envoy's working directory.

    `internal_socket` is where the sidecar makes its own calls through Envoy; `sidecar_sockets` has one of each worker.
    `access_log_path` None switches the access log off. `trusted_hops` counts the proxies in front whose
    X-Forwarded-For is believed. `allow_wip` permits Envoy APIs that are still work in progress; the log then has
    the tokens of streams. `token_usage` logs those of every answer, for which Lua reads each.
    """

    admin_socket: str = "./envoy-admin.sock"
    internal_socket: str = "./envoy-internal.sock"
    sidecar_sockets: tuple[str, ...] = ("./sidecar-1.sock",)
    access_log_path: str | None = "/dev/stdout"
    node_id: str = "plano"
    node_cluster: str = "plano"
    max_connections: int = 50_000
    max_heap_bytes: int = 2 * 1024**3
    trusted_hops: int = 0
    allow_wip: bool = False
    token_usage: bool = False
