"""What the writer decides about a plan: copies of clusters, who needs which filter, how large a route is."""

from __future__ import annotations

import json

import pytest

from control_plane.deployment import Deployment
from control_plane.gateway import Endpoint, UpstreamPath
from control_plane.xds import models_page, sidecar
from control_plane.xds.bootstrap import bootstrap
from control_plane.xds.clusters import HTTP_OPTIONS
from control_plane.xds.filters import header_mutation
from control_plane.xds.needs import needs
from control_plane.xds.render import to_plain
from control_plane.xds.tests import features, plans
from control_plane.xds.tests.plans import cluster, gateway, model_route, models, target

RENAMED = tuple((endpoint, UpstreamPath(path=f"/api{endpoint.value}")) for endpoint in Endpoint)


def plan(*groups, **changes):
    accounts = (cluster("same"), cluster("other", paths=RENAMED), cluster("alone"))
    return gateway(models(model_route("m", *groups), **changes), *accounts)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([(target("same", "a"),), (target("same", "b"),)], {"same", "same~2", "other", "alone"}),
        ([(target("same", "a"),), (target("same", "a"),)], {"same", "other", "alone"}),
        (
            [(target("same", "a"), target("same", "b"), target("same", "c"))],
            {"same", "same~2", "same~3", "other", "alone"},
        ),
    ],
    ids=["two models in order", "one model twice", "three models weighted"],
)
def test_an_account_asked_for_several_models_is_copied(groups, expected):
    assert {c.name for c in needs(plan(*groups), Deployment()).clusters} == expected


def test_an_attempt_after_a_renamed_path_sets_its_own():
    wanted = needs(plan((target("other", "m", rewrite=False),), (target("same", "m", rewrite=False),)), Deployment())
    assert wanted.maps_paths == {"other", "same"}
    assert not wanted.rewrites


def test_a_default_route_can_write_the_model_it_was_not_sent():
    wanted = needs(plan((target("alone", "m", rewrite=False),), default="m"), Deployment())
    assert wanted.rewrites == {"alone"}


def test_client_versions_survive_only_where_messages_are_spoken():
    def removed(paths):
        config = to_plain(header_mutation.account_headers(cluster("a", paths=paths), ("x",)))["typed_config"]
        return {m["remove"] for m in config["mutations"]["request_mutations"] if "remove" in m}

    assert removed(plans.same_paths(plans.CHAT)) == {"x", "anthropic-version", "anthropic-beta"}
    assert removed(plans.same_paths((Endpoint.MESSAGES,))) == {"x"}


def test_every_header_an_account_sets_is_stripped_everywhere():
    stripped = header_mutation.never_forwarded(features.failover())
    assert {"authorization", "api-key"} <= set(stripped)
    assert len(stripped) == len(set(stripped))


def test_a_model_costs_little_text():
    def size(count):
        routes = [model_route(f"acme/model-{i:04}", (target("openai", "gpt-4o"),)) for i in range(count)]
        text = json.dumps(to_plain(bootstrap(gateway(models(*routes), cluster("openai")), Deployment())))
        return len(text)

    assert (size(60) - size(10)) / 50 < 900


def test_most_routes_share_one_retry_policy():
    routes = [model_route(f"m{i}", (target("openai", "x"),)) for i in range(5)]
    routes.append(model_route("own", (target("openai", "x"),), retry=plans.NO_RETRY))
    text = json.dumps(to_plain(bootstrap(gateway(models(*routes), cluster("openai")), Deployment())))
    assert text.count('"retry_policy"') == 2


def test_an_account_that_needs_no_change_runs_no_lua():
    chain = to_plain(bootstrap(plans.simple(), Deployment()))["static_resources"]["clusters"][0]
    names = [f["name"] for f in chain["typed_extension_protocol_options"][HTTP_OPTIONS]["http_filters"]]
    assert names == [
        "envoy.filters.http.header_mutation",
        "envoy.filters.http.credential_injector",
        "envoy.filters.http.upstream_codec",
    ]


def test_a_worker_learns_at_once_that_an_answer_broke_off():
    listeners = to_plain(bootstrap(features.several_agents(), Deployment()))["static_resources"]["listeners"]
    (internal,) = [each for each in listeners if each["name"] == sidecar.INTERNAL]
    manager = internal["filter_chains"][0]["filters"][0]["typed_config"]
    assert manager["delayed_close_timeout"] == "0s", "Envoy waits for a second where nothing is said"


def test_an_empty_models_page_is_still_a_page():
    assert json.loads(models_page.body(())) == {
        "object": "list",
        "data": [],
        "has_more": False,
        "first_id": None,
        "last_id": None,
    }


def test_only_a_route_without_changes_skips_the_rewriting():
    routes = (
        model_route("kept", (target("alone", "kept", rewrite=False),)),
        model_route("alias", (target("alone", "kept"),)),
        model_route("mixed", (target("alone", "mixed", rewrite=False),), (target("same", "other"),)),
        model_route("moved", (target("alone", "moved", rewrite=False),), (target("other", "moved", rewrite=False),)),
    )
    accounts = (cluster("same"), cluster("other", paths=RENAMED), cluster("alone"))
    plain = to_plain(bootstrap(gateway(models(*routes[:3]), *accounts), Deployment()))
    assert _off(plain) == {"kept"}
    assert _off(to_plain(bootstrap(gateway(models(*routes), *accounts), Deployment()))) == set()


def _off(node):
    """Names of the routes under a rendered node that switch the attempt's Lua filter off."""
    if isinstance(node, list):
        return {name for each in node for name in _off(each)}
    if not isinstance(node, dict):
        return set()
    found = {node["name"]} if "plano.rewrite" in node.get("typed_per_filter_config", ()) else set()
    return found | {name for each in node.values() for name in _off(each)}
