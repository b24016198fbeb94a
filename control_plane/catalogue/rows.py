"""The row types of the catalogue: one provider, where its endpoints live, how its key is sent, one model.

The fields are explained at the top of schemas/providers.yaml. Values only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from control_plane.gateway import Endpoint

Dialect = Literal["openai_chat", "openai_responses", "anthropic_messages", "gemini", "bedrock_converse"]
WithoutKey = Literal["required", "none", "passthrough", "aws_sigv4"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRow:
    """How a key is sent: `header: <prefix><key>`. `without_key` is what an entry without access_key means."""

    header: str
    prefix: str
    without_key: WithoutKey
    aws_service: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRow:
    """Where one endpoint lives: absolute when `path` starts with "/", else under the prefix.

    `path` may hold `{model}`. `models` are globs of the model ids that have the endpoint; empty = every model. `own`: a
    call of the provider's own interface, which a base_url elsewhere has below its own path.
    """

    path: str
    query: str
    models: tuple[str, ...]
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRow:
    """What differs at some base_url. Globs `host` and `model`, path `path`: None means any; None below: unchanged."""

    host: str | None
    path: str | None
    model: str | None
    default_prefix: str | None
    headers: tuple[tuple[str, str], ...] | None
    paths: Mapping[Endpoint, PathRow] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """One provider; the fields are explained at the top of schemas/providers.yaml.

    `base_url` None means the configuration must give one (`example` shows how); it may hold `{region}`. `internal`
    models help the gateway itself decide: clients neither see nor name them.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    base_url: str | None
    example: str | None
    hosts: tuple[str, ...]
    default_prefix: str
    key_variable: str | None
    credential: CredentialRow
    headers: tuple[tuple[str, str], ...]
    dialect: Dialect
    paths: Mapping[Endpoint, PathRow]
    variants: tuple[VariantRow, ...]
    internal: bool
    wildcard_catalogue: str | None
    host_docs: str
    own_key_header: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One public model id of a vendor, without any prefix."""

    id: str
