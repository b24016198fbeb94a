"""Which endpoints take multipart/form-data bodies."""

from __future__ import annotations

from collections.abc import Iterable

from control_plane.gateway import Endpoint

_FORMS = frozenset(
    {
        Endpoint.IMAGES_EDITS,
        Endpoint.IMAGES_VARIATIONS,
        Endpoint.AUDIO_TRANSCRIPTIONS,
        Endpoint.AUDIO_TRANSLATIONS,
    }
)


def serves_forms(endpoints: Iterable[Endpoint]) -> bool:
    return not _FORMS.isdisjoint(endpoints)
