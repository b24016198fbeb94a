"""What a listener answers: endpoints that are calls, pages the gateway answers itself, the models listed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from control_plane.gateway import Agents, Endpoint, ListedModel, Listener

HEALTH = "/healthz"
_MODELS = "/v1/models"
_AGENT_ENDPOINTS = (Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """`model_pages` show `listed`; `pages` are all that the gateway answers without a provider."""

    endpoints: Sequence[Endpoint]
    model_pages: Sequence[str]
    listed: Sequence[ListedModel]

    @property
    def pages(self) -> Sequence[str]:
        return (*self.model_pages, HEALTH)


def surface(listener: Listener) -> Surface:
    serves = listener.serves
    if isinstance(serves, Agents):
        agents = [ListedModel(id=agent.id, owned_by="plano") for agent in serves.agents]
        return Surface(endpoints=_AGENT_ENDPOINTS, model_pages=(_MODELS, "/agents" + _MODELS), listed=agents)
    return Surface(endpoints=tuple(Endpoint), model_pages=(_MODELS,), listed=serves.listed)
