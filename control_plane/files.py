"""The files a configuration names and Envoy opens: certificates, keys, authorities, token keys.

In: a configuration and the document it was read from. Out: those that cannot be read here and now, with the place that
names them. Looks only, opens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from control_plane.check.places import Places
from control_plane.config import Config, Jwt, Overrides, Tls
from control_plane.document import Document
from control_plane.problems import Place

_TLS = ("cert_file", "key_file", "client_ca_file")


@dataclass(frozen=True, slots=True)
class NamedFile:
    """`path` is absolute, `key` is what the configuration calls it."""

    key: str
    path: str
    at: Place


def unreadable(config: Config, document: Document) -> list[NamedFile]:
    """Files that are not there, are folders or may not be read, in the order of the configuration."""
    places = Places(document)
    return [file for file in _named(config, places) if not _readable(Path(file.path))]


def _named(config: Config, places: Places) -> Iterator[NamedFile]:
    for listener in config.listeners:
        if listener.tls:
            yield from _of(listener.tls, _TLS, places)
        for jwt in listener.auth.jwt if listener.auth else ():
            yield from _of(jwt, ("jwks_file",), places)
    if config.overrides:
        yield from _of(config.overrides, ("upstream_tls_ca_path",), places)


def _of(owner: Tls | Jwt | Overrides, keys: tuple[str, ...], places: Places) -> Iterator[NamedFile]:
    for key in keys:
        path = getattr(owner, key)
        if path is not None:
            yield NamedFile(key, path, places.of(owner.at, key))


def _readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)
