"""A private bus in place of the system's, for everything in this folder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.bluez.private_bus import PrivateBus, close_bleak, dbus_daemon


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    """A running dbus-daemon that bleak takes for the system's."""
    if dbus_daemon() is None:
        pytest.skip("dbus-daemon is not installed (Debian: apt-get install dbus)")
    with PrivateBus(tmp_path) as private:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", private.address)
        yield private


@pytest.fixture(autouse=True)
async def _bleak_is_closed() -> AsyncIterator[None]:
    yield
    await close_bleak()
