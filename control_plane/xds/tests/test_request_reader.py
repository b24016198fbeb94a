"""What the gateway takes for the model of a body, in a real Envoy, held against Python's own JSON reader."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from control_plane.xds.tests import lab
from control_plane.xds.tests.plans import cluster, gateway, model_route, models, target

pytestmark = pytest.mark.skipif(lab.ENVOY is None, reason="no Envoy installed")

CHAT = "/v1/chat/completions"
LISTED = ("gpt-4o", "vendor/some model", "\u00fc \U0001f600")


@pytest.fixture(scope="module")
def world() -> Iterator[lab.Running]:
    """Known names lead to a provider, everything else tells what the gateway read in its refusal."""
    provider = lab.Provider()
    with lab.providers(provider):
        account = cluster("account", port=provider.port)
        routes = [model_route(name, (target("account", name, rewrite=False),)) for name in LISTED]
        with lab.running(gateway(models(*routes), account)) as envoy:
            yield envoy


def read(world, body: bytes, kind: str = "application/json") -> str:
    """`known`, or the code of the refusal."""
    reply = world.call("POST", CHAT, body, {"content-type": kind})
    return "known" if reply.status == 200 else reply.json["error"]["code"]


def expected(body: bytes) -> str:
    """The same by Python's reader."""
    pairs: list[tuple[str, object]] = []

    def keep(members):
        pairs[:] = members
        return dict(members)

    try:
        value = json.loads(body, object_pairs_hook=keep, parse_int=_number, parse_float=_number)
    except (ValueError, RecursionError):
        return "invalid_json"
    named = ["" if member is None else member for key, member in pairs if key.lower() == "model"]
    if not isinstance(value, dict) or any(member != named[0] for member in named):
        return "invalid_json"
    model = named[0] if named else ""
    if model == "":
        return "missing_model"
    if not isinstance(model, str) or any(0xD800 <= ord(c) <= 0xDFFF for c in model):
        return "invalid_json"
    return "known" if model in LISTED else "model_not_found"


def _number(text: str) -> tuple[str]:
    """Anything but text, of any size."""
    return (text,)


def escaped(text: str) -> str:
    """JSON text with every character written as an escape."""
    units = text.encode("utf-16-be", "surrogatepass")
    return '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)) + '"'


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("model"), inner, max_size=3)
    ),
    max_leaves=10,
)
spelt = st.sampled_from([json.dumps, escaped, lambda text: json.dumps(text, ensure_ascii=False)])
named = st.tuples(st.sampled_from([*LISTED, "unknown", ""]) | st.text(max_size=6), spelt)


@st.composite
def bodies(draw) -> bytes:
    members = []
    for _ in range(draw(st.integers(0, 4))):
        key, key_as = draw(st.sampled_from(["model", "messages", "models", 'mo"del', "m\\del"])), draw(spelt)
        if draw(st.booleans()):
            text, text_as = draw(named)
            members.append(f"{key_as(key)}:{text_as(text)}")
        else:
            members.append(f"{key_as(key)} :\n{json.dumps(draw(values), indent=draw(st.sampled_from([None, 1])))}")
    return ("{" + ",".join(members) + "}").encode("utf-8", "replace")


QUICK = settings(
    max_examples=250, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(body=bodies())
def test_any_object_is_read_as_python_reads_it(world, body):
    assert read(world, body) == expected(body)


@QUICK
@given(body=bodies(), data=st.data())
def test_a_damaged_object_is_read_as_python_reads_it(world, body, data):
    """One structural byte taken out, put in or replaced; the inside of other strings is not checked."""
    places = [i for i, byte in enumerate(body) if byte in b"{}[]:,"] or [0]
    at = data.draw(st.sampled_from(places))
    put = data.draw(st.sampled_from([b"", b",", b"}", b"]", b"[", b":", b"{", b"x", b"1", b" null "]))
    damaged = body[:at] + put + body[at + data.draw(st.integers(0, 1)) :]
    if damaged:
        assert read(world, damaged) == expected(damaged)


CASES = {
    "beyond 64 bits": (b'{"n":123456789012345678901234567890,"model":"gpt-4o"}', "known"),
    "beyond a double": (b'{"n":[1e400,-1E-400,-0,0.0e+1],"model":"gpt-4o"}', "known"),
    "deep": (b'{"a":' + b"[" * 510 + b"]" * 510 + b',"model":"gpt-4o"}', "known"),
    "too deep": (b'{"a":' + b"[" * 512 + b"]" * 512 + b',"model":"gpt-4o"}', "invalid_json"),
    "two models": (b'{"model":"gpt-4o","model":"other"}', "invalid_json"),
    "one model twice": (b'{"model":"gpt-4o","m\\u006fdel":"gpt-4\\u006f"}', "known"),
    "a model in capitals too": (b'{"model":"gpt-4o","Model":"other"}', "invalid_json"),
    "capitals and escapes": (b'{"model":"gpt-4o","M\\u004fdel":"other"}', "invalid_json"),
    "a model and null": (b'{"model":null,"model":"gpt-4o"}', "invalid_json"),
    "null": (b'{"model":null}', "missing_model"),
    "number": (b'{"model":1}', "invalid_json"),
    "object": (b'{"model":{"model":"gpt-4o"}}', "invalid_json"),
    "half a surrogate pair": (b'{"model":"\\ud83d"}', "invalid_json"),
    "no UTF-8": (b'{"model":"\xc3\x28"}', "invalid_json"),
    "overlong UTF-8": (b'{"model":"\xc0\xaf"}', "invalid_json"),
    "control character": (b'{"model":"gpt-4o\n"}', "invalid_json"),
    "unknown escape": (b'{"model":"gpt\\x"}', "invalid_json"),
    "leading zero": (b'{"n":01,"model":"gpt-4o"}', "invalid_json"),
    "no digits": (b'{"n":-,"model":"gpt-4o"}', "invalid_json"),
    "half a number": (b'{"n":1.,"model":"gpt-4o"}', "invalid_json"),
    "literal": (b'{"n":nul,"model":"gpt-4o"}', "invalid_json"),
    "not a number": (b'{"n":NaN,"model":"gpt-4o"}', "invalid_json"),
    "more than one": (b'{"model":"gpt-4o"}{}', "invalid_json"),
    "marks of the gateway": (b'{"model":"!invalid_json"}', "model_not_found"),
    "the mark of a nameless call": (b'{"model":"*"}', "model_not_found"),
    "a path": (b'{"model":"/healthz"}', "model_not_found"),
    "array": (b'["model"]', "invalid_json"),
    "empty": (b"", "invalid_json"),
}


@pytest.mark.parametrize(("body", "outcome"), CASES.values(), ids=list(CASES))
def test_bodies_and_outcomes(world, body, outcome):
    assert read(world, body) == outcome


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("application/json; charset=utf-8", "known"),
        ("Application/Vnd.acme+JSON", "known"),
        ("", "known"),
        ("text/plain", "invalid_json"),
        ("application/jsonx", "invalid_json"),
        ("multipart/form-data", "invalid_json"),
    ],
)
def test_kinds_of_content(world, kind, outcome):
    assert read(world, b'{"model":"gpt-4o"}', kind) == outcome


