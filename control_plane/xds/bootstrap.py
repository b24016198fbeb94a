"""The whole configuration of one Envoy process, from the plan and the deployment.

Holds no secret: keys are named by environment variable. A plan that `plan.gateway` made never fails here.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.bootstrap import v3
from envoy_data_plane.envoy.config.cluster.v3 import Cluster
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.listener.v3 import Listener
from envoy_data_plane.envoy.extensions.transport_sockets.tls.v3 import GenericSecret
from envoy_data_plane.envoy.extensions.transport_sockets.tls.v3 import Secret as EnvoySecret

from control_plane.deployment import Deployment
from control_plane.gateway import Gateway, KeyCredential
from control_plane.xds import clusters, overload, sidecar, translating
from control_plane.xds.listeners import listener
from control_plane.xds.needs import Needs, needs

_OWNER_ONLY = 0o600


def bootstrap(gateway: Gateway, deployment: Deployment) -> v3.Bootstrap:
    wanted = needs(gateway, deployment)
    return v3.Bootstrap(
        node=core.Node(id=deployment.node_id, cluster=deployment.node_cluster),
        admin=_admin(deployment),
        overload_manager=overload.manager(deployment),
        static_resources=v3.BootstrapStaticResources(
            listeners=_listeners(gateway, deployment, wanted),
            clusters=_clusters(gateway, deployment, wanted),
            secrets=_secrets(gateway),
        ),
    )


def _admin(deployment: Deployment) -> v3.Admin:
    pipe = core.Pipe(path=deployment.admin_socket, mode=_OWNER_ONLY)
    return v3.Admin(address=core.Address(pipe=pipe))


def _listeners(gateway: Gateway, deployment: Deployment, wanted: Needs) -> list[Listener]:
    built = [listener(plan, gateway, deployment, wanted) for plan in gateway.listeners]
    return [*built, sidecar.internal(gateway, deployment)] if sidecar.needed(gateway) else built


def _clusters(gateway: Gateway, deployment: Deployment, wanted: Needs) -> list[Cluster]:
    built = [
        translating.cluster(cluster, wanted, deployment) if cluster.translates else clusters.provider(cluster, wanted)
        for cluster in wanted.clusters
    ]
    if gateway.tracing is not None:
        built.append(clusters.collector(gateway.tracing))
    return [*built, sidecar.workers(deployment)] if sidecar.needed(gateway) else built


def _secrets(gateway: Gateway) -> list[EnvoySecret]:
    """Only what a cluster injects; callers' keys are read by the filter that checks them."""
    used = {c.credential.secret for c in gateway.clusters if isinstance(c.credential, KeyCredential)}
    return [
        EnvoySecret(
            name=secret.name,
            generic_secret=GenericSecret(secret=core.DataSource(environment_variable=secret.variable)),
        )
        for secret in gateway.secrets
        if secret.name in used
    ]
