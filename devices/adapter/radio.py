"""One adapter: which bleak backends reach it, and the lock that keeps its scans and connects apart."""

import asyncio
import sys
from collections.abc import Callable

from bleak import BleakClient, BleakScanner
from bleak.args.bluez import BlueZClientArgs, BlueZScannerArgs
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

from devices.adapter.host_stack import HostStack, NoHostStack

# bleak's own default is 30 s. Nobody holds an adapter that long for one device while others wait; a device
# that advertised a moment ago answers within a second or not at all (bleak-retry-connector uses 20 s).
CONNECT_TIMEOUT_S = 15.0


class Radio:
    """The way to one adapter. `None` as a backend is bleak's own choice for this system.

    `lock` is held while a scan is started or stopped and while a link connects: the controllers and BlueZ
    do one of these at a time and answer InProgress to the rest (bleak #1036, #694, #958, #971).
    `host_stack` does what bleak does not: free devices that an earlier process left connected, forget stale
    ones, answer pairing requests.
    """

    def __init__(
        self,
        client_backend: type[BaseBleakClient] | None = None,
        scanner_backend: type[BaseBleakScanner] | None = None,
        adapter: str | None = None,
        *,
        host_stack: HostStack | None = None,
        may_power_cycle: bool = False,
    ) -> None:
        self.client_backend = client_backend
        self.scanner_backend = scanner_backend
        self.adapter = adapter
        self.host_stack = host_stack or _host_stack(client_backend)
        self.may_power_cycle = may_power_cycle
        self.lock = asyncio.Lock()

    def client(
        self, device: BLEDevice, on_disconnect: Callable[[BleakClient], None], *, pair: bool
    ) -> BleakClient:
        """A client for one connection; used once, for its state after a failure is undefined (bleak #490)."""
        bluez = BlueZClientArgs(adapter=self.adapter) if self.adapter else BlueZClientArgs()
        return BleakClient(
            device,
            disconnected_callback=on_disconnect,
            timeout=CONNECT_TIMEOUT_S,
            pair=pair,
            bluez=bluez,
            backend=self.client_backend,
        )

    def scanner(self, on_advertisement: Callable[[BLEDevice, AdvertisementData], None]) -> BleakScanner:
        """A scanner, not yet started."""
        bluez = BlueZScannerArgs(adapter=self.adapter) if self.adapter else BlueZScannerArgs()
        return BleakScanner(on_advertisement, bluez=bluez, backend=self.scanner_backend)


def _host_stack(client_backend: type[BaseBleakClient] | None) -> HostStack:
    if client_backend is not None or sys.platform != "linux":
        return NoHostStack()
    # Only here: dbus-fast comes with bleak on Linux, and nowhere else.
    from devices.adapter.bluez import BlueZ  # noqa: PLC0415

    return BlueZ()
