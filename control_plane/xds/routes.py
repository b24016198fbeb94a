"""Which route a request takes: path, then method, then model; everything else is refused by name.

In: one listener of the plan. Out: its virtual host. Routes are found through a matcher on filter state, so the cost of
finding one does not grow with the number of models.
"""

from __future__ import annotations

from collections.abc import Sequence

from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.gateway import Agents, Endpoint, ListedModel, Listener, Models
from control_plane.xds import matching, models_page, plain, refusals
from control_plane.xds.agent_routes import agent_matcher
from control_plane.xds.model_routes import model_matcher, shared_retry

_METHOD = ":method"
_CORS = (
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "GET, OPTIONS"),
    ("access-control-allow-headers", "Authorization, Content-Type, x-api-key, anthropic-version"),
)
_AGENT_ENDPOINTS = (Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES)
_LARGEST_PAGE_BYTES = 4096


def route_configuration(listener: Listener) -> route.RouteConfiguration:
    page = models_page.body(_listed(listener))
    return route.RouteConfiguration(
        name=listener.name,
        virtual_hosts=[_virtual_host(listener, page)],
        max_direct_response_body_size_bytes=max(_LARGEST_PAGE_BYTES, len(page.encode())),
    )


def _virtual_host(listener: Listener, page: str) -> route.VirtualHost:
    serves = listener.serves
    if isinstance(serves, Models):
        calls, retry = model_matcher(serves), shared_retry(serves)
        matcher = _paths(tuple(Endpoint), calls, page, ("/v1/models",))
    else:
        retry = None
        matcher = _paths(_AGENT_ENDPOINTS, agent_matcher(serves), page, ("/v1/models", "/agents/v1/models"))
    return route.VirtualHost(name=listener.name, domains=["*"], matcher=matcher, retry_policy=retry)


def _listed(listener: Listener) -> Sequence[ListedModel]:
    if isinstance(listener.serves, Agents):
        return [ListedModel(id=agent.id, owned_by="plano") for agent in listener.serves.agents]
    return listener.serves.listed


def _paths(endpoints: Sequence[Endpoint], calls: xds.MatcherOnMatch, page: str, pages: Sequence[str]) -> xds.Matcher:
    """POST to a known endpoint goes on to `calls`; the other paths are a map.

    Before the filters have set the path, the route is `undecided`: that name is what the log shows of a request they
    refuse.
    """
    known = matching.any_of(matching.equals(matching.state(matching.PATH), path.value) for path in endpoints)
    post = matching.equals(matching.header(_METHOD), "POST")
    fixed = {endpoint.value: matching.to_route(refusals.wrong_method("POST")) for endpoint in endpoints}
    fixed |= {path: matching.nested(_models(page)) for path in pages}
    fixed["/healthz"] = matching.nested(_health())
    otherwise = matching.to_route(refusals.refusal("endpoint_not_found"))
    others = matching.exact(matching.state(matching.PATH), fixed, otherwise)
    decided = matching.present(matching.state(matching.PATH))
    cases = [(matching.all_of([post, known]), calls), (decided, matching.nested(others))]
    return matching.first(cases, matching.to_route(refusals.undecided()))


def _models(page: str) -> xds.Matcher:
    cors = [plain.set_header(name, value) for name, value in _CORS]
    get = matching.to_route(refusals.json_answer("models", page, cors))
    preflight = matching.to_route(refusals.answer("models_preflight", 204, "", cors))
    return _by_method({"GET": get, "HEAD": get, "OPTIONS": preflight}, "GET, OPTIONS")


def _health() -> xds.Matcher:
    healthy = matching.to_route(refusals.json_answer("healthz", '{"status":"ok"}'))
    return _by_method({"GET": healthy, "HEAD": healthy}, "GET")


def _by_method(choices: dict[str, xds.MatcherOnMatch], allowed: str) -> xds.Matcher:
    wrong = matching.to_route(refusals.wrong_method(allowed))
    return matching.exact(matching.header(_METHOD), choices, wrong)
