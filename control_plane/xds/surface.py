"""What a listener answers: endpoints that are calls, pages the gateway answers itself, the models listed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from control_plane.gateway import OFFERED, Agents, Endpoint, ListedModel, Listener
from control_plane.plan.decisions import CHAT
from schemas import names

HEALTH = "/healthz"
MODEL_IN_PATH = "{model}"
_MODELS = "/v1/models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """`calls` are paths answered to POST: endpoints, and `questions`, which the sidecar answers itself. `model_pages`
    show `listed`; `pages` are all that the gateway answers without a provider."""

    endpoints: Sequence[Endpoint]
    questions: Sequence[str]
    model_pages: Sequence[str]
    listed: Sequence[ListedModel]

    @property
    def calls(self) -> Sequence[str]:
        return (*(path for path in self._paths if MODEL_IN_PATH not in path), *self.questions)

    @property
    def templates(self) -> Sequence[str]:
        """Calls whose path names the model."""
        return tuple(path for path in self._paths if MODEL_IN_PATH in path)

    @property
    def _paths(self) -> Sequence[str]:
        return tuple(endpoint.value for endpoint in self.endpoints)

    @property
    def pages(self) -> Sequence[str]:
        return (*self.model_pages, HEALTH)


def surface(listener: Listener) -> Surface:
    serves = listener.serves
    if isinstance(serves, Agents):
        agents = [ListedModel(id=agent.id, owned_by="plano") for agent in serves.agents]
        pages = (_MODELS, "/agents" + _MODELS)
        return Surface(endpoints=CHAT, questions=(), model_pages=pages, listed=agents)
    questions = tuple(names.QUESTION_PREFIX + chat.value for chat in CHAT) if listener.decision else ()
    return Surface(endpoints=OFFERED, questions=questions, model_pages=(_MODELS,), listed=serves.listed)
