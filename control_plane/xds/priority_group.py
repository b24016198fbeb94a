"""The cluster specifier of Envoy 1.40 that gives every attempt its own cluster; the generated package lacks it.

Field numbers and names follow Envoy's priority_group.proto.
"""

from __future__ import annotations

import betterproto2
from envoy_data_plane.google.protobuf import UInt32Value
from envoy_data_plane.message_pool import default_message_pool
from pydantic.dataclasses import dataclass

_PACKAGE = "envoy.extensions.router.cluster_specifiers.priority_group.v3"


@dataclass(eq=False, repr=False)
class ClusterWeight(betterproto2.Message):
    cluster_name: str = betterproto2.field(1, betterproto2.TYPE_STRING)
    weight: int | None = betterproto2.field(2, betterproto2.TYPE_MESSAGE, unwrap=lambda: UInt32Value, optional=True)


@dataclass(eq=False, repr=False)
class PriorityGroup(betterproto2.Message):
    name: str = betterproto2.field(1, betterproto2.TYPE_STRING)
    clusters: list[ClusterWeight] = betterproto2.field(2, betterproto2.TYPE_MESSAGE, repeated=True)


@dataclass(eq=False, repr=False)
class PriorityGroupClusterSpecifier(betterproto2.Message):
    priority_groups: list[PriorityGroup] = betterproto2.field(1, betterproto2.TYPE_MESSAGE, repeated=True)
    override_metadata_namespace: str = betterproto2.field(2, betterproto2.TYPE_STRING)


default_message_pool.register_message(_PACKAGE, "PriorityGroupClusterSpecifier", PriorityGroupClusterSpecifier)
