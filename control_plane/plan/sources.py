"""Feeds of prices and latencies: where each is read, how often, by which name.

In: `model_metrics_sources`. Out: a `Feed` each, the first of its kind, with a cluster of its own. Never: credentials;
these feeds are public or inside the same network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from control_plane import config
from control_plane.gateway import Cluster
from control_plane.plan.clusters import plain_cluster
from schemas import names

URLS = {
    "models.dev": "https://models.dev/api.json",
    "digitalocean": "https://api.digitalocean.com/v2/gen-ai/models/catalog",
}
QUERY_PATH = "/api/v1/query"
# Prices change by the week, latencies by the minute.
REFRESH_S = {"cost": 3600.0, "latency": 60.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`path` includes the query; `format` is the provider's word."""

    kind: str
    format: str
    cluster: Cluster
    path: str
    refresh_s: float
    aliases: Mapping[str, str]


def feeds(whole: config.Config, taken: Sequence[str]) -> tuple[Feed, ...]:
    """Cluster names are none of those taken."""
    first: dict[str, config.MetricsSource] = {}
    for source in whole.model_metrics_sources:
        first.setdefault(source.type, source)
    called = names.unique([*taken, *(names.source_cluster(kind) for kind in first)])[len(taken) :]
    return tuple(_feed(whole, source, name) for source, name in zip(first.values(), called, strict=True))


def _feed(whole: config.Config, source: config.MetricsSource, name: str) -> Feed:
    url = source.url or URLS[source.provider]
    title = f"{source.provider} ({source.type})"
    return Feed(
        kind=source.type,
        format=source.provider,
        cluster=plain_cluster(whole, name=name, url=url, title=title, at=source.at),
        path=_path(source, url),
        refresh_s=float(source.refresh_interval or REFRESH_S[source.type]),
        aliases=source.model_aliases or {},
    )


def _path(source: config.MetricsSource, url: str) -> str:
    parts = urlsplit(url)
    if source.provider != "prometheus":
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{parts.path.rstrip('/')}{QUERY_PATH}?query={quote(source.query or '', safe='')}"
