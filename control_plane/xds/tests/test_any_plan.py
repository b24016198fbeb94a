"""Any plan becomes a bootstrap that Envoy accepts without a warning; many plans share one Envoy start."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from control_plane.deployment import Deployment
from control_plane.gateway import (
    Allowance,
    Auth,
    CallerKey,
    Endpoint,
    FixedHeader,
    Gateway,
    KeyCredential,
    NoCredential,
    PassthroughCredential,
    Retry,
    Timeouts,
    UpstreamPath,
    Variant,
)
from control_plane.render import bootstrap_text
from control_plane.xds.tests import lab, plans

pytestmark = pytest.mark.skipif(lab.ENVOY is None, reason="no Envoy installed")

# Names as people write them: quotes, percent signs, spaces and other alphabets are all allowed in a model's name.
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
seconds = st.sampled_from([0.25, 1.0, 30.0, 600.5])
CLUSTERS = ("one", "two", "three")


def _team(value):
    return FixedHeader(name="x-team", value=value)


@st.composite
def accounts(draw, name):
    credentials = [
        NoCredential(),
        KeyCredential(header="authorization", prefix="Bearer ", secret="shared-key"),
        KeyCredential(header="x-api-key", prefix="", secret="shared-key"),
        PassthroughCredential(header="api-key", prefix=""),
    ]
    prefix = draw(st.sampled_from(["", "/base", "/deployments/{model}"]))
    query = draw(st.sampled_from(["", "v=1"]))
    return plans.cluster(
        name,
        host=draw(st.sampled_from(["127.0.0.1", "localhost", "::1"])),
        port=draw(st.integers(1, 65535)),
        credential=draw(st.sampled_from(credentials)),
        headers=draw(st.sampled_from([(), (_team("a"),), (_team("100%%"),)])),
        paths=tuple((endpoint, UpstreamPath(path=prefix + endpoint.value, query=query)) for endpoint in Endpoint),
    )


targets = st.builds(
    plans.target,
    st.sampled_from(CLUSTERS),
    st.none() | names,
    strip=names,
    weight=st.integers(0, 100),
    rewrite=st.booleans(),
)
variants = st.builds(
    Variant,
    endpoints=st.lists(st.sampled_from(Endpoint), min_size=1, unique=True).map(tuple),
    groups=st.lists(st.lists(targets, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple),
)
retries = st.one_of(
    st.just(plans.NO_RETRY),
    st.builds(
        Retry,
        attempts=st.integers(1, 5),
        on=st.just(("5xx", "reset", "connect-failure", "retriable-status-codes")),
        status_codes=st.sampled_from([(), (429,), (408, 429)]),
        backoff_base_s=st.just(0.02),
        backoff_max_s=st.just(0.5),
    ),
)
waits = st.builds(Timeouts, first_byte_s=seconds, idle_s=seconds, total_s=st.none() | seconds)


@st.composite
def gateways(draw):
    spelt = draw(st.lists(names, max_size=4, unique=True))
    routes = tuple(
        replace(
            plans.model_route(f"route {name}", retry=draw(retries)),
            variants=tuple(draw(st.lists(variants, max_size=2))),
            timeouts=draw(waits),
        )
        for name in spelt
    )
    exact = tuple((name, f"route {name}") for name in spelt)
    default = draw(st.sampled_from([None, *(route.name for route in routes)]))
    serves = plans.models(*routes, exact=exact, prefixes=tuple((f"{n}/", key) for n, key in exact), default=default)
    keys = (CallerKey(caller=draw(names), secret="shared-key"),)
    allowed = (Allowance(caller=keys[0].caller, issuer=None, exact=tuple(spelt), prefixes=(), default=False),)
    auth = draw(st.sampled_from([None, Auth(keys=keys, jwt=(), header="x-key", allowances=allowed)]))
    clusters = tuple(draw(accounts(name)) for name in CLUSTERS)
    decision = draw(st.sampled_from([None, plans.decision(), plans.decision(always=(), sidecar_failure="default")]))
    listener = plans.listener(serves, auth=auth, decision=decision)
    secrets = (plans.secret("shared"),)
    return Gateway(listeners=(listener,), clusters=clusters, outbounds=(), secrets=secrets, tracing=None)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(plan=gateways())
def test_envoy_accepts_any_plan(plan, tmp_path_factory):
    text = bootstrap_text(plan, Deployment())
    assert lab.validate(text, tmp_path_factory.mktemp("plan"), {"SHARED_KEY": "test-key"}) == ""
