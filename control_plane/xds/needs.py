"""What each chain must be able to do, worked out once from the whole plan."""

from __future__ import annotations

from dataclasses import dataclass

from control_plane.deployment import Deployment
from control_plane.gateway import Gateway
from control_plane.xds.filters.header_mutation import never_forwarded


@dataclass(frozen=True, slots=True)
class Needs:
    stripped: tuple[str, ...]
    allow_wip: bool


def needs(gateway: Gateway, deployment: Deployment) -> Needs:
    return Needs(stripped=never_forwarded(gateway), allow_wip=deployment.allow_wip)
