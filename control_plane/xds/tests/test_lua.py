"""The Lua programs, run by the Envoy that will run them: one Envoy per module, many bodies through it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from control_plane.gateway import Endpoint, UpstreamPath
from control_plane.xds import lua_source
from control_plane.xds.tests import lab, plans
from control_plane.xds.tests.plans import cluster, gateway, model_route, models, target

pytestmark = pytest.mark.skipif(lab.ENVOY is None, reason="no Envoy installed")

REAL = 'real "model" \\ ü'
PATHS = (
    *plans.same_paths((Endpoint.COMPLETIONS, Endpoint.AUDIO_TRANSCRIPTIONS)),
    (Endpoint.CHAT_COMPLETIONS, UpstreamPath(path="/deploy/{model}/chat", query="api-version=7")),
)


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[lab.Running, lab.Provider]]:
    provider = lab.Provider()
    with lab.providers(provider):
        account = cluster("account", port=provider.port, paths=PATHS)
        routes = (
            model_route("alias", (target("account", REAL),)),
            model_route("wild", (target("account", None, strip="acme/"),)),
        )
        serves = models(*routes, exact=(("alias", "alias"),), prefixes=(("acme/", "wild"),), default="alias")
        with lab.running(gateway(serves, account)) as envoy:
            yield envoy, provider


def sent(world, body: bytes, path: str = "/v1/completions", kind: str = "application/json") -> lab.Seen:
    """What reached the provider."""
    envoy, provider = world
    provider.seen.clear()
    assert envoy.call("POST", path, body, {"content-type": kind}).status == 200
    return provider.seen[0]


QUOTED = json.dumps(REAL, ensure_ascii=False).replace('\\"', "\\u0022").replace("\\\\", "\\u005c")

BODIES = {
    "plain": ('{"model":"alias"}', '{"model":@}'),
    "spacing kept": ('  { "a" : 1 ,\n\t"model" :\r\n "alias" }\n', '  { "a" : 1 ,\n\t"model" :\r\n @ }\n'),
    "every duplicate": ('{"model":"alias","model":"\\u0061lias"}', '{"model":@,"model":@}'),
    "nested left alone": (
        '{"x":{"model":"alias"},"y":["model"],"model":"alias"}',
        '{"x":{"model":"alias"},"y":["model"],"model":@}',
    ),
    "text that looks like it": (
        '{"p":"\\"model\\":\\"alias\\"}\\\\","model":"alias"}',
        '{"p":"\\"model\\":\\"alias\\"}\\\\","model":@}',
    ),
    "escaped key": ('{"m\\u006fde\\u006C":"alias"}', '{"m\\u006fde\\u006C":@}'),
    "big numbers": ('{"n":12345678901234567890.10,"model":"alias"}', '{"n":12345678901234567890.10,"model":@}'),
    "missing": ('{"a":1}', '{"model":@,"a":1}'),
    "missing in an empty object": ("{ }", '{"model":@ }'),
    "null": ('{"model":null,"a":[]}', '{"model":@,"a":[]}'),
    "empty": ('{"model":""}', '{"model":@}'),
    "byte order mark": ('\ufeff{"model":"alias"}', '\ufeff{"model":@}'),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=list(BODIES))
def test_only_the_model_changes(world, body, expected):
    seen = sent(world, body.encode())
    assert seen.body.decode() == expected.replace("@", QUOTED)
    assert seen.headers["content-length"] == str(len(seen.body))


keys = st.one_of(st.sampled_from(["model", "messages", "Model", "model ", ""]), st.text(max_size=8))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rest=st.dictionaries(keys.filter(lambda key: key.lower() != "model"), values, max_size=5),
    first=st.booleans(),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_any_object_keeps_everything_else(world, rest, first, ascii_only, indent):
    body = {"model": "alias", **rest} if first else {**rest, "model": "alias"}
    text = json.dumps(body, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    received = json.loads(sent(world, text).body)
    expected = json.loads(text) | {"model": REAL}
    assert received == expected
    assert list(received) == list(expected)


def test_the_rest_of_a_wildcard_name_is_the_model(world):
    assert json.loads(sent(world, b'{"model":"acme/some/\\u00e9\\n"}').body) == {"model": "some/é\n"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", "api-version=7"), ("?a=b&c", "api-version=7&a=b&c"), ("?api-version=1&x=1", "api-version=7&x=1")],
    ids=["none", "kept", "ours wins"],
)
def test_path_holds_the_encoded_model_and_the_client_query(world, query, expected):
    seen = sent(world, b'{"model":"acme/a b/c"}', f"/v1/chat/completions{query}")
    assert seen.path == f"/deploy/a%20b%2Fc/chat?{expected}"


def form(*parts: tuple[str, bytes]) -> bytes:
    rows = [b"--B\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), body) for head, body in parts]
    return b"".join(rows) + b"--B--\r\n"


FILE = ('name="file"; filename="model"', b'\x00--B \r\nname="model"\r\n\r\nnot this\xff')


@pytest.mark.parametrize("boundary", ["B", '"B"'], ids=["bare", "quoted"])
@pytest.mark.parametrize("name", ['name="model"', "name=model"], ids=["quoted", "bare"])
def test_forms_carry_the_model_in_a_part(world, boundary, name):
    kind = f"multipart/form-data; boundary={boundary}"
    seen = sent(world, form(FILE, (name, b"acme/whisper"), ("name=n", b"1")), "/v1/audio/transcriptions", kind)
    assert seen.body == form(FILE, (name, b"whisper"), ("name=n", b"1"))
    assert seen.headers["content-length"] == str(len(seen.body))


def test_a_form_without_model_gets_the_default(world):
    seen = sent(world, form(FILE), "/v1/audio/transcriptions", "Multipart/Form-Data; charset=x; Boundary=B")
    assert seen.body == form(('name="model"', REAL.encode()), FILE)


def test_constants_cannot_become_code():
    text = lua_source.literal({'a"]=os.exit()--\n': ["\\", "ü"]})
    assert text == '{["a\\034]=os.exit()--\\010"]={"\\092","\\195\\188"}}'
