"""The brokers that the contract is proven on: NATS always; with `-m broker` the others too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.brokers import RealBroker, broker_named, is_installed

EVERYWHERE = ("nats",)
ON_REQUEST = ("mosquitto", "nats-cluster")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a broker; those that take long only when somebody asks for brokers."""
    if "broker" in metafunc.fixturenames:
        asked_for = metafunc.config.getoption("markexpr") == "broker"
        names = EVERYWHERE + ON_REQUEST if asked_for else EVERYWHERE
        metafunc.parametrize("broker", [_parameter(name) for name in names], indirect=True)


def _parameter(name: str) -> object:
    missing = pytest.mark.skipif(not is_installed(name), reason=f"{name} is not installed")
    return pytest.param(name, marks=missing)


@pytest.fixture
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RealBroker]:
    """A running broker with the logins of production."""
    async with broker_named(request.param, tmp_path) as running:
        yield running
