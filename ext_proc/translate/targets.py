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
from schemas.runtime import Account, Spoken


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


class Targets:
    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts = {account.cluster: account for account in accounts}

    def find(self, account: str, model: str) -> Target:
        """Raises UnknownAccount, also where no dialect of the account has the model."""
        found = self._accounts.get(account)
        if found is None:
            raise UnknownAccount(account)
        spoken = next((each for each in found.spoken if _has(each, model)), None)
        if spoken is None:
            raise UnknownAccount(account)
        return Target(
            outbound=found.outbound,
            provider=found.provider,
            dialect=languages.provider(spoken.dialect),
            path=_filled(spoken.path, model),
            stream_path=_filled(spoken.stream_path, model),
        )


def _has(spoken: Spoken, model: str) -> bool:
    return not spoken.models or any(fnmatchcase(model, glob) for glob in spoken.models)


def _filled(path: str, model: str) -> str:
    return path.replace("{model}", quote(model, safe="-._~"))
