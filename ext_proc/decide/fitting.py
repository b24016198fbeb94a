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

_MARKS: Mapping[str, tuple[bytes, ...]] = {
    "images": (b'"image', b'"input_image"'),
    "audio": (b'"audio', b'"input_audio"'),
    "video": (b'"video',),
    "documents": (b'"file"', b'"input_file"', b'"document"', b'"application/pdf'),
    "tools": (b'"tools"',),
}
"""What a body has somewhere where it needs the capability: a type, or a media type. Quotes in texts are escaped."""


class Fitting:
    """One call. `providers`: rows of the catalogue by account, as far as they are known."""

    def __init__(self, path: str, raw: bytes, body: Mapping[str, object], providers: Mapping[str, str]) -> None:
        self._path, self._raw, self._body = path, raw, body
        self._providers = providers
        self._found: dict[str, bool] = {}

    def fits(self, attempt: Attempt) -> bool:
        return self.lack(attempt) is None

    def lack(self, attempt: Attempt) -> Need | None:
        model = self.model(attempt)
        if not self._marked(model) and not needs.may_be_too_long(model, len(self._raw)):
            return None
        return None if self._request is None else needs.lacking(self._request, model, len(self._raw))

    def model(self, attempt: Attempt) -> Model:
        """Some providers read documents out to any model, so that those say nothing where the provider is unknown."""
        provider = self._providers.get(attempt.cluster, "")
        found = models.find(provider, attempt.model)
        return found if provider else needs.checked(found)

    def _marked(self, model: Model) -> bool:
        return any(self._has(need) for need in _MARKS if need in model.lacks)

    def _has(self, need: str) -> bool:
        known = self._found.get(need)
        if known is None:
            known = self._found[need] = any(mark in self._raw for mark in _MARKS[need])
        return known

    @cached_property
    def _request(self) -> Request | None:
        try:
            return languages.client(languages.of_path(self._path)).decode_request(self._body, Asked(path=self._path))
        except (Malformed, KeyError):
            return None
