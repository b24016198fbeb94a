"""Where an attempt goes: the account Envoy chose, the dialect its model is asked in, the path for it.

In: the runtime file's accounts. Out: `Target`s by account and model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import quote

from ext_proc.chat.dialect import ProviderDialect
from ext_proc.translate import languages
from ext_proc.translate.calls.table import COUNTS, ESTIMATE
from schemas.runtime import Account


class UnknownAccount(Exception):
    """Envoy names an account the runtime file does not have: the two are of different configurations."""


@dataclass(frozen=True, slots=True)
class Target:
    """`outbound` as `Upstream` knows it; `provider` the row of the catalogue."""

    outbound: str
    provider: str
    dialect: ProviderDialect
    path: str
    stream_path: str


@dataclass(frozen=True, slots=True)
class CallTarget:
    """Of a call beside chat: `shape` is a word of `calls.table`, `chat` the dialect of the model's chat ("" = none)."""

    outbound: str
    provider: str
    shape: str
    path: str
    chat: str


class Targets:
    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts = {account.cluster: account for account in accounts}

    def find(self, account: str, model: str) -> Target:
        """Raises UnknownAccount, also where no dialect of the account has the model."""
        found = self._account(account)
        spoken = next((each for each in found.spoken if _has(each.models, model)), None)
        if spoken is None:
            raise UnknownAccount(account)
        return Target(
            outbound=found.outbound,
            provider=found.provider,
            dialect=languages.provider(spoken.dialect),
            path=_filled(spoken.path, model),
            stream_path=_filled(spoken.stream_path, model),
        )

    def find_call(self, account: str, model: str, call: str) -> CallTarget:
        """Raises UnknownAccount, also where nothing can be made of the call."""
        found = self._account(account)
        chat = next((each.dialect for each in found.spoken if _has(each.models, model)), "")
        beside = (each for each in found.beside if each.asked == call and _has(each.models, model))
        shape, path = next(((each.shape, each.path) for each in beside), ("", ""))
        if not shape and call in COUNTS and chat:
            shape = ESTIMATE
        if not shape:
            raise UnknownAccount(account)
        return CallTarget(
            outbound=found.outbound, provider=found.provider, shape=shape, path=_filled(path, model), chat=chat
        )

    def _account(self, account: str) -> Account:
        found = self._accounts.get(account)
        if found is None:
            raise UnknownAccount(account)
        return found


def _has(globs: Sequence[str], model: str) -> bool:
    return not globs or any(fnmatchcase(model, glob) for glob in globs)


def _filled(path: str, model: str) -> str:
    return path.replace("{model}", quote(model, safe="-._~"))
