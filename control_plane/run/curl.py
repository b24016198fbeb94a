"""A command line that works: one curl call per listener. In: the plan. Out: text with names of variables, no values."""

from __future__ import annotations

import json
import re
import shlex

from control_plane.gateway import Cluster, Endpoint, Gateway, Listener, ModelRoute, Models, PassthroughCredential
from control_plane.run.readiness import reachable_host

MESSAGES = [{"role": "user", "content": "Say hello"}]
BODIES: dict[Endpoint, dict[str, object]] = {
    Endpoint.CHAT_COMPLETIONS: {"messages": MESSAGES},
    Endpoint.MESSAGES: {"max_tokens": 100, "messages": MESSAGES},
    Endpoint.RESPONSES: {"input": "Say hello"},
    Endpoint.COMPLETIONS: {"prompt": "Hello"},
    Endpoint.EMBEDDINGS: {"input": "Hello"},
    Endpoint.RERANK: {"query": "hello", "documents": ["good day", "goodbye"]},
    Endpoint.IMAGES_GENERATIONS: {"prompt": "a cat"},
    Endpoint.AUDIO_SPEECH: {"input": "Hello", "voice": "alloy"},
    Endpoint.MODERATIONS: {"input": "Hello"},
}
"""A small body per endpoint that takes JSON, in the order in which one is picked."""

OTHER_WORK = re.compile(
    r"audio|embed|guard|image|moderat|ocr|orpheus|rerank|search|speech|transcri|tts|video|whisper", re.I
)
"""Words in the names of models that do not answer a chat, or not a short one."""


def curl_line(listener: Listener, gateway: Gateway) -> str:
    """One shell line that sends a first request to the listener."""
    endpoint, model, passthrough = _example(listener, gateway)
    body = ({"model": model} if model else {}) | BODIES[endpoint]
    headers = ["content-type: application/json"]
    if listener.auth and listener.auth.header:
        headers.append(f"{listener.auth.header}: $CALLER_KEY")
    elif listener.auth:
        headers.append("authorization: Bearer $CALLER_KEY")
    if passthrough and not (listener.auth and not listener.auth.header):
        headers.append("authorization: Bearer $PROVIDER_KEY")
    data = f"-d {shlex.quote(json.dumps(body))}"
    call = f"curl {_tls_options(listener)}{_url(listener)}{endpoint}"
    return " ".join([call, *(_header(text) for text in headers), data])


def _header(text: str) -> str:
    return f'-H "{text}"' if "$" in text else f"-H {shlex.quote(text)}"


def _tls_options(listener: Listener) -> str:
    """The certificate names the public host, and this line asks for localhost: hence no verification."""
    if listener.tls is None:
        return ""
    return "-k --cert $CLIENT_CERT --key $CLIENT_KEY " if listener.tls.client_ca_file else "-k "


def _url(listener: Listener) -> str:
    host = reachable_host(listener.address)
    host = {"127.0.0.1": "localhost", "::1": "localhost"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{'https' if listener.tls else 'http'}://{host}:{listener.port}"


def _example(listener: Listener, gateway: Gateway) -> tuple[Endpoint, str | None, bool]:
    """Endpoint, model (None: may be left out) and whether the caller brings the provider's key."""
    if not isinstance(listener.serves, Models):
        return Endpoint.CHAT_COMPLETIONS, None, False
    clusters = {cluster.name: cluster for cluster in (*gateway.clusters, *gateway.translations)}
    routes = {route.name: route for route in listener.serves.routes}
    for model, route_name in _candidates(listener.serves):
        endpoint = _endpoint(routes[route_name])
        if endpoint is not None:
            return endpoint, model, _is_passthrough(routes[route_name], endpoint, clusters)
    return Endpoint.CHAT_COMPLETIONS, None, False


def _candidates(models: Models) -> list[tuple[str, str]]:
    """(model to send, route name): the default first, then names in the order of the configuration, then wildcards."""
    exact = list(models.exact)
    exact.sort(key=lambda pair: (pair[1] != models.default, not _talks(pair[0]), not _is_full(*pair)))
    return exact + [(f"{prefix}YOUR-MODEL", route) for prefix, route in models.prefixes]


def _is_full(model: str, route: str) -> bool:
    """A name as the configuration writes it, not a bare id (which may hold a "/" of its own)."""
    return "/" in model and route.startswith(model)


def _talks(model: str) -> bool:
    """No more than a guess from the name: with a wildcard nothing says what each model is for."""
    return not OTHER_WORK.search(model)


def _endpoint(route: ModelRoute) -> Endpoint | None:
    """One that goes to the model as it is, where there is one."""
    served = {e: v.groups[0][0].translated for v in route.variants for e in v.endpoints if e in BODIES}
    return min((e for e in BODIES if e in served), key=lambda endpoint: served[endpoint], default=None)


def _is_passthrough(route: ModelRoute, endpoint: Endpoint, clusters: dict[str, Cluster]) -> bool:
    variant = next(variant for variant in route.variants if endpoint in variant.endpoints)
    first = variant.groups[0][0]
    return isinstance(clusters[first.cluster].credential, PassthroughCredential)
