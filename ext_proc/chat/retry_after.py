"""How long a provider asks to wait, from its headers."""

from __future__ import annotations

import math
from collections.abc import Mapping

SECONDS = (("retry-after", 1.0),)
WITH_MS = (("retry-after-ms", 0.001), *SECONDS)
"""What APIs of OpenAI's kind may say: the finer one first."""


def retry_after_s(headers: Mapping[str, str], said: tuple[tuple[str, float], ...] = SECONDS) -> float | None:
    """Seconds; a date is not read, there is no clock here. `headers` in lower case; `said`: names and their units."""
    for name, unit_s in said:
        try:
            found = float(headers.get(name, "")) * unit_s
        except ValueError:
            continue
        if math.isfinite(found) and found >= 0:
            return found
    return None
