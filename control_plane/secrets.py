"""The values that Envoy and the sidecar are given in their environments, and which of them nobody has set.

In: a configuration, its plan, the environment it is read in. Out: variable -> value for each process, or what is
missing with the line that wants it. The only module where a secret becomes text; it writes none anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from control_plane import environment, plan
from control_plane.config import Config, Text
from control_plane.environment import Environment
from control_plane.gateway import Gateway, SigV4Credential
from control_plane.problems import Place

# The standard ways to tell an AWS client who it is; any one of them is enough.
AWS_IDENTITY = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_PROFILE",),
    ("AWS_WEB_IDENTITY_TOKEN_FILE",),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
)
AWS_SETTINGS = (
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_EC2_METADATA_DISABLED",
)


def values(config: Config, gateway: Gateway, env: Environment) -> dict[str, str]:
    """Every variable Envoy reads, by name; those that nobody set are left out (see `missing`)."""
    found: dict[str, str] = {}
    for kept in plan.kept(config):
        if all(env.get(name) for name in kept.text.variables):
            found[kept.secret.variable] = environment.resolve(kept.text, env)
    for name in (*_header_variables(config), *(_aws_variables() if _signs(gateway) else ())):
        if env.get(name):
            found[name] = env[name]
    return found


def sidecar_values(config: Config, gateway: Gateway, env: Environment) -> dict[str, str]:
    """Every variable the sidecar reads, by name: those of the session store's address. Envoy needs none of them."""
    url = _store_url(config, gateway)
    return {name: env[name] for name in (url.variables if url else ()) if env.get(name)}


def missing(config: Config, gateway: Gateway, env: Environment) -> list[tuple[str, Place]]:
    """Variables that are unset or empty, each once, with the place that wants it first."""
    wanted: dict[str, Place] = {}
    for name, place in _wanted(config, gateway, env):
        if not env.get(name):
            wanted.setdefault(name, place)
    return list(wanted.items())


def _wanted(config: Config, gateway: Gateway, env: Environment) -> Iterator[tuple[str, Place]]:
    for kept in plan.kept(config):
        yield from ((name, kept.secret.at) for name in kept.text.variables)
    for entry in config.model_providers:
        yield from ((name, header.at) for header in entry.headers for name in header.value.variables)
    if url := _store_url(config, gateway):
        assert config.routing and config.routing.session_cache
        yield from ((name, config.routing.session_cache.at) for name in url.variables)
    for cluster in gateway.clusters:
        if isinstance(cluster.credential, SigV4Credential) and not _aws_identity(env):
            yield from ((name, cluster.at) for name in AWS_IDENTITY[0])


def _store_url(config: Config, gateway: Gateway) -> Text | None:
    """The address of the session store, where a sidecar that needs one is started."""
    cache = config.routing.session_cache if config.routing else None
    decides = any(listener.decision is not None for listener in gateway.listeners)
    return cache.url if cache and cache.type == "redis" and decides else None


def _header_variables(config: Config) -> list[str]:
    texts: list[Text] = [header.value for entry in config.model_providers for header in entry.headers]
    return [name for text in texts for name in text.variables]


def _signs(gateway: Gateway) -> bool:
    return any(isinstance(cluster.credential, SigV4Credential) for cluster in gateway.clusters)


def _aws_variables() -> tuple[str, ...]:
    return (*(name for names in AWS_IDENTITY for name in names), *AWS_SETTINGS)


def _aws_identity(env: Mapping[str, str]) -> bool:
    return any(all(env.get(name) for name in names) for names in AWS_IDENTITY)
