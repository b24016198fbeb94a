"""Attempts that are translated: a cluster per account that leads to the sidecar (`accounts` is the way from there on).

The sidecar is an HTTP hop here and not a filter: only who holds the client's stream can end it with an error of the
client's dialect when the provider is cut off. Envoy keeps what it is good at on both sides: attempts and their limits
before the sidecar, connections, TLS, keys and signatures behind it.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.cluster import v3

from control_plane.deployment import Deployment
from control_plane.gateway import Cluster
from control_plane.xds import plain, sidecar
from control_plane.xds.filters import order
from control_plane.xds.needs import Needs


def cluster(planned: Cluster, needs: Needs, deployment: Deployment) -> v3.Cluster:
    """The workers of the sidecar, under the name of what they stand for."""
    built = sidecar.worker_cluster(planned.name, deployment, order.translated(planned, needs))
    built.metadata = plain.metadata("plano", {"provider": planned.provider, "interface": planned.interface})
    return built
