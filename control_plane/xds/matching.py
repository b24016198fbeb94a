"""Small words for the matcher trees that choose a route: inputs, maps, predicates.

Pure builders; the keys of filter state that routing reads are named here and set in `filters/request_reader.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import betterproto2
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.matching.common_inputs.network.v3 import FilterStateInput
from envoy_data_plane.envoy.type.matcher.v3 import HttpRequestHeaderMatchInput
from envoy_data_plane.xds.core.v3 import TypedExtensionConfig
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.xds.any import pack
from schemas import names

KEY = "plano.key"
"""What a route is looked up by: NAMED and the model, UNNAMED, the path of a page, the `refused` key of an error; DECIDE
for a decision that is to be made, AGENT and an id or RANKED for one that was."""
PATH = "plano.path"
MODEL = "plano.model"
OWNER = "plano.owner"
NAMED, UNNAMED, REFUSED = names.NAMED, names.UNNAMED, names.REFUSED
AGENT, RANKED, DECIDE = names.AGENT, names.RANKED, names.DECIDE
PAGE_OF_ONE = "/v1/models/"


def refused(code: str) -> str:
    """The key of a request that gets this error whatever the configuration says."""
    return REFUSED + code


def typed(name: str, message: betterproto2.Message) -> TypedExtensionConfig:
    return TypedExtensionConfig(name=name, typed_config=pack(message))


def state(key: str) -> TypedExtensionConfig:
    """The value of a filter-state string."""
    return typed("state", FilterStateInput(key=key))


def header(name: str) -> TypedExtensionConfig:
    return typed("header", HttpRequestHeaderMatchInput(header_name=name))


def action(message: betterproto2.Message) -> xds.MatcherOnMatch:
    return xds.MatcherOnMatch(action=typed("action", message))


def to_route(chosen: route.Route) -> xds.MatcherOnMatch:
    return action(chosen)


def nested(matcher: xds.Matcher) -> xds.MatcherOnMatch:
    return xds.MatcherOnMatch(matcher=matcher)


def exact(
    source: TypedExtensionConfig, choices: Mapping[str, xds.MatcherOnMatch], otherwise: xds.MatcherOnMatch | None
) -> xds.Matcher:
    """Equal strings, looked up by hash. An empty map is not allowed by Envoy: use `otherwise` alone then."""
    tree = xds.MatcherMatcherTree(input=source, exact_match_map=xds.MatcherMatcherTreeMatchMap(map=dict(choices)))
    return xds.Matcher(matcher_tree=tree, on_no_match=otherwise)


def longest_prefix(
    source: TypedExtensionConfig, choices: Mapping[str, xds.MatcherOnMatch], otherwise: xds.MatcherOnMatch | None
) -> xds.Matcher:
    tree = xds.MatcherMatcherTree(input=source, prefix_match_map=xds.MatcherMatcherTreeMatchMap(map=dict(choices)))
    return xds.Matcher(matcher_tree=tree, on_no_match=otherwise)


Predicate = xds.MatcherMatcherListPredicate


def equals(source: TypedExtensionConfig, value: str) -> Predicate:
    match = xds.MatcherMatcherListPredicateSinglePredicate(input=source, value_match=xds.StringMatcher(exact=value))
    return Predicate(single_predicate=match)


def fits(source: TypedExtensionConfig, regex: str) -> Predicate:
    """The whole string fits a regular expression."""
    matcher = xds.StringMatcher(safe_regex=xds.RegexMatcher(google_re2=xds.RegexMatcherGoogleRe2(), regex=regex))
    return Predicate(single_predicate=xds.MatcherMatcherListPredicateSinglePredicate(input=source, value_match=matcher))


def one_of(source: TypedExtensionConfig, values: Iterable[str]) -> Predicate:
    """Equal to one of many strings, as one regular expression; they share what they begin with."""
    several = list(values)
    shared = _shared_start(several)
    rest = "|".join(re.escape(value[len(shared) :]) for value in several)
    return fits(source, f"{re.escape(shared)}({rest})")


def _shared_start(several: list[str]) -> str:
    low, high = min(several), max(several)
    return low[: next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))]


def any_of(predicates: Iterable[Predicate]) -> Predicate:
    """True when one holds; Envoy wants at least two in an `or_matcher`, so one stands alone."""
    several = list(predicates)
    return (
        several[0]
        if len(several) == 1
        else Predicate(or_matcher=xds.MatcherMatcherListPredicatePredicateList(predicate=several))
    )


def first(cases: Iterable[tuple[Predicate, xds.MatcherOnMatch]], otherwise: xds.MatcherOnMatch | None) -> xds.Matcher:
    """The first case whose predicate holds."""
    rows = [xds.MatcherMatcherListFieldMatcher(predicate=when, on_match=then) for when, then in cases]
    return xds.Matcher(matcher_list=xds.MatcherMatcherList(matchers=rows), on_no_match=otherwise)
