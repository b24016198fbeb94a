"""Which entries share a cluster, what clusters are called, and how each attempt is authenticated."""

from __future__ import annotations

import pytest

from control_plane.config import Agent, AwsAuth, ModelProvider, Overrides, Timeouts
from control_plane.gateway import (
    Credential,
    FixedHeader,
    KeyCredential,
    NoCredential,
    PassthroughCredential,
    Secret,
    SigV4Credential,
)
from control_plane.tests.plan_inputs import config, errors, listener, place, planned, provider, warnings

LITELLM = "https://litellm.example.com"


@pytest.mark.parametrize(
    "entries, names",
    [
        pytest.param([provider("openai/gpt-4o"), provider("openai/gpt-4o-mini")], ["openai"], id="one account"),
        pytest.param(
            [provider("openai/a"), provider("openai/b", base_url=LITELLM)],
            ["openai", "openai_litellm.example.com_443"],
            id="another address leaves the usual one its name",
        ),
        pytest.param(
            [provider("openai/a", base_url="http://gpu:8001"), provider("openai/b", base_url="http://gpu:8002")],
            ["openai_gpu_8001", "openai_gpu_8002"],
            id="same host, other port",
        ),
        pytest.param(
            [provider("openai/a", key="$TEAM_A"), provider("openai/b", key="${TEAM_B}")],
            ["openai-team_a", "openai-team_b"],
            id="other key",
        ),
        pytest.param(
            [provider("openai/a", key="sk-one"), provider("openai/b", key="sk-two"), provider("openai/c", key="$K")],
            ["openai-key", "openai-key-2", "openai-k"],
            id="written keys do not tell names",
        ),
        pytest.param(
            [provider("openai/a"), provider("openai/b", headers={"OpenAI-Organization": "x"})],
            ["openai", "openai-2"],
            id="other headers",
        ),
        pytest.param(
            [provider("openai/a"), provider("openai/b", timeouts=Timeouts(connect=9.0, at=place()))],
            ["openai", "openai-2"],
            id="other connect timeout",
        ),
        pytest.param(
            [provider("openai/a", base_url="https://api.openai.com/v1")], ["openai"], id="the usual address written out"
        ),
        pytest.param(
            [provider("mine/a", base_url="http://[::1]:8080/v1", provider_interface="openai")],
            ["mine_1_8080"],
            id="unknown prefix, IPv6",
        ),
    ],
)
def test_names(entries: list[ModelProvider], names: list[str]) -> None:
    assert [cluster.name for cluster in planned(config(*entries)).clusters] == names


@pytest.mark.parametrize("added", [provider("groq/x"), provider("openai/x", base_url=LITELLM)], ids=["other", "same"])
def test_a_further_account_renames_nothing(added: ModelProvider) -> None:
    before = planned(config(provider("openai/gpt-4o"), provider("mistral/m")))
    after = planned(config(added, provider("openai/gpt-4o"), provider("mistral/m")))
    assert {c.name for c in before.clusters} < {c.name for c in after.clusters}


@pytest.mark.parametrize(
    "entry, credential",
    [
        pytest.param(
            provider("openai/a", key="$K"),
            KeyCredential(header="authorization", prefix="Bearer ", secret="K"),
            id="bearer",
        ),
        pytest.param(
            provider("anthropic/a", key="$K"), KeyCredential(header="x-api-key", prefix="", secret="K"), id="header"
        ),
        pytest.param(
            provider("anthropic/a", key="$K", passthrough_auth=True),
            PassthroughCredential(header="x-api-key", prefix=""),
            id="passthrough wins over a key",
        ),
        pytest.param(provider("ollama/a", key=None), NoCredential(), id="local"),
        pytest.param(provider("ollama/a", key=""), NoCredential(), id="empty key"),
        pytest.param(
            provider("amazon_bedrock/a", key=None, aws=AwsAuth(region="eu-west-1", at=place())),
            SigV4Credential(region="eu-west-1", service="bedrock"),
            id="signature",
        ),
        pytest.param(
            provider("amazon_bedrock/a", key=None, base_url="https://bedrock-runtime.us-west-2.amazonaws.com"),
            SigV4Credential(region="us-west-2", service="bedrock"),
            id="region from the address",
        ),
        pytest.param(
            provider("openai/a", key="sk-written"),
            KeyCredential(header="authorization", prefix="Bearer ", secret="PLANO_KEY_OPENAI"),
            id="written",
        ),
    ],
)
def test_credentials(entry: ModelProvider, credential: Credential) -> None:
    assert planned(config(entry)).clusters[0].credential == credential