def test_a_form_that_names_two_models_is_refused(world):
    part = '--B\r\nContent-Disposition: form-data; name="model"\r\n\r\n%s\r\n'
    body = (part % "gpt-4o" + part % "other" + "--B--\r\n").encode()
    assert read(world, body, "multipart/form-data; boundary=B") == "invalid_json"


PLAIN = 'form-data; name="model"'
FORM = "multipart/form-data; boundary=B"


def part(disposition: str, value: str) -> str:
    return f"--B\r\nContent-Disposition: {disposition}\r\n\r\n{value}\r\n"


KNOWN, OTHER, END = part(PLAIN, "gpt-4o"), part(PLAIN, "other"), "--B--\r\n"
FILE = part('form-data; name="file"; filename="\u00fc model.wav"', "\x00\r\n--A\r\n")
ODD_FORMS = {
    "a name inside a value": KNOWN + part('form-data; x="; name="; name="model"', "other") + END,
    "encoded name": KNOWN + part("form-data; name*=utf-8''model", "other") + END,
    "folded line": KNOWN + part('form-data;\r\n name="model"', "other") + END,
    "escaped name": KNOWN + part('form-data; name="mo\\del"', "other") + END,
    "other quotes": KNOWN + part("form-data; name='model'", "other") + END,
    "capitals": KNOWN + part('form-data; name="Model"', "other") + END,
    "spaces around": KNOWN + part('form-data; name = "model"', "other") + END,
    "two names": KNOWN + part('form-data; name="x"; name="model"', "other") + END,
    "two lines": KNOWN + part('form-data; name="x"\r\nContent-Disposition: ' + PLAIN, "other") + END,
    "model as a file": part(PLAIN + '; filename="x"', "gpt-4o") + END,
    "encoded model": part(PLAIN + "\r\nContent-Transfer-Encoding: base64", "gpt-4o") + END,
    "after the end": KNOWN + END + OTHER + END,
    "before the beginning": "x\r\n" + KNOWN + END,
    "line feeds only": OTHER.replace("\r", "") + KNOWN + END,
    "longer boundary": KNOWN + OTHER.replace("--B", "--Bx") + END,
    "no end": KNOWN,
}


@pytest.mark.parametrize("body", ODD_FORMS.values(), ids=list(ODD_FORMS))
def test_a_form_that_readers_differ_over_is_refused(world, body):
    assert read(world, body.encode(), FORM) == "invalid_json"


@pytest.mark.parametrize(
    "kind", [FORM + "; boundary=C", FORM + "; boundary*=C", 'multipart/form-data; x="; boundary=C"; boundary=B\\']
)
def test_a_boundary_that_readers_differ_over_is_refused(world, kind):
    assert read(world, (KNOWN + END).encode(), kind) == "invalid_json"


@pytest.mark.parametrize("kind", [FORM, 'Multipart/Form-Data; charset=utf-8; Boundary="B"'])
@pytest.mark.parametrize("body", [KNOWN + FILE + END, FILE + KNOWN + "--B--"])
def test_forms_as_clients_write_them_are_read(world, kind, body):
    assert read(world, body.encode(), kind) == "known"


@pytest.mark.parametrize("path", ["/v1/models/gpt-4o", "/v1/models/vendor/some%20model"])
def test_one_model_can_be_looked_up(world, path):
    reply = world.call("GET", path)
    assert reply.status == 200
    assert reply.json == next(
        row for row in world.call("GET", "/v1/models").json["data"] if row["id"] == reply.json["id"]
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/models/nope", 404, "model_not_found"),
        ("GET", "/v1/models/", 404, "endpoint_not_found"),
        ("POST", "/v1/models/gpt-4o", 405, "method_not_allowed"),
        ("GET", CHAT, 405, "method_not_allowed"),
        ("GET", "/nowhere?x=/v1/models", 404, "endpoint_not_found"),
    ],
)
def test_what_is_no_call_is_refused_by_name(world, method, path, status, code):
    reply = world.call(method, path)
    assert (reply.status, reply.json["error"]["code"]) == (status, code)


def test_the_log_has_the_model_and_nothing_in_its_place(world):
    read(world, b'{"model":"gpt-4o"}')
    read(world, b"{}")
    assert [row["requested_model"] for row in world.log()[-2:]] == ["gpt-4o", None]
