"""The virtual hardware for tests: a radio, virtual time, and any peripheral on it.

`@pytest.mark.clock("virtual")` on an async test, class or module (`pytestmark`) runs it on that clock:
`virtual`, `wall` or a number. It works through pytest-asyncio (1.4 or later); tests without the marker keep
their loop.
"""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from simulators.radio.clock import loop_factory

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "clock(which): the clock of an async test: 'virtual', 'wall' or a speed"
    )


@pytest.hookimpl(trylast=True, optionalhook=True)
def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Give pytest-asyncio the loop that the test's marker asks for."""
    marker = item.get_closest_marker("clock")
    if marker is None:
        return {"default": asyncio.new_event_loop}
    if len(marker.args) != 1 or marker.kwargs:
        raise pytest.UsageError(f"{item.nodeid}: clock takes one argument: 'virtual', 'wall' or a number")
    try:
        return {f"{marker.args[0]} clock": loop_factory(marker.args[0])}
    except ValueError as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from None
