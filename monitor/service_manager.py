"""Tells a service manager (systemd) that the service is ready, alive, and ends: the protocol of sd_notify(3).

A datagram of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names; without it nothing is said.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping

# How far the session may be behind before it no longer counts as alive: the manager then starts it anew.
ALIVE_WITHIN_S = 5.0


class ServiceManager:
    """One connection to whoever started us.

    Args:
        environment: where the variables are.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self.watchdog_s = _watchdog_s(environment)

    def tell(self, **states: str | int) -> bool:
        """Send states, `READY=1` for `ready=1`; False where nobody listens. Never fails, never waits."""
        if not self._address:
            return False
        # A leading @ is Linux's abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        message = "\n".join(f"{name.upper()}={value}" for name, value in states.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto(message.encode(), address)
        except OSError:
            return False
        return True

    async def keep_alive(self, late_s: Callable[[], float], status: Callable[[], str]) -> None:
        """Feed the watchdog for as long as the session moves, for ever; returns where none is set.

        `late_s` says how far the session is behind. While it stands still the watchdog hears nothing.
        """
        if self.watchdog_s is None:
            return
        while True:
            if late_s() <= ALIVE_WITHIN_S:
                self.tell(watchdog=1, status=status())
            else:
                self.tell(status=f"the session has stood still for {late_s():.0f} s")
            await asyncio.sleep(self.watchdog_s / 3)


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """How often we must be heard; None where nobody asks, or asks another process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        microseconds = int(environment.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return microseconds / 1e6 if microseconds > 0 else None
