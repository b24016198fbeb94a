"""The quick JSON walker says what betterproto2 says, and equal plans give equal bytes."""

from __future__ import annotations

import json
from datetime import timedelta

import betterproto2
import pytest
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.google.protobuf import Duration, StringValue, Struct
from hypothesis import given
from hypothesis import strategies as st

from control_plane.deployment import Deployment
from control_plane.render import bootstrap_text
from control_plane.xds.any import pack
from control_plane.xds.bootstrap import bootstrap
from control_plane.xds.render import to_plain, to_text
from control_plane.xds.tests import features

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
SNAKE = betterproto2.Casing.SNAKE

MESSAGES = {
    "bytes": core.DataSource(inline_bytes=b"\x00\xff"),
    "zero in a oneof": core.SocketAddress(address="x", port_value=0),
    "wrappers": route.RetryPolicy(num_retries=0, retriable_status_codes=[429, 503]),
    "microseconds": route.RetryPolicy(per_try_timeout=timedelta(microseconds=1_000_001)),
    "milliseconds": route.RetryPolicy(per_try_timeout=timedelta(milliseconds=1500)),
    "negative": route.RouteAction(timeout=timedelta(seconds=-1)),
    "empty message": core.Node(user_agent_build_version=core.BuildVersion()),
    "map of structs": core.Metadata(filter_metadata={"a": Struct.from_dict({"x": [1, None, True, {"y": "z"}]})}),
    "any": core.TypedExtensionConfig(name="n", typed_config=pack(core.Node(id="i"))),
    "any of a struct": core.TypedExtensionConfig(name="n", typed_config=pack(Struct.from_dict({"a": 1.5}))),
    "enum": core.SocketAddress(protocol=core.SocketAddressProtocol.UDP, address="x"),
    "enum default": core.SocketAddress(protocol=core.SocketAddressProtocol.TCP, address="x"),
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=list(MESSAGES))
def test_walker_agrees(message):
    assert to_plain(message) == message.to_dict(casing=SNAKE)


@pytest.mark.parametrize("name", ["failover", "callers", "sigv4", "traced", "agent"])
def test_walker_agrees_on_bootstraps(name):
    message = bootstrap(features.ALL[name](), Deployment())
    assert to_plain(message) == message.to_dict(casing=SNAKE)


def test_packed_messages_serialise_like_any():
    message = core.TypedExtensionConfig(name="n", typed_config=pack(core.Node(id="i")))
    again = core.TypedExtensionConfig.parse(bytes(message))
    assert again.typed_config is not None
    assert again.typed_config.unpack() == core.Node(id="i")


@pytest.mark.parametrize("name", sorted(features.ALL))
def test_equal_plans_give_equal_bytes(name):
    assert bootstrap_text(features.ALL[name](), Deployment()) == bootstrap_text(features.ALL[name](), Deployment())


def test_known_types_outside_their_fields():
    assert to_plain(core.TypedExtensionConfig(name="n", typed_config=pack(Duration(seconds=2)))) == (
        core.TypedExtensionConfig(name="n", typed_config=pack(Duration(seconds=2))).to_dict(casing=SNAKE)
    )
    assert pack(StringValue(value="x")).type_url.endswith("google.protobuf.StringValue")


@given(JSON)
def test_the_text_is_what_the_standard_library_writes(plain):
    assert to_text(plain) == json.dumps(plain, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def test_a_number_json_does_not_know_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_text({"a": [float("nan")]})
