"""sse_to_metadata: token counts of streamed answers, for the log and the counters. Nothing is buffered.

One rule list covers OpenAI chat (`usage.prompt_tokens`), OpenAI responses (`response.usage.input_tokens`) and Anthropic
(`message.usage.input_tokens` first, `usage.output_tokens` last); later events overwrite earlier ones.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.core.v3 import TypedExtensionConfig
from envoy_data_plane.envoy.extensions.content_parsers.json.v3 import JsonContentParser, JsonContentParserRuleConfig
from envoy_data_plane.envoy.extensions.filters.http.json_to_metadata import v3 as json_rules
from envoy_data_plane.envoy.extensions.filters.http.sse_to_metadata import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds.any import pack
from control_plane.xds.filters.http_filter import http_filter

USAGE = "ai.usage"
_MAX_EVENT_BYTES = 1 << 20
_PATHS = (
    ("input", "usage.prompt_tokens"),
    ("input", "usage.input_tokens"),
    ("input", "message.usage.input_tokens"),
    ("input", "response.usage.input_tokens"),
    ("output", "usage.completion_tokens"),
    ("output", "usage.output_tokens"),
    ("output", "message.usage.output_tokens"),
    ("output", "response.usage.output_tokens"),
    ("cached", "usage.prompt_tokens_details.cached_tokens"),
    ("cached", "usage.cache_read_input_tokens"),
    ("cached", "message.usage.cache_read_input_tokens"),
    ("cached", "response.usage.input_tokens_details.cached_tokens"),
)


def stream_usage() -> HttpFilter:
    parser = JsonContentParser(rules=[_rule(key, path) for key, path in _PATHS])
    rules = v3.SseToMetadataProcessingRules(
        content_parser=TypedExtensionConfig(name="envoy.content_parsers.json", typed_config=pack(parser)),
        max_event_size=_MAX_EVENT_BYTES,
    )
    return http_filter("envoy.filters.http.sse_to_metadata", v3.SseToMetadata(response_rules=rules))


def _rule(key: str, path: str) -> JsonContentParserRuleConfig:
    rule = json_rules.JsonToMetadataRule(
        selectors=[json_rules.JsonToMetadataSelector(key=word) for word in path.split(".")],
        on_present=json_rules.JsonToMetadataKeyValuePair(
            metadata_namespace=USAGE, key=key, type=json_rules.JsonToMetadataValueType.NUMBER
        ),
    )
    return JsonContentParserRuleConfig(rule=rule)
