"""Model and method out of a call's path.

In: "/v1beta/models/gemini-2.5-flash:streamGenerateContent", also Vertex AI's
"/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent". Out: the model's name without
what stands before it in every path, and the method.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_VERSION = re.compile(r"/v\d+[a-z0-9]*/(.*)")
_PLACE = re.compile(r"projects/[^/]+/locations/[^/]+/(.*)")
_GOOGLE = "publishers/google/models/"
_MODELS = "models/"


def split_path(path: str) -> tuple[str, str]:
    """(model, method); names of other publishers, tuned models and endpoints keep what tells them apart."""
    plain = unquote(path)
    found = _VERSION.search(plain)
    resource = found[1] if found else plain.lstrip("/")
    name, _, method = resource.rpartition(":")
    placed = _PLACE.fullmatch(name)
    name = placed[1] if placed else name
    for head in (_GOOGLE, _MODELS):
        if name.startswith(head):
            return name.removeprefix(head), method
    return name, method
