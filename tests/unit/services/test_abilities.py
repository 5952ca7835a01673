"""What a client is asked and cannot do is said before anything is sent."""

from __future__ import annotations

import pytest

from loadbench_gui.core.plan import Client, ClientName, Expectation, Load, Request, Target, Workload
from loadbench_gui.core.shape import ClosedLoad
from loadbench_gui.errors import UserError
from loadbench_gui.services.abilities import must_be_possible


def load(client: Client) -> Load:
    target = Target(scheme="http", host="127.0.0.1", port=1, address="127.0.0.1")
    workload = Workload(name="w", kind="http", request=Request(), expect=Expectation(), shape=ClosedLoad(1))
    return Load(target=target, workload=workload, client=client)


@pytest.mark.parametrize("name", ["fast", "httpx"])
def test_a_login_without_a_colon_names_nobody_for_either_client(name: ClientName) -> None:
    with pytest.raises(UserError, match="Nobody is named who logs in") as caught:
        must_be_possible(load(Client(name, auth="basic", credentials="hunter2")))
    assert "hunter2" not in str(caught.value)
    must_be_possible(load(Client(name, auth="basic", credentials="me:hunter2")))


def test_a_proxys_password_is_not_repeated() -> None:
    with pytest.raises(UserError, match="socks5://proxy") as caught:
        must_be_possible(load(Client("httpx", proxy="socks5://me:hunter2@proxy")))
    assert "hunter2" not in str(caught.value)
