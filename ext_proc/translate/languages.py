"""Which dialect a path is spoken in, and the dialects by name. A dialect is imported with the first request that needs
it."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ext_proc.chat.dialect import ClientDialect, ProviderDialect

BY_PATH = {
    "/v1/chat/completions": "openai_chat",
    "/v1/messages": "anthropic_messages",
    "/v1/responses": "openai_responses",
}


_GEMINI = "/models/"


def of_path(path: str) -> str:
    """The dialect a client speaks that asks there. Raises KeyError for a path no request is translated from."""
    return "gemini" if _GEMINI in path else BY_PATH[path]


@cache
def client(name: str) -> ClientDialect:
    """Raises ImportError, AttributeError for a name that is none: a bug, since names come from the lists."""
    found: ClientDialect = import_module(f"ext_proc.dialects.{name}").CLIENT
    return found


@cache
def provider(name: str) -> ProviderDialect:
    found: ProviderDialect = import_module(f"ext_proc.dialects.{name}").PROVIDER
    return found
