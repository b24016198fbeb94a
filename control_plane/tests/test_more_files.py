"""Files as people write them against every version of the format: each compiles, and is warned of what it should be.

They are written for these tests, in the shapes that Plano's public documentation, demos and older releases show.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from control_plane.compile import compile_file

FOLDER = Path(__file__).parent / "more_files"
ENVIRON = {"COLLECTOR": "http://otel:4317"}

# The rules that warn, and how often; a modern file in which all works is told nothing.
WARNED = {
    "v0.1-beta-single-listener-huggingface": "deprecated*6 not-enforced*4",
    "v0.1-both-legacy-listeners": "deprecated*4 redundant-interface",
    "v0.1-claude-interface-and-provider-key": "deprecated*4",
    "v0.1-key-named-without-dollar": "deprecated*4 literal-secret",
    "v0.1-usage-of-providers": "deprecated*7 no-effect*2",
    "v0.2-parameters-of-every-kind": "not-enforced",
    "v0.3-agent-without-models": "",
    "v0.3-agents-one-per-listener": "deprecated not-enforced*2",
    "v0.3-chatgpt-subscription": "",
    "v0.3-former-router-name": "deprecated",
    "v0.3-kubernetes-router-model-in-cluster": "deprecated*2",
    "v0.3-mock-server-for-everything": "not-enforced",
    "v0.3-wildcards-and-own-host": "",
    "v0.3-xiaomi": "not-enforced",
    "v0.4-anchors-and-merges": "",
    "v0.4-anthropic-names-on-a-local-proxy": "",
    "v0.4-budget-and-prompt-caching": "not-enforced",
    "v0.4-crlf-and-comments": "",
    "v0.4-digitalocean-and-sessions": "",
    "v0.4-every-plain-provider": "",
    "v0.4-filters-of-agents-on-every-listener": "not-enforced*2",
    "v0.4-filters-on-the-model-listener": "not-enforced*2",
    "v0.4-kimi-and-custom-host": "",
    "v0.4-listener-object-in-a-new-version": "deprecated*2",
    "v0.4-mode-and-empty-sections": "no-effect not-enforced",
    "v0.4-no-listener-for-models": "",
    "v0.4-one-agent-as-the-orchestrator": "not-enforced*3",
    "v0.4-other-names-of-providers": "",
    "v0.4-own-prefixes-with-an-interface": "",
    "v0.4-qwen-bedrock-and-ollama": "",
    "v0.4-redis-session-cache": "",
    "v0.4-same-model-from-azure-and-openai": "",
    "v0.4-state-in-postgres-and-limits": "not-enforced*2",
    "v0.4-tracing-with-everything": "deprecated not-enforced*2",
    "v0.4-two-ports-one-host": "",
    "v0.4-zero-config-as-upstream-writes-it": "",
}


def test_every_file_is_expected() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == WARNED.keys()


@pytest.mark.parametrize("name", WARNED)
def test_accepted_and_warned_of_what_it_should_be(name: str) -> None:
    compiled = compile_file(FOLDER / f"{name}.yaml", ENVIRON)
    assert compiled.gateway is not None, "\n".join(map(str, compiled.problems.errors))
    counted = sorted(Counter(problem.rule for problem in compiled.problems.warnings).items())
    assert " ".join(f"{rule}*{times}" if times > 1 else rule for rule, times in counted) == WARNED[name]


def test_no_two_warnings_stand_in_one_place() -> None:
    """Two at one place would mostly say the same thing twice."""
    for name in WARNED:
        places = Counter(problem.place for problem in compile_file(FOLDER / f"{name}.yaml", ENVIRON).problems)
        assert max(places.values(), default=1) == 1, name
