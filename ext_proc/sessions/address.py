"""The address of a store, with its variables filled in.

In: a URL that may refer to variables as $NAME or ${NAME} ($$ is a dollar sign), and the environment. Out: the URL.
Never: a value in an error; addresses hold passwords.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})", re.ASCII)
_SCHEMES = ("redis", "rediss", "unix")


class AddressError(Exception):
    """The address cannot be used. The text names variables, never values."""


def resolve(template: str, environ: Mapping[str, str]) -> str:
    """The address. Raises AddressError where a variable is not set or the result is no address of a Redis."""
    missing = sorted({name for name in _names(template) if not environ.get(name)})
    if missing:
        raise AddressError(f"the address of the session store needs {', '.join(missing)}, which is not set")
    address = _REFERENCE.sub(lambda found: "$" if found["dollar"] else environ[_name(found)], template)
    try:
        parts = urlsplit(address)
        usable = parts.scheme in _SCHEMES and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise AddressError("the address of the session store is no redis:// or rediss:// URL")
    return address


def _names(template: str) -> list[str]:
    return [_name(found) for found in _REFERENCE.finditer(template) if not found["dollar"]]


def _name(found: re.Match[str]) -> str:
    return found["name"] or found["braced"]
