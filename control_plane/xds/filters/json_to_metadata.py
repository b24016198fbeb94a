"""json_to_metadata: the model a JSON body names. Never the response rules: they buffer whole answers."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.filters.http.json_to_metadata import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.type.matcher.v3 import RegexMatcher
from envoy_data_plane.google.protobuf import Value

from control_plane.xds.filters.http_filter import http_filter
from control_plane.xds.matching import MALFORMED, MISSING

REQUEST = "ai.request"
_JSON = r"(?i)\s*application/([\w.+-]+\+)?json\s*(;.*)?"


def model_of_body(*, multipart: bool) -> HttpFilter:
    """`multipart`: an earlier filter may have found the model already; then it stays."""
    rules = v3.JsonToMetadataMatchRules(
        rules=[_model(multipart)],
        allow_content_types_regex=RegexMatcher(regex=_JSON),
        allow_empty_content_type=True,
    )
    return http_filter("envoy.filters.http.json_to_metadata", v3.JsonToMetadata(request_rules=rules))


def _model(keep: bool) -> v3.JsonToMetadataRule:
    return v3.JsonToMetadataRule(
        selectors=[v3.JsonToMetadataSelector(key="model")],
        on_present=v3.JsonToMetadataKeyValuePair(
            metadata_namespace=REQUEST, key="model", type=v3.JsonToMetadataValueType.STRING
        ),
        on_missing=_constant(MISSING, keep),
        on_error=_constant(MALFORMED, keep),
    )


def _constant(value: str, keep: bool) -> v3.JsonToMetadataKeyValuePair:
    return v3.JsonToMetadataKeyValuePair(
        metadata_namespace=REQUEST,
        key="model",
        value=Value(string_value=value),
        preserve_existing_metadata_value=keep,
    )
