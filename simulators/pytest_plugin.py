"""The virtual hardware for tests: a radio, any peripheral on it, a patient, faults, and virtual time.

- `@pytest.mark.clock("virtual")` on an async test, class or module (`pytestmark`) runs it on that clock:
  `virtual`, `wall` or a speed. It works through pytest-asyncio (1.4 or later); tests without it keep their
  loop.
- `@pytest.mark.radio(seed=7, passkey=...)` says how the test's `virtual_radio` is made.
- The fixtures `virtual_radio`, `bleak_on_radio`, `play_scenario`, `virtual_device` and `inflict_faults` are
  below.

Everything heavy is imported by the fixture that needs it: a plugin is loaded in every run of pytest.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.radio.clock import loop_factory

try:
    from pytest_asyncio import fixture as async_fixture
except ImportError:  # the marker and the synchronous fixtures work without it
    async_fixture = pytest.fixture  # type: ignore[assignment]

if TYPE_CHECKING:
    from simulators.faults.schedule import Fault
    from simulators.radio.air import VirtualRadio
    from simulators.scenario.loader import Scenario
    from simulators.scenario.world import World

LoopFactory = Callable[[], asyncio.AbstractEventLoop]

MARKERS = (
    "clock(which): the clock of an async test: 'virtual', 'wall' or a speed",
    "radio(seed=0, passkey=None, direct=True): how the test's virtual_radio is made",
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


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


@async_fixture
async def virtual_radio(request: pytest.FixtureRequest) -> "AsyncIterator[VirtualRadio]":
    """A radio for the length of the test; `await virtual_radio.add(peripheral)` switches one on.

    The marker `radio` gives its arguments.
    """
    from simulators.radio.air import VirtualRadio  # noqa: PLC0415 - see the module's last sentence

    marker = request.node.get_closest_marker("radio")
    async with VirtualRadio(**(marker.kwargs if marker is not None else {})) as radio:
        yield radio


@pytest.fixture
def bleak_on_radio(virtual_radio: "VirtualRadio", monkeypatch: pytest.MonkeyPatch) -> "VirtualRadio":
    """Bleak without `backend=` uses the radio: for programs that make their own clients and scanners."""
    backends = {
        "client": virtual_radio.client_backend,
        "scanner": virtual_radio.scanner_backend,
        "adapter": virtual_radio.adapter_backend,
    }
    for kind, backend in backends.items():
        monkeypatch.setattr(
            f"bleak.get_platform_{kind}_backend_type", lambda backend=backend: (backend, backend.__name__)
        )
    return virtual_radio


@pytest.fixture
def play_scenario(virtual_radio: "VirtualRadio") -> "Callable[[Scenario | str | Path], World]":
    """Let a scenario begin, by name, file or value: `play_scenario("calm-session")`; gives its world."""
    from simulators.scenario.loader import Scenario, load  # noqa: PLC0415 - see the module's last sentence
    from simulators.scenario.world import World  # noqa: PLC0415 - see the module's last sentence

    def play(scenario: Scenario | str | Path) -> World:
        world = World(scenario if isinstance(scenario, Scenario) else load(scenario), virtual_radio)
        virtual_radio.spawn(world.run(), f"scenario {world.scenario.name}")
        return world

    return play


@pytest.fixture
def virtual_device(play_scenario: "Callable[[Scenario], World]") -> "Callable[..., World]":
    """Put one device on a resting patient: `virtual_device("heart_rate", role="heart_rate_strap")`.

    Further keywords are keys of the scenario's device section; `seed`, `duration_s`, `patient` and
    `timeline` those of the scenario.
    """
    from simulators.scenario.loader import Scenario  # noqa: PLC0415 - see the module's last sentence

    def switch_on(
        family: str,
        *,
        role: str,
        seed: int = 0,
        duration_s: float = 3600.0,
        patient: Mapping[str, Any] | None = None,
        timeline: tuple[Mapping[str, Any], ...] = (),
        **section: Any,
    ) -> "World":
        scenario = Scenario.model_validate(
            {
                "name": "one-device",
                "title": f"One device: {family}",
                "seed": seed,
                "duration_s": duration_s,
                "patient": patient or {},
                "devices": [{"name": "device", "family": family, "role": role, **section}],
                "timeline": list(timeline),
            }
        )
        return play_scenario(scenario)

    return switch_on


@async_fixture
async def inflict_faults(virtual_radio: "VirtualRadio") -> "AsyncIterator[Callable[..., Awaitable[None]]]":
    """What lets faults hold to the test's end: await it with `Loss(address=..., share=0.1)`, say."""
    async with contextlib.AsyncExitStack() as stack:

        async def begin(*faults: "Fault") -> None:
            for fault in faults:
                stack.push_async_callback(await fault.begin(virtual_radio))

        yield begin
