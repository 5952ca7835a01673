"""What a machine cannot give is said before anything is sent, with the cure."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from loadbench_gui.core.plan import Client, ClosedLoad, Expectation, Load, Request, Target, Workload
from loadbench_gui.engine.fitness.evidence import PortBudget
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.budget import entrance_of, must_afford, must_be_served, port_budget

LOCAL = Target("http", "127.0.0.1", 8080, "127.0.0.1")
FAR = Target("http", "far.example", 80, "192.0.2.7")


def proc(folder: Path, *, reuse: int = 0, waiting: int = 0, sockets: str = "") -> Path:
    """A /proc that hands out 28,232 ports."""
    (folder / "sys/net/ipv4").mkdir(parents=True)
    (folder / "net").mkdir()
    (folder / "sys/net/ipv4/ip_local_port_range").write_text("32768\t60999\n")
    (folder / "sys/net/ipv4/tcp_tw_reuse").write_text(f"{reuse}\n")
    (folder / "net/sockstat").write_text(f"sockets: used 25\nTCP: inuse 3 orphan 0 tw {waiting} alloc 3 mem 0\n")
    (folder / "net/tcp").write_text(f"  sl  local_address rem_address   st\n{sockets}")
    return folder


def test_too_few_open_files_is_a_fault_with_the_command_that_helps() -> None:
    with pytest.raises(EnvironmentFault, match="5000 connections need 5064 open files") as caught:
        must_afford(5000, 1, files=1024, ports=None)
    assert "ulimit -Hn 5064" in caught.value.hint
    must_afford(5000, 10, files=1024, ports=None)


def test_a_server_that_cannot_hold_its_connections_is_a_fault_with_the_command_that_helps() -> None:
    with pytest.raises(EnvironmentFault, match="10000 connections need 10064 open files in each process of") as caught:
        must_be_served(10_000, 1, files=4096)
    assert "ulimit -Hn 10064" in caught.value.hint
    must_be_served(10_000, 4, files=4096)
    must_be_served(10_000, 1, files=None)


def test_too_few_ports_is_a_fault_with_the_command_that_helps() -> None:
    with pytest.raises(EnvironmentFault, match="hands out 28232") as caught:
        must_afford(30_000, 1, files=None, ports=PortBudget(28_232))
    assert "sysctl -w net.ipv4.ip_local_port_range" in caught.value.hint


def test_ports_that_ended_connections_still_hold_are_counted_and_may_be_freed() -> None:
    with pytest.raises(EnvironmentFault, match="28000 of them are held") as caught:
        must_afford(300, 1, files=None, ports=PortBudget(28_232, held=28_000))
    assert "Wait 60 s" in caught.value.hint
    assert "sysctl -w net.ipv4.tcp_tw_reuse=1" in caught.value.hint
    must_afford(200, 1, files=None, ports=PortBudget(28_232, held=28_000))


def test_only_ports_towards_this_very_address_are_held(tmp_path: Path) -> None:
    there = "   0: 0100007F:9C40 0700000A:0050 06\n"
    here = "   1: 0100007F:9C41 070200C0:0050 06\n   2: 0100007F:9C42 070200C0:0050 01\n"
    folder = proc(tmp_path, waiting=28_100, sockets=there + here)
    assert port_budget(FAR, 200, folder) == PortBudget(28_232, held=2, hold_s=60.0)
    assert port_budget(FAR, 10, folder) == PortBudget(28_232, held=0, hold_s=60.0), "not looked for where it is plenty"


@pytest.mark.parametrize(
    ("reuse", "target", "hold_s"), [(0, LOCAL, 60.0), (1, FAR, 1.0), (2, FAR, 60.0), (2, LOCAL, 1.0)]
)
def test_a_port_is_held_for_a_minute_unless_the_system_takes_it_again(
    tmp_path: Path, reuse: int, target: Target, hold_s: float
) -> None:
    budget = port_budget(target, 10, proc(tmp_path, reuse=reuse))
    assert budget is not None
    assert budget.hold_s == hold_s


def test_connections_through_a_proxy_need_ports_towards_the_proxy() -> None:
    workload = Workload("w", "http", Request(), Expectation(), ClosedLoad(1))
    assert entrance_of(Load(FAR, workload)) == FAR
    proxied = Load(FAR, workload, client=Client("httpx", proxy="http://me:secret@127.0.0.1:3128"))
    assert entrance_of(proxied) == Target("http", "127.0.0.1", 3128, "127.0.0.1")
    unknown = replace(proxied, client=Client("httpx", proxy="https://proxy.invalid"))
    assert entrance_of(unknown) is None


def test_a_unix_socket_needs_no_ports(tmp_path: Path) -> None:
    assert port_budget(Target("http", "localhost", 80, "127.0.0.1", "/run/app.sock"), 10, proc(tmp_path)) is None


def test_where_nothing_can_be_read_nothing_is_said(tmp_path: Path) -> None:
    assert port_budget(LOCAL, 10, tmp_path) is None


def test_this_systems_own_table_of_sockets_is_understood(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            target = Target("http", "127.0.0.1", port, "127.0.0.1")
            (tmp_path / "net").mkdir()
            (tmp_path / "net/tcp").symlink_to("/proc/net/tcp")
            (tmp_path / "net/sockstat").write_text("TCP: inuse 3 orphan 0 tw 40000 alloc 3 mem 0\n")
            (tmp_path / "sys/net/ipv4").mkdir(parents=True)
            (tmp_path / "sys/net/ipv4/ip_local_port_range").write_text("32768\t60999\n")
            budget = port_budget(target, 10, tmp_path)
    assert budget is not None
    assert budget.held == 1