def test_a_variable_shared_by_clusters_is_one_secret() -> None:
    plan = planned(config(provider("openai/a", key="$K"), provider("groq/b", key="${K}")))
    assert [(s.variable, s.written) for s in plan.secrets] == [("K", False)]


def test_composite_keys_are_written_secrets() -> None:
    entry = provider("openai/a", key="pre-$K")
    assert planned(config(entry)).secrets == (
        Secret(name="PLANO_KEY_OPENAI", variable="PLANO_KEY_OPENAI", written=True, at=entry.at),
    )


def test_a_written_key_takes_no_variable_the_file_refers_to() -> None:
    plan = planned(config(provider("openai/a", key="sk-1"), provider("groq/b", key="$PLANO_KEY_OPENAI")))
    assert [(s.variable, s.written) for s in plan.secrets] == [
        ("PLANO_KEY_OPENAI_2", True),
        ("PLANO_KEY_OPENAI", False),
    ]


def test_an_agent_never_shares_the_name_of_an_account() -> None:
    entry = provider("agent_x/a", base_url="http://h:1", provider_interface="openai")
    plan = planned(config(entry, agents=(Agent(id="x_h_1", url="http://agent", at=place()),)))
    assert [c.name for c in plan.clusters] == ["agent_x_h_1", "agent_x_h_1-2"]


def test_headers_name_variables_and_escape_percent_signs() -> None:
    entry = provider("anthropic/a", headers={"X-Org": "o-${ORG}%$$1", "Anthropic-Version": "2099-01-01"})
    assert planned(config(entry)).clusters[0].headers == (
        FixedHeader(name="anthropic-version", value="2099-01-01"),
        FixedHeader(name="x-org", value="o-%ENVIRONMENT(ORG)%%%$1"),
    )


def test_address_tls_and_host_header() -> None:
    whole = config(
        provider("openai/a", base_url="https://10.0.0.9:8443", http_host="llm.internal"),
        provider("openai/b", base_url="http://localhost:4000"),
        overrides=Overrides(upstream_tls_ca_path="/ca.pem", upstream_connect_timeout=1.5, at=place()),
    )
    by_ip, plain = planned(whole).clusters
    assert (by_ip.host, by_ip.port, by_ip.http_host, by_ip.connect_timeout_s) == ("10.0.0.9", 8443, "llm.internal", 1.5)
    assert by_ip.tls and (by_ip.tls.sni, by_ip.tls.ca_path) == ("llm.internal", "/ca.pem")
    assert plain.tls is None and plain.http_host == "localhost:4000"


@pytest.mark.parametrize(
    "entry, told",
    [
        pytest.param(provider("openai/a", key=None), ["no-credential"], id="no key"),
        pytest.param(provider("openai/a", key=None, base_url=LITELLM), [], id="own address"),
        pytest.param(provider("openai/a", key=None, passthrough_auth=True), [], id="passthrough"),
        pytest.param(provider("vllm/a", key=None, base_url="http://gpu:8000"), [], id="local"),
    ],
)
def test_requests_without_credentials_are_warned_of(entry: ModelProvider, told: list[str]) -> None:
    assert [w.split(":")[0] for w in warnings(config(entry))] == told


@pytest.mark.parametrize(
    "entry, rule",
    [
        pytest.param(provider("azure_openai/a"), "provider-address", id="no address"),
        pytest.param(provider("amazon_bedrock/a"), "provider-address", id="no region, so no address"),
        pytest.param(provider("amazon_bedrock/a", key=None, base_url="http://vpce:80"), "aws-region", id="no region"),
        pytest.param(provider("openai/a", aws=AwsAuth(region="x", at=place())), "aws-service", id="no service"),
    ],
)
def test_impossible_providers(entry: ModelProvider, rule: str) -> None:
    assert [e.split(":")[0] for e in errors(config(entry, listeners=(listener(),)))] == [rule]
