"""The first configurations that `plano-cp init` offers: one commented YAML file each, ready to be copied and edited.

In: the name of a template. Out: its text, byte for byte as shipped. Never: anything about the user's machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

TEMPLATES: Mapping[str, str] = {
    "model_gateway": "one address for several model providers",
    "failover": "one model name with a second provider behind it, and a weighted split",
    "agents": "two agents behind one address, each chosen for what it is good at",
    "preference_routing": "the model chosen by what a request is about",
    "guardrails": "services that check requests and clean answers",
    "secure_listener": "TLS, a key for every caller, and who may use which model",
}
"""Name -> what it shows, in the order of a first reading."""


def text(name: str) -> str:
    """The template's YAML text; KeyError for a name that is not in TEMPLATES."""
    if name not in TEMPLATES:
        raise KeyError(name)
    return (files(__package__) / f"{name}.yaml").read_text("utf-8")
