"""Counters and a histogram of decisions, kept by Envoy: one place for numbers, however many workers decide.

Labels are bounded by the configuration: the listener, the reason, an agent or a configured preference. Nothing a client
writes becomes a label.
"""

from __future__ import annotations

from envoy_data_plane.envoy.config.accesslog import v3 as accesslog
from envoy_data_plane.envoy.extensions.access_loggers.filters.cel.v3 import ExpressionFilter
from envoy_data_plane.envoy.extensions.access_loggers.stats import v3 as stats
from envoy_data_plane.envoy.type.v3 import Scope

from control_plane.xds.any import pack
from schemas import names

_DECIDED = f"'{names.DECISION}' in metadata.filter_metadata && 'us' in metadata.filter_metadata['{names.DECISION}']"
_MAX_LABEL = 64
_MAX_SERIES = 10_000


def stats_log(listener: str) -> accesslog.AccessLog:
    """plano.decisions (a counter) and plano.decision_us (a histogram), by listener, why and choice."""
    tags = [
        stats.ConfigTag(name="listener", value_format=listener.replace("%", "%%")),
        stats.ConfigTag(name="why", value_format=_field("why")),
        stats.ConfigTag(name="choice", value_format=_field("choice")),
    ]
    counter = stats.ConfigCounter(stat=stats.ConfigStat(name="decisions", tags=tags), value_fixed=1)
    histogram = stats.ConfigHistogram(
        stat=stats.ConfigStat(name="decision_us", tags=tags),
        unit=stats.ConfigHistogramUnit.Microseconds,
        value_format=f"%DYNAMIC_METADATA({names.DECISION}:us)%",
    )
    scope = Scope(prefix="plano", max_counters=_MAX_SERIES, max_histograms=_MAX_SERIES)
    config = stats.Config(stats_scope=scope, counters=[counter], histograms=[histogram])
    only = accesslog.ExtensionFilter(name="cel", typed_config=pack(ExpressionFilter(expression=_DECIDED)))
    return accesslog.AccessLog(
        name="envoy.access_loggers.stats",
        typed_config=pack(config),
        filter=accesslog.AccessLogFilter(extension_filter=only),
    )


def _field(name: str) -> str:
    return f"%DYNAMIC_METADATA({names.DECISION}:{name}):{_MAX_LABEL}%"
