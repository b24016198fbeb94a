"""Whether a model can take a call: what the request needs against what is known of models.

In: a call's body, the accounts whose providers are known. Out: for an attempt, the need it is known not to meet. Cheap
where nothing can be missing: a body is decoded only if a model in question lacks something and the body may have it.
Never: a refusal on a guess, or one of a body this gateway cannot read; the provider will say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ext_proc.call import Attempt
from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Malformed
from ext_proc.chat.request import Request
from ext_proc.translate import languages, models, needs
from ext_proc.translate.needs import Need

_CONTENT = frozenset({"images", "audio", "video", "documents", "tools"})
_MARKS = (b"image", b"audio", b"file", b"document", b"video", b'"tools"')
"""Bodies without any of these hold words only."""


class Fitting:
    """One call. `providers`: rows of the catalogue by account, as far as they are known."""

    def __init__(self, path: str, raw: bytes, body: Mapping[str, object], providers: Mapping[str, str]) -> None:
        self._path, self._raw, self._body = path, raw, body
        self._providers = providers

    def fits(self, attempt: Attempt) -> bool:
        return self.lack(attempt) is None

    def lack(self, attempt: Attempt) -> Need | None:
        model = self.model(attempt)
        wordless = model.lacks & _CONTENT and self._marked
        if not wordless and not needs.may_be_too_long(model, len(self._raw)):
            return None
        return None if self._request is None else needs.lacking(self._request, model, len(self._raw))

    def model(self, attempt: Attempt) -> Model:
        """Some providers read documents out to any model, so that those say nothing where the provider is unknown."""
        provider = self._providers.get(attempt.cluster, "")
        found = models.find(provider, attempt.model)
        return found if provider else needs.checked(found)

    @cached_property
    def _marked(self) -> bool:
        return any(mark in self._raw for mark in _MARKS)

    @cached_property
    def _request(self) -> Request | None:
        try:
            return languages.client(languages.of_path(self._path)).decode_request(self._body, Asked(path=self._path))
        except (Malformed, KeyError):
            return None
