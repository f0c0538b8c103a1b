"""The plugin's hooks and fixtures for these tests; where it is installed they come from there as well."""

from simulators.pytest_plugin import (
    bleak_on_radio,
    inflict_faults,
    play_scenario,
    pytest_asyncio_loop_factories,
    pytest_configure,
    virtual_device,
    virtual_radio,
)

__all__ = [
    "bleak_on_radio",
    "inflict_faults",
    "play_scenario",
    "pytest_asyncio_loop_factories",
    "pytest_configure",
    "virtual_device",
    "virtual_radio",
]
