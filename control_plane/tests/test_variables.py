import pytest

from control_plane.tests.configs import MINIMAL, accepted, found, read_text

SECRET_FIELDS = """\
version: v0.4.0
listeners:
  - type: model
    name: llm
    port: 12000
    auth: {api_keys: [{name: a, key: $S}]}
model_providers:
  - model: openai/gpt-4o
    access_key: $S
    default: true
    headers: {X-Org: "${S}"}
prompt_targets:
  - name: t
    description: asks the weather service about tomorrow
    endpoint: {name: e, path: /, http_headers: {Authorization: "Bearer $S"}}
endpoints: {e: {endpoint: example.com}}
tracing: {exporters: [{type: posthog, url: "https://p.example", api_key: $S}]}
state_storage: {type: postgres, connection_string: "postgresql://u:$S@h/d"}
routing: {session_cache: {type: redis, url: "redis://:$S@h"}}
"""


def test_secrets_stay_templates_and_need_no_value() -> None:
    config = accepted(SECRET_FIELDS)
    provider = config.model_providers[0]
    auth = config.listeners[0].auth
    assert provider.access_key and auth and config.tracing and config.state_storage
    cache = config.routing.session_cache if config.routing else None
    assert cache and cache.url
    secrets = [
        provider.access_key,
        provider.headers[0].value,
        auth.api_keys[0].key,
        config.prompt_targets[0]["endpoint"]["http_headers"]["Authorization"],
        config.tracing.exporters[0]["api_key"],
        config.state_storage["connection_string"],
        cache.url,
    ]
    assert [secret.variables for secret in secrets] == [("S",)] * 7
    assert accepted(SECRET_FIELDS, {"S": "sk-live"}) == config


def test_other_values_are_filled_in_and_read_anew() -> None:
    text = MINIMAL.replace("12000", "$PORT").replace("name: llm", 'name: "$NAME"') + "mode: ${MODE}\n"
    listener = accepted(text, {"PORT": "8080", "NAME": "12", "MODE": "llm"}).listeners[0]
    assert (listener.port, listener.name) == (8080, "12")


def test_an_unset_variable_is_named_once_at_its_place() -> None:
    _, problems = read_text(MINIMAL.replace("12000", "$PORT"))
    assert found(problems) == ["3:36 unset-variable"]
    assert "PORT" in problems.errors[0].what


WANTING = """\
version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000, address: $UNSET}
model_providers:
  - {model: openai/gpt-4o, access_key: $K, base_url: "https://$UNSET:80:80/v1", http_host: $UNSET, default: true}
agents: [{id: a, url: $UNSET}]
endpoints: {e: {endpoint: $UNSET}}
model_aliases: {quick: {target: $UNSET}}
tracing: {opentracing_grpc_endpoint: $UNSET}
"""


def test_what_follows_from_an_unset_variable_is_not_told_too() -> None:
    _, problems = read_text(WANTING)
    assert {problem.rule for problem in problems.errors} == {"unset-variable"}
    assert len(problems.errors) == WANTING.count("$UNSET")


def test_a_similar_variable_is_offered_but_no_value_shown() -> None:
    _, problems = read_text(MINIMAL.replace("12000", "$GATEWAY_PROT"), {"GATEWAY_PORT": "sk-secret"})
    assert "GATEWAY_PORT" in problems.errors[0].do and "sk-secret" not in str(problems.errors[0])


def test_two_dollars_are_one() -> None:
    assert accepted(MINIMAL.replace("name: llm", "name: a$$b")).listeners[0].name == "a$b"


@pytest.mark.parametrize("price", ["costs $5 or $TEN", "${not a variable", "$$"])
def test_prose_may_hold_dollars(price: str) -> None:
    text = (
        MINIMAL
        + f'system_prompt: "{price}"\nrouting_preferences:\n'
        + (f'  - {{name: a, description: "answers about a price of {price}", models: [gpt-4o]}}\n')
    )
    config = accepted(text)
    assert config.system_prompt == price and price in config.routing_preferences[0].description


def test_a_malformed_reference_is_refused() -> None:
    _, problems = read_text(MINIMAL.replace("$OPENAI_API_KEY", '"${OPENAI-KEY}"'))
    assert found(problems) == ["5:40 variable-syntax"]


PROVIDER = "{model: mistral/m, access_key: $S, base_url: 'http://h'}"
EXPOSED = {
    "base_url": PROVIDER.replace("http://h", "http://h/$S"),
    "model": PROVIDER.replace("mistral/m", "mistral/$S"),
    "name": PROVIDER.replace("{", "{name: $S, ", 1),
    "http_host": PROVIDER.replace("{", "{http_host: $S, ", 1),
    "region": "{model: bedrock/m, aws: {region: $AWS_SECRET_ACCESS_KEY}}",
    "beside a header": "{model: mistral/m, headers: {X-Key: 'Bearer $S'}, base_url: 'http://h/$S'}",
}


@pytest.mark.parametrize("entry", EXPOSED.values(), ids=EXPOSED.keys())
def test_a_secret_is_refused_where_it_would_be_readable(entry: str) -> None:
    environ = {"S": "pw-secret", "AWS_SECRET_ACCESS_KEY": "pw-secret"}
    config, problems = read_text(MINIMAL + f"  - {entry}\n", environ)
    (told,) = [problem for problem in problems.errors if problem.rule == "exposed-secret"]
    assert config is None and told.place.line == 6 and "another variable" in told.do
    assert not any("pw-secret" in str(problem) for problem in problems if problem.rule == "exposed-secret")


def test_a_variable_may_be_plain_in_many_places_or_secret_in_many() -> None:
    text = MINIMAL.replace("name: llm", "name: $N").replace("12000", "12000, address: $A")
    text += "  - {model: mistral/m, access_key: $OPENAI_API_KEY, name: $N}\nsystem_prompt: never say $OPENAI_API_KEY\n"
    assert accepted(text, {"N": "x", "A": "127.0.0.1"}).model_providers[1].name == "x"
