"""composite: Lua for multipart bodies alone; a JSON request pays one header comparison."""

from __future__ import annotations

from envoy_data_plane.envoy.config.core.v3 import TypedExtensionConfig
from envoy_data_plane.envoy.extensions.common.matching.v3 import ExtensionWithMatcher
from envoy_data_plane.envoy.extensions.filters.http.composite.v3 import Composite, ExecuteFilterAction
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from control_plane.xds import lua_source, matching
from control_plane.xds.any import pack
from control_plane.xds.filters.http_filter import http_filter
from control_plane.xds.filters.lua import program


def model_of_form() -> HttpFilter:
    reader = program(lua_source.program({}, "form_model", "read_form"))
    execute = ExecuteFilterAction(typed_config=TypedExtensionConfig(name="plano.form_model", typed_config=pack(reader)))
    is_form = matching.starts_with(matching.header("content-type"), "multipart/form-data", ignore_case=True)
    wrapped = ExtensionWithMatcher(
        xds_matcher=matching.first([(is_form, matching.action(execute))], None),
        extension_config=TypedExtensionConfig(name="envoy.filters.http.composite", typed_config=pack(Composite())),
    )
    return http_filter("plano.form_model", wrapped)
