"""What status says when not everything is well."""

from __future__ import annotations

import json
import os
from contextlib import closing
from typing import Any

import pytest
from click.testing import CliRunner

from control_plane.cli import cli
from control_plane.run import admin
from control_plane.run.state import Door, Lock, ProcessSpec, ProcessState, RunDirectory, RunPlan, State, write_state
from control_plane.run.status import status
from control_plane.run.tests.conftest import free_port
from schemas import names


def start(directory: RunDirectory) -> Lock:
    """A supervisor's files without a supervisor: its Envoy has died and was not started again yet."""
    lock = Lock.take(directory)
    assert lock is not None
    door = Door(name="llm", kind="model", address="127.0.0.1", port=free_port())
    plan = RunPlan(config="/c.yaml", processes=(ProcessSpec(name="envoy", argv=("x",)),), doors=(door,))
    directory.plan.write_text(plan.dump())
    directory.pid_file.write_text(f"{os.getpid()}\n")
    process = ProcessState(name="envoy", pid=None, started_at=1.0, restarts=2)
    write_state(directory, State(pid=os.getpid(), phase="running", started_at=1.0, processes=(process,)))
    return lock


def test_a_dead_envoy_is_shown_and_exits_1(directory: RunDirectory, monkeypatch):
    monkeypatch.setenv("PLANO_RUN_DIR", str(directory.path.parent))
    with closing(start(directory)):
        plain = CliRunner().invoke(cli, ["status"])
        facts = json.loads(CliRunner().invoke(cli, ["status", "--json"]).stdout)
    assert plain.exit_code == 1
    assert "envoy: dead, restarted 2 times" in plain.stdout
    assert ": down" in plain.stdout
    assert "Envoy does not answer on its admin socket" in plain.stdout
    assert (facts["answers"], facts["listeners"][0]["up"]) == (False, False)


def test_files_of_a_stopped_gateway_are_not_a_running_one(directory: RunDirectory):
    start(directory).close()
    assert status(directory) is None


def host(port: int, **health: Any) -> dict[str, Any]:
    return {"address": {"socket_address": {"address": "10.0.0.1", "port_value": port}}, "health_status": health}


@pytest.mark.parametrize(
    ("hosts", "known", "healthy"),
    [
        ([], 0, 0),
        ([host(443, eds_health_status="HEALTHY")], 1, 1),
        ([host(443), host(443, failed_outlier_check=True)], 2, 1),
        ([host(443, eds_health_status="DRAINING")], 1, 0),
        ([host(443), {"address": {"socket_address": {"address": "127.0.0.1"}}}], 1, 1),
    ],
    ids=["none", "healthy", "ejected", "draining", "the endpoint that refuses is no host"],
)
def test_hosts(directory: RunDirectory, monkeypatch, hosts: list[dict[str, Any]], known: int, healthy: int):
    numbers = {
        "cluster.shown.upstream_rq_total": 9,
        "cluster.shown.upstream_rq_5xx": 2,
        "cluster.shown.upstream_cx_connect_fail": 1,
        "http.llm.downstream_rq_total": 8,
        "http.admin.downstream_rq_total": 100,
    }
    rows = [{"name": "openai", "observability_name": "shown", "host_statuses": hosts}]
    monkeypatch.setattr(admin, "counters", lambda socket, pattern: numbers)
    monkeypatch.setattr(admin, "clusters", lambda socket: rows)
    with closing(start(directory)):
        found = status(directory)
    assert found is not None
    (cluster,) = found.clusters
    assert (cluster.hosts, cluster.healthy, cluster.requests, cluster.errors) == (known, healthy, 9, 2)
    assert cluster.failed_connections == 1
    assert found.requests == 8


def test_the_sidecar(directory: RunDirectory, monkeypatch):
    def worker(number: int, **health: Any) -> dict[str, Any]:
        return {"address": {"pipe": {"path": f"/run/sidecar-{number}.sock"}}, "health_status": health}

    counted = "plano.decisions.listener.{}.why.{}.choice.{}"
    numbers = {
        counted.format("a", "matched", "weather"): 2,
        counted.format("b.c", "matched", "flights"): 3,
        counted.format("a", "router_late", "-"): 7,
        "plano.decisions.listener.a.why.a_word_nobody_knows.choice.x": 9,
    }
    rows = [
        {"name": names.SIDECAR_CLUSTER, "host_statuses": [worker(10, failed_active_health_check=True), worker(2)]},
        {"name": "openai", "host_statuses": []},
    ]
    monkeypatch.setattr(admin, "counters", lambda socket, pattern: numbers)
    monkeypatch.setattr(admin, "clusters", lambda socket: rows)
    monkeypatch.setenv("PLANO_RUN_DIR", str(directory.path.parent))
    with closing(start(directory)):
        found = status(directory)
        said = CliRunner().invoke(cli, ["status"])
    assert found is not None and found.sidecar is not None
    assert [(one.name, one.healthy) for one in found.sidecar.workers] == [("sidecar-2", True), ("sidecar-10", False)]
    assert list(found.sidecar.decisions.items()) == [("router_late", 7), ("matched", 5)]
    assert [cluster.name for cluster in found.clusters] == ["openai"]
    assert "sidecar   1/2 workers healthy, not sidecar-10\n" in said.stdout
    assert "decisions 7 router_late, 5 matched\n" in said.stdout


def test_nobody_on_the_admin_socket(directory: RunDirectory):
    assert not admin.is_ready(directory.admin_socket)
    with pytest.raises(admin.AdminUnreachable):
        admin.active_requests(directory.admin_socket)
