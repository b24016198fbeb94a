"""The overload manager: a bound on connections and on memory, so that a flood ends in refusals, not in a crash."""

from __future__ import annotations

from envoy_data_plane.envoy.config.overload import v3
from envoy_data_plane.envoy.extensions.resource_monitors.downstream_connections.v3 import DownstreamConnectionsConfig
from envoy_data_plane.envoy.extensions.resource_monitors.fixed_heap.v3 import FixedHeapConfig

from control_plane.deployment import Deployment
from control_plane.xds import plain
from control_plane.xds.any import pack

_HEAP = "envoy.resource_monitors.fixed_heap"
_CONNECTIONS = "envoy.resource_monitors.global_downstream_max_connections"


def manager(deployment: Deployment) -> v3.OverloadManager:
    connections = DownstreamConnectionsConfig(max_active_downstream_connections=deployment.max_connections)
    return v3.OverloadManager(
        refresh_interval=plain.seconds(0.25),
        resource_monitors=[
            v3.ResourceMonitor(
                name=_HEAP, typed_config=pack(FixedHeapConfig(max_heap_size_bytes=deployment.max_heap_bytes))
            ),
            v3.ResourceMonitor(name=_CONNECTIONS, typed_config=pack(connections)),
        ],
        actions=[
            _action("envoy.overload_actions.shrink_heap", 0.95),
            _action("envoy.overload_actions.stop_accepting_requests", 0.98),
        ],
    )


def _action(name: str, heap_share: float) -> v3.OverloadAction:
    trigger = v3.Trigger(name=_HEAP, threshold=v3.ThresholdTrigger(value=heap_share))
    return v3.OverloadAction(name=name, triggers=[trigger])
