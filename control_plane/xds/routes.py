"""Which route a request takes: one key, looked up once; see `matching.KEY` for what it holds.

In: one listener of the plan. Out: its virtual host. Finding a route costs the same however many models there are.
"""

from __future__ import annotations

from collections.abc import Mapping

from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.gateway import ListedModel, Listener, Models
from control_plane.xds import agent_routes, decided_routes, matching, models_page, oversize, plain, refusals
from control_plane.xds.model_routes import by_prefix, models_by_key, shared_retry
from control_plane.xds.needs import Needs
from control_plane.xds.surface import HEALTH, Surface, surface

_METHOD = ":method"
_CORS = tuple(
    plain.set_header(name, value)
    for name, value in (
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, OPTIONS"),
        ("access-control-allow-headers", "Authorization, Content-Type, x-api-key, anthropic-version"),
    )
)
_LARGEST_PAGE_BYTES = 4096
_ALWAYS_REFUSED = ("endpoint_not_found", "model_not_found", "invalid_json")


def route_configuration(listener: Listener, needs: Needs) -> route.RouteConfiguration:
    offered = surface(listener)
    page = models_page.body(offered.listed)
    return route.RouteConfiguration(
        name=listener.name,
        virtual_hosts=[_virtual_host(listener, offered, page, needs)],
        max_direct_response_body_size_bytes=max(_LARGEST_PAGE_BYTES, len(page.encode())),
    )


def _virtual_host(listener: Listener, offered: Surface, page: str, needs: Needs) -> route.VirtualHost:
    serves = listener.serves
    keys, prefixes, retry = _own_answers(offered, page), {}, None
    if isinstance(serves, Models):
        keys |= models_by_key(serves, needs)
        prefixes = by_prefix(serves, needs)
        retry = shared_retry(serves)
    else:
        keys[matching.UNNAMED] = agent_routes.only(serves)
    if listener.decision is not None:
        keys |= decided_routes.routes_by_key(listener)
    host = route.VirtualHost(
        name=listener.name,
        domains=["*"],
        matcher=_matcher(keys, prefixes, listener.max_body_bytes),
        retry_policy=retry,
    )
    if listener.decision is not None:
        host.typed_per_filter_config = decided_routes.filter_defaults()
        host.response_headers_to_remove = decided_routes.hidden_headers()
        host.response_headers_to_add = decided_routes.shown_headers() if listener.decision.headers else []
    return host


def _matcher(
    keys: Mapping[str, xds.MatcherOnMatch], prefixes: Mapping[str, xds.MatcherOnMatch], max_bytes: int
) -> xds.Matcher:
    """Before the filters have set the key, the route is `undecided`: the log shows that name where they refuse."""
    source = matching.state(matching.KEY)
    undecided = oversize.unless_too_large(max_bytes, matching.to_route(refusals.undecided()))
    others = matching.longest_prefix(source, prefixes, undecided) if prefixes else None
    return matching.exact(source, keys, matching.nested(others) if others else undecided)


def _own_answers(offered: Surface, page: str) -> dict[str, xds.MatcherOnMatch]:
    """What the gateway answers itself, by key."""
    keys = {matching.refused(code): matching.to_route(refusals.refusal(code)) for code in _ALWAYS_REFUSED}
    keys[matching.refused("method_not_allowed")] = matching.to_route(refusals.wrong_method("POST"))
    for path in offered.model_pages:
        keys[path] = matching.nested(_page(refusals.json_answer("models", page, _CORS)))
    keys[matching.PAGE_OF_ONE] = matching.nested(_page(_page_of_one()))
    keys[HEALTH] = matching.nested(_health())
    return keys


def _page_of_one() -> route.Route:
    """The same for every model: its id and owner come from the filter that found it in the list."""
    row = models_page.row(ListedModel(id=_state(matching.MODEL), owned_by=_state(matching.OWNER)))
    return refusals.filled_answer("model", row, _CORS)


def _state(key: str) -> str:
    return f"%FILTER_STATE({key}:PLAIN)%"


def _page(get: route.Route) -> xds.Matcher:
    shown = matching.to_route(get)
    preflight = matching.to_route(refusals.answer("models_preflight", 204, "", _CORS))
    return _by_method({"GET": shown, "HEAD": shown, "OPTIONS": preflight}, "GET, OPTIONS")


def _health() -> xds.Matcher:
    healthy = matching.to_route(refusals.json_answer("healthz", '{"status":"ok"}'))
    return _by_method({"GET": healthy, "HEAD": healthy}, "GET")


def _by_method(choices: dict[str, xds.MatcherOnMatch], allowed: str) -> xds.Matcher:
    wrong = matching.to_route(refusals.wrong_method(allowed))
    return matching.exact(matching.header(_METHOD), choices, wrong)
