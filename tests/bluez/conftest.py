"""A private bus in place of the system's, for everything in this folder."""

import gc
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
        if private.has_died:
            # Bleak leaves a future behind when its socket dies. Its last word is a traceback in the log, and
            # CPython 3.11.7 cannot write one in the middle of parsing: let it be here, not in an import.
            gc.collect()


@pytest.fixture(autouse=True)
async def _bleak_is_closed() -> AsyncIterator[None]:
    yield
    await close_bleak()
