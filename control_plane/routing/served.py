"""How the served router is reached without a gateway. In: a compiled configuration. Out: its address and its key.

The key is resolved as `up` resolves it, from the environment and from `.env`; it stays in the value returned.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from urllib.parse import quote, urlsplit

from control_plane import environment
from control_plane.compile import Compiled
from control_plane.config import Text
from control_plane.environment import Environment
from control_plane.gateway import Endpoint
from control_plane.plan.clusters import http_host
from control_plane.plan.clusters import tls as upstream_tls
from control_plane.plan.providers import Key, Nothing, Provider, address_of
from control_plane.plan.router import CONTEXT_TOKENS, Chooser

_ASK_A_GATEWAY = (
    "start the gateway and ask it: POST /routing/v1/chat/completions with the header x-plano-explain: true; or use "
    "--router embedded"
)


class CannotAsk(Exception):
    """The served router cannot be asked from here; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """As ext_proc/offline takes it. `headers` hold the key: never shown."""

    chat_url: str
    root_url: str
    headers: dict[str, str] = field(repr=False)
    ca_path: str | None = None

    def plain(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A router model as its server knows it; `prompt` "" = by the model's name."""

    model: str
    prompt: str
    context_tokens: int


def chooser(compiled: Compiled) -> Chooser:
    """Who chooses in this configuration, which must have no errors."""
    assert compiled.plan is not None, "compiled without errors"
    return compiled.plan.chooser


def needed(chosen: Chooser, word: str) -> bool:
    """Whether the served router is asked at all. Raises CannotAsk where it is wanted and there is none."""
    if chosen.provider is None and word == "served":
        raise CannotAsk(
            "this configuration has no served router; write router: {kind: vllm, model: ...} and a "
            "model_providers entry for that model"
        )
    return chosen.provider is not None and word != "embedded"


def server(compiled: Compiled, chosen: Chooser) -> Server:
    """The server of the router model. Raises CannotAsk where a credential is missing, or only a gateway can give it."""
    provider = chosen.provider
    assert provider is not None and compiled.config is not None, "see needed"
    path = dict(provider.paths)[Endpoint.CHAT_COMPLETIONS]
    root = f"{provider.address.scheme}://{provider.address.authority}"
    where = path.path.replace("{model}", quote(chosen.model or "", safe="")) + (f"?{path.query}" if path.query else "")
    tls = upstream_tls(compiled.config, provider.address, provider.entry.http_host)
    return Server(
        chat_url=root + where,
        root_url=root,
        headers=_headers(provider, compiled.environment),
        ca_path=tls.ca_path if tls else None,
    )


def _headers(provider: Provider, env: Environment) -> dict[str, str]:
    found = {name.lower(): value for name, value in provider.row.headers}
    found.update((header.name.lower(), _resolved(header.value, env)) for header in provider.entry.headers)
    match provider.authentication:
        case Key(header=header, prefix=prefix, key=key):
            found[header.lower()] = prefix + _resolved(key, env)
        case Nothing():
            pass
        case _:
            raise CannotAsk(f"only a running gateway has the credential of {provider.label}; {_ASK_A_GATEWAY}")
    return found | {"host": http_host(provider)}


def _resolved(text: Text, env: Environment) -> str:
    unset = [name for name in text.variables if not env.get(name)]
    if unset:
        raise CannotAsk(
            f"{', '.join(unset)} is not set, and the served router needs it; export it, write it into .env beside the "
            "configuration, or use --router embedded"
        )
    return environment.resolve(text, env)


def model(chosen: Chooser) -> Model:
    """The router model of a configuration that has one."""
    assert chosen.model is not None
    return Model(model=chosen.model, prompt=chosen.prompt, context_tokens=chosen.context_tokens)


def at_url(url: str, key: str | None) -> Server:
    """A server by its address alone, with or without the API's /v1. Raises CannotAsk for what is no http(s) URL."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise CannotAsk("--url is no address; write for example --url http://127.0.0.1:8000")
    address = address_of(url)
    root = f"{address.scheme}://{address.authority}"
    prefix = parts.path.rstrip("/").removesuffix("/v1")
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return Server(chat_url=f"{root}{prefix}/v1/chat/completions", root_url=root, headers=headers)


__all__ = ["CONTEXT_TOKENS", "CannotAsk", "Model", "Server", "at_url", "chooser", "model", "needed", "server"]
