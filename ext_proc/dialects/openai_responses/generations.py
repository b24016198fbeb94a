"""Whether a model thinks: what its name tells where no data does.

The API refuses encrypted thoughts and an effort for models that do not think, temperature and top_p for models that do
(OpenAI's guide to reasoning models, and the errors it gives). Names that tell nothing, like a deployment's, are left
open.
"""

from __future__ import annotations

import re

from ext_proc.chat.dialect import Model

_START = r"(?:^|.*[/:])"
_SPEAKS = re.compile(_START + r"(?:chatgpt-4|gpt-[34]|gpt-[5-9][\d.]*-chat)")
_THINKS = re.compile(_START + r"(?:o\d|gpt-[5-9]|codex-)")


def thinks(model: Model) -> bool | None:
    """None: unknown."""
    if "reasoning" in model.lacks or _SPEAKS.match(model.id):
        return False
    return True if _THINKS.match(model.id) else None
