"""An instant query of Prometheus: `{status, data: {resultType: "vector", result: [{metric, value: [time, text]}]}}`.

In: the bytes of its answer. Out: latencies by the label `model_name`, in the query's own unit. A sample that is no
number ("NaN", "+Inf", below zero) is no data.
"""

from __future__ import annotations

from typing import cast

from ext_proc.preferences.feeds.document import FeedError, is_name, items, load, members
from ext_proc.preferences.prices import number

LABEL = "model_name"


def parse(body: bytes) -> dict[str, float]:
    """The latencies of a vector; of several samples of a model the slowest. Raises FeedError.

    An empty vector is an answer: nothing has been measured yet.
    """
    whole = load(body)
    if whole.get("status") != "success":
        raise FeedError("the query did not succeed")
    data = members(whole.get("data"), "data")
    if data.get("resultType") != "vector":
        raise FeedError("the query gives no vector")
    table: dict[str, float] = {}
    for sample in items(data.get("result"), "result"):
        found = _sample(sample)
        if found is not None:
            name, latency = found
            table[name] = max(latency, table.get(name, latency))
    return table


def _sample(sample: object) -> tuple[str, float] | None:
    metric, value = (sample.get("metric"), sample.get("value")) if isinstance(sample, dict) else (None, None)
    if not isinstance(metric, dict) or not is_name(metric.get(LABEL)):
        return None
    latency = number(value[1]) if isinstance(value, list) and len(value) == 2 else None
    return None if latency is None else (cast("str", metric[LABEL]), latency)
