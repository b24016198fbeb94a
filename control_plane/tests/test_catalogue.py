"""The provider and model rows as a user meets them: where a request ends up, and that no row is half-written."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from control_plane import catalogue
from control_plane.catalogue import ProviderRow
from control_plane.catalogue import file as catalogue_file
from control_plane.catalogue import rows as catalogue_rows
from control_plane.gateway import Endpoint

CHAT, MESSAGES, RESPONSES = Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES
ROWS = list(catalogue.providers().values())
EACH_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

# provider, the entry's base_url, endpoint, path upstream (with its query); None = needs translation
PLACES: list[tuple[str, str | None, Endpoint, str | None]] = [
    # each provider at its own address
    ("openai", None, CHAT, "/v1/chat/completions"),
    ("openai", None, RESPONSES, "/v1/responses"),
    ("openai", None, MESSAGES, None),
    ("openai", None, Endpoint.RERANK, None),
    ("openai", None, Endpoint.AUDIO_TRANSCRIPTIONS, "/v1/audio/transcriptions"),
    ("anthropic", None, MESSAGES, "/v1/messages"),
    ("anthropic", None, CHAT, None),
    ("groq", None, CHAT, "/openai/v1/chat/completions"),
    ("groq", None, Endpoint.EMBEDDINGS, None),
    ("zhipu", None, CHAT, "/api/paas/v4/chat/completions"),
    ("zhipu", None, MESSAGES, "/api/anthropic/v1/messages"),
    ("gemini", None, CHAT, "/v1beta/openai/chat/completions"),
    ("gemini", None, Endpoint.GEMINI_COUNT_TOKENS, "/v1beta/models/{model}:countTokens"),
    ("openai", None, Endpoint.INPUT_TOKENS, "/v1/responses/input_tokens"),
    ("anthropic", None, Endpoint.COUNT_TOKENS, "/v1/messages/count_tokens"),
    ("google", None, Endpoint.EMBEDDINGS, "/v1beta/openai/embeddings"),
    ("perplexity", None, CHAT, "/chat/completions"),
    ("perplexity", None, RESPONSES, "/v1/responses"),
    ("cohere", None, CHAT, "/compatibility/v1/chat/completions"),
    ("cohere", None, Endpoint.RERANK, "/v2/rerank"),
    ("openrouter", None, MESSAGES, "/api/v1/messages"),
    ("openrouter", None, RESPONSES, "/api/v1/responses"),
    ("edenai", None, CHAT, "/v3/chat/completions"),
    ("edenai", None, MESSAGES, "/v3/v1/messages"),
    ("deepseek", None, CHAT, "/v1/chat/completions"),
    ("deepseek", None, MESSAGES, "/anthropic/v1/messages"),
    ("deepseek", None, Endpoint.COMPLETIONS, "/beta/completions"),
    ("xai", None, RESPONSES, "/v1/responses"),
    ("vercel", None, MESSAGES, "/v1/messages"),
    ("do", None, CHAT, "/v1/chat/completions"),
    ("together", None, CHAT, "/v1/chat/completions"),
    ("fireworks", None, CHAT, "/inference/v1/chat/completions"),
    ("github", None, CHAT, "/inference/chat/completions"),
    ("chatgpt", None, RESPONSES, "/backend-api/codex/responses"),
    ("chatgpt", None, CHAT, None),
    ("ollama", None, CHAT, "/v1/chat/completions"),
    ("amazon", None, CHAT, "/openai/v1/chat/completions"),
    # a base_url without a path keeps the provider's own prefix
    ("qwen", "https://dashscope-intl.aliyuncs.com", CHAT, "/compatible-mode/v1/chat/completions"),
    ("qwen", "https://dashscope.aliyuncs.com/", MESSAGES, "/apps/anthropic/v1/messages"),
    ("amazon_bedrock", "https://bedrock-runtime.us-west-2.amazonaws.com", CHAT, "/openai/v1/chat/completions"),
    ("openai", "https://litellm.example.com", CHAT, "/v1/chat/completions"),
    ("vllm", "http://localhost:8000", Endpoint.RERANK, "/v1/rerank"),
    (
        "azure_openai",
        "https://acme.openai.azure.com",
        CHAT,
        "/openai/deployments/{model}/chat/completions?api-version=2025-01-01-preview",
    ),
    ("azure_openai", "https://acme.openai.azure.com", RESPONSES, "/openai/v1/responses"),
    # a path in base_url replaces it, whatever the provider
    ("groq", "https://api.groq.com/openai/v1", CHAT, "/openai/v1/chat/completions"),
    ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai/", CHAT, "/v1beta/openai/chat/completions"),
    ("zhipu", "https://api.z.ai/api/coding/paas/v4", CHAT, "/api/coding/paas/v4/chat/completions"),
    ("openai", "http://fake-provider:10501/v1", CHAT, "/v1/chat/completions"),
    ("openai", "https://proxy.example.com/team-a/openai", CHAT, "/team-a/openai/chat/completions"),
    ("anthropic", "https://proxy.example.com/claude/v1", MESSAGES, "/claude/v1/messages"),
    ("edenai", "https://api.edenai.run/v3", CHAT, "/v3/chat/completions"),
    (
        "vertex_ai",
        "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1/endpoints/openapi",
        CHAT,
        "/v1/projects/p/locations/europe-west1/endpoints/openapi/chat/completions",
    ),
    # absolute paths belong to the provider's own hosts
    ("moonshotai", "https://api.moonshot.ai/v1", MESSAGES, "/anthropic/v1/messages"),
    ("moonshotai", "https://api.moonshot.cn/v1", MESSAGES, "/anthropic/v1/messages"),
    ("moonshotai", "https://proxy.example.com/v1", MESSAGES, None),
    ("deepseek", "http://localhost:9000", MESSAGES, None),
    ("openai", "http://localhost:9000", Endpoint.INPUT_TOKENS, None),
    # a provider's own interface, at an address that says its version or does not
    ("gemini", "https://generativelanguage.googleapis.com/v1beta", Endpoint.EMBEDDINGS, None),
    ("gemini", "http://localhost:9000/v1beta", Endpoint.GENERATE_CONTENT, "/v1beta/models/{model}:generateContent"),
    ("gemini", "http://localhost:9000", Endpoint.EMBED_CONTENT, "/v1beta/models/{model}:embedContent"),
    (
        "gemini",
        "http://localhost:9000/t/v1beta/",
        Endpoint.EMBED_CONTENT,
        "/t/v1beta/models/{model}:embedContent",
    ),
    ("cohere", "https://api.cohere.com/v2", Endpoint.COHERE_EMBED, "/v2/embed"),
    ("cohere", "https://api.cohere.com/v2", Endpoint.EMBEDDINGS, None),
    ("cohere", "http://localhost:9000/v2", Endpoint.RERANK, "/v2/rerank"),
    ("azure_openai", "https://gateway.example.com", RESPONSES, None),
    # addresses that are laid out differently
    ("moonshotai", "https://api.kimi.com/coding", CHAT, "/coding/v1/chat/completions"),
    ("moonshotai", "https://api.kimi.com/coding/", MESSAGES, "/coding/v1/messages"),
    ("moonshotai", "https://api.kimi.com/coding/v1", CHAT, "/coding/v1/chat/completions"),
    ("moonshotai", "https://api.moonshot.ai/coding", CHAT, "/coding/chat/completions"),
    ("openai", "https://api.kimi.com/coding", CHAT, "/coding/v1/chat/completions"),
    ("azure_openai", "https://acme.openai.azure.com/openai/v1", CHAT, "/openai/v1/chat/completions"),
    ("azure_openai", "https://acme.openai.azure.com/openai/v1", Endpoint.EMBEDDINGS, "/openai/v1/embeddings"),
    ("amazon_bedrock", "https://bedrock-mantle.us-east-1.api.aws", RESPONSES, "/v1/responses"),
    ("meta", "https://api.llama.com", CHAT, "/compat/v1/chat/completions"),
]


@pytest.mark.parametrize(("prefix", "base_url", "endpoint", "wanted"), PLACES, ids=lambda value: str(value))
def test_a_request_goes_where_the_provider_answers_it(prefix, base_url, endpoint, wanted):
    row = _row(prefix)
    found = catalogue.upstream_path(row, base_url, endpoint)
    assert (found and "?".join(part for part in found if part)) == wanted


@pytest.mark.parametrize(("prefix", "base_url", "endpoint", "wanted"), PLACES, ids=lambda value: str(value))
def test_a_row_settled_for_its_address_gives_the_same_paths(prefix, base_url, endpoint, wanted):
    row = _row(prefix)
    settled = catalogue.row_at(row, base_url, "some-model")
    assert catalogue.upstream_path(settled, base_url, endpoint) == catalogue.upstream_path(row, base_url, endpoint)


@pytest.mark.parametrize(
    ("model", "endpoint", "native"),
    [
        ("openai.gpt-oss-120b-1:0", CHAT, True),
        ("openai.gpt-oss-120b-1:0", RESPONSES, False),
        ("openai.gpt-6-sol", RESPONSES, True),
        ("anthropic.claude-opus-5", CHAT, False),
        ("*", CHAT, False),
        (None, CHAT, True),
    ],
    ids=str,
)
def test_an_endpoint_of_some_models_is_native_for_those_only(model, endpoint, native):
    url = "https://bedrock-runtime.us-east-1.amazonaws.com"
    assert (catalogue.upstream_path(_row("amazon_bedrock"), url, endpoint, model) is not None) is native


@pytest.mark.parametrize(
    ("base_url", "model", "wanted"),
    [
        ("https://api.kimi.com/coding", "kimi-k3", (("user-agent", "KimiCLI/1.3"),)),
        ("https://proxy.example.com/v1", "kimi-for-coding", (("user-agent", "KimiCLI/1.3"),)),
        ("https://proxy.example.com/v1", "kimi-k3", ()),
        (None, "kimi-for-coding", ()),
    ],
    ids=str,
)
def test_headers_follow_the_address_and_the_model(base_url, model, wanted):
    assert catalogue.row_at(_row("openai"), base_url, model).headers == wanted


@given(path=st.from_regex(r"(/[a-z0-9._-]{1,8}){1,4}", fullmatch=True), row=st.sampled_from(ROWS))
def test_any_path_of_a_foreign_host_replaces_the_prefix(path, row):
    assume(not any(variant.path and path.startswith(variant.path) for variant in row.variants))
    for endpoint in row.paths:
        found = catalogue.upstream_path(row, f"https://proxy.example.com:8443{path}/", endpoint)
        assert found is None or (found[0].startswith(f"{path}/") and "//" not in found[0])


def test_a_region_completes_an_address_and_nothing_else_does():
    row = _row("amazon_bedrock")
    assert catalogue.default_base_url(row) is None
    assert catalogue.default_base_url(row, "eu-central-1") == "https://bedrock-runtime.eu-central-1.amazonaws.com"


@pytest.mark.parametrize("prefix", [row.name for row in ROWS if row.base_url is None])
def test_without_an_address_of_its_own_a_row_shows_how_to_write_one(prefix):
    row = _row(prefix)
    assert catalogue.default_base_url(row) is None
    assert urlsplit(row.example or "").scheme in ("http", "https")


@EACH_ROW
def test_an_own_address_is_a_bare_https_address(row: ProviderRow):
    if row.base_url is None:
        return
    url = urlsplit(row.base_url)
    assert url.path == ""
    assert url.scheme == "https" or url.hostname == "localhost"


@EACH_ROW
def test_a_path_is_well_formed_and_its_query_apart(row: ProviderRow):
    for path in row.paths.values():
        assert path.path and not path.path.endswith("/") and "?" not in path.path and "//" not in path.path


@EACH_ROW
def test_absolute_paths_are_reachable(row: ProviderRow):
    """A row with absolute paths knows a host of its own, else nobody would ever get them."""
    if any(path.path.startswith("/") for path in row.paths.values()):
        assert row.base_url or row.hosts


@EACH_ROW
def test_header_names_are_lower_case(row: ProviderRow):
    names = [row.credential.header, *(name for name, _ in row.headers)]
    names += [name for variant in row.variants for name, _ in variant.headers or ()]
    assert names == [name.lower() for name in names]


@EACH_ROW
def test_a_wildcard_lists_ids_that_the_provider_has(row: ProviderRow):
    ids = [model.id for model in catalogue.listed(row)]
    assert bool(ids) == (row.wildcard_catalogue is not None)
    assert len(ids) == len(set(ids))
    for path in row.paths.values():
        assert not path.models or path.own or any(fnmatchcase(id, glob) for id in ids for glob in path.models)


def test_every_prefix_means_one_row():
    words = [word for row in ROWS for word in (row.name, *row.aliases)]
    assert len(words) == len(set(words))
    assert [catalogue.find(word) for word in words] == [row for row in ROWS for _ in (row.name, *row.aliases)]
    assert catalogue.find("no-such-provider") is None


def test_every_list_of_models_is_used():
    assert {row.wildcard_catalogue for row in ROWS if row.wildcard_catalogue} == set(catalogue.models())


@pytest.mark.parametrize("name", ["providers.yaml", "models.yaml"])
def test_no_key_is_written_twice(name):
    def keys(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            names = [key.value for key, _ in node.value]
            assert len(names) == len(set(names)), names
        for child in node.value if isinstance(node.value, list) else ():
            for part in child if isinstance(child, tuple) else (child,):
                keys(part)

    keys(yaml.compose((catalogue_file.SCHEMAS / name).read_text("utf-8")))


GOOD = {"title": "T", "default_prefix": "/v1", "dialect": "openai_chat", "host_docs": "d"}
BAD = {
    "unknown field": ({"colour": "red"}, "unknown colour"),
    "wrong type": ({"title": 1}, "title: must be text"),
    "no such dialect": ({"dialect": "latin"}, "dialect: must be one of"),
    "no such endpoint": ({"serves": ["/v1/chat"]}, "/v1/chat is no endpoint"),
    "endpoint twice": (
        {"serves": ["/v1/messages"], "paths": {"/v1/messages": "/m"}},
        "/v1/messages is in serves already",
    ),
    "prefix with a slash too many": ({"default_prefix": "/v1/"}, "default_prefix"),
    "unknown field of a path": ({"paths": {"/v1/messages": {"path": "m", "modles": []}}}, "unknown modles"),
    "unknown condition": ({"variants": [{"when": {"port": "1"}}]}, "unknown port"),
    "unknown change": ({"variants": [{"when": {"host": "h"}, "title": "x"}]}, "unknown title"),
    "signing for no service": ({"credential": {"without_key": "aws_sigv4"}}, "aws_service"),
    "not a row": ([], "must be a mapping"),
}


@pytest.mark.parametrize(("change", "says"), BAD.values(), ids=BAD.keys())
def test_a_malformed_row_is_refused_with_its_place(change, says):
    data = GOOD | change if isinstance(change, dict) else change
    with pytest.raises(catalogue_file.CatalogueError, match=r"^test") as caught:
        catalogue_file.provider("test", data)
    assert says in str(caught.value)


def test_no_provider_is_named_in_code():
    """Names of rows are data: a new provider must not need a line of code."""
    words = {row.name for row in ROWS} - {catalogue.GENERIC, *get_args(catalogue_rows.Dialect)}
    code = "".join(
        path.read_text("utf-8")
        for path in Path(catalogue.__file__).parent.glob("*.py")
        if path.stem.startswith(("catalogue", "plan", "zero_config"))
    )
    assert [word for word in words if f'"{word}"' in code or f"'{word}'" in code] == []


def _row(prefix: str) -> ProviderRow:
    row = catalogue.find(prefix)
    assert row is not None
    return row
