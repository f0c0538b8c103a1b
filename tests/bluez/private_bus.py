"""A D-Bus of one's own, so that a test can be the system's Bluetooth service, and can let it die."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Self

from bleak.backends.bluezdbus import manager

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*" eavesdrop="true"/>
  </policy>
</busconfig>
"""


def dbus_daemon() -> str | None:
    """The program, None where it is not installed."""
    return shutil.which("dbus-daemon")


class PrivateBus:
    """A dbus-daemon with a socket in `folder`; `address` stays the same when it is started again."""

    def __init__(self, folder: Path) -> None:
        socket = folder / "bus"
        self.address = f"unix:path={socket}"
        self._socket = socket
        self._configuration = folder / "bus.conf"
        self._configuration.write_text(CONFIGURATION.format(socket=socket))
        self._process: subprocess.Popen[bytes] | None = None
        self.has_died = False

    def start(self) -> None:
        """Start it, and wait until it listens."""
        program = dbus_daemon()
        assert program is not None, "dbus-daemon is not installed"
        self._process = subprocess.Popen(
            [program, f"--config-file={self._configuration}", "--nofork", "--nopidfile", "--print-address=1"],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        # It prints the address when it has bound the socket.
        assert self._process.stdout.readline(), "dbus-daemon ended at once"

    def kill(self) -> None:
        """End it without a word to its clients."""
        if self._process is None:
            return
        self.has_died = True
        process, self._process = self._process, None
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        self._socket.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


async def close_bleak() -> None:
    """Close the connection that bleak keeps for the life of the loop: a test's loop ends."""
    kept = manager._global_instances.pop(asyncio.get_running_loop(), None)
    if kept is None or kept._bus is None:
        return
    kept._bus.disconnect()
    assert kept._bus_watcher_task is not None
    await kept._bus_watcher_task
