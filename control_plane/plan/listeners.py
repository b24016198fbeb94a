"""The listeners: what the configuration says, and the one Plano adds where nothing serves the models it declares.

In: the configuration. Out: listeners with names, addresses and ports filled in; what they serve is planned elsewhere.
"""

from __future__ import annotations

from control_plane import config
from control_plane.gateway import Agents, Auth, Decision, DownstreamTls, Listener, Models
from control_plane.problems import Problems
from schemas import names

ADDRESS = "0.0.0.0"
PORTS = {"model": 12000, "prompt": 10000}
MAX_BODY_BYTES = 32 * 1024 * 1024
ADDED_NAME = "egress_traffic"


def declared(whole: config.Config, *, models: bool, problems: Problems) -> tuple[config.Listener, ...]:
    """All listeners; `models` says whether there is any model a client could ask for."""
    if not models or any(listener.type in PORTS for listener in whole.listeners):
        return whole.listeners
    taken = next((listener for listener in whole.listeners if listener.port == PORTS["model"]), None)
    if taken:
        problems.warn(
            taken.at,
            "no-model-listener",
            f"nothing serves the models: the usual port {taken.port} belongs to listener {taken.name}",
            "add a listener with type: model and a port of its own",
        )
        return whole.listeners
    return (*whole.listeners, config.Listener(type="model", name=ADDED_NAME, at=whole.at))


def listener_names(listeners: tuple[config.Listener, ...]) -> tuple[str, ...]:
    return names.unique([names.fit(listener.name) for listener in listeners])


def listener(
    written: config.Listener,
    *,
    name: str,
    serves: Models | Agents,
    decision: Decision | None,
    auth: Auth | None,
    problems: Problems,
) -> Listener | None:
    """The finished listener. Problem: an agent listener without a port, which has no usual one."""
    port = written.port or PORTS.get(written.type)
    if port is None:
        problems.error(written.at, "listener-port", f"listener {written.name} has no port", "write port: 8001")
        return None
    return Listener(
        name=name,
        address=written.address or ADDRESS,
        port=port,
        kind=written.type,
        serves=serves,
        decision=decision,
        tls=_tls(written.tls),
        auth=auth,
        max_body_bytes=written.max_body_bytes or MAX_BODY_BYTES,
        at=written.at,
    )


def _tls(tls: config.Tls | None) -> DownstreamTls | None:
    if tls is None:
        return None
    return DownstreamTls(cert_file=tls.cert_file, key_file=tls.key_file, client_ca_file=tls.client_ca_file)
