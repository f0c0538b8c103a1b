"""The brokers that the contract is proven on: NATS always; `KINEWATCH_BROKERS=all` adds the others."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.brokers import RealBroker, broker_named, is_installed

EVERYWHERE = ("nats",)
ON_REQUEST = ("mosquitto", "nats-cluster")


def brokers() -> list[object]:
    """The parameters of the fixture `broker`."""
    wanted = os.environ.get("KINEWATCH_BROKERS", "") == "all"
    reason = "asked for with KINEWATCH_BROKERS=all (make test-brokers)"
    made: list[object] = list(EVERYWHERE)
    for name in ON_REQUEST:
        marks = [pytest.mark.skipif(not wanted, reason=reason)]
        marks.append(pytest.mark.skipif(not is_installed(name), reason=f"{name} is not installed"))
        made.append(pytest.param(name, marks=marks))
    return made


@pytest.fixture(params=brokers())
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RealBroker]:
    """A running broker with the logins of production."""
    async with broker_named(request.param, tmp_path) as running:
        yield running
