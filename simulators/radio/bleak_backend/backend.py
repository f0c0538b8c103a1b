"""What every radio offers to bleak: three backends bound to it, and the hooks where faults take hold."""

from bleak import BleakScanner
from bleak.backends.device import BLEDevice

from simulators.radio.bleak_backend.adapter import VirtualAdapter
from simulators.radio.bleak_backend.client import VirtualClient
from simulators.radio.bleak_backend.scanner import VirtualScanner
from simulators.radio.fault_hooks import FaultHooks
from simulators.radio.station import Station


class BleakBackend:
    """A station's adapter as bleak sees it.

    Give `client_backend` and `scanner_backend` to `BleakClient` and `BleakScanner` as `backend=`, and
    `adapter_backend` to `BleakAdapter.get`. `station` exists from the moment the radio is switched on.
    """

    station: Station

    def __init__(self) -> None:
        bound = {"radio": self}
        self.client_backend: type[VirtualClient] = type("VirtualClient", (VirtualClient,), bound)
        self.scanner_backend: type[VirtualScanner] = type("VirtualScanner", (VirtualScanner,), bound)
        self.adapter_backend: type[VirtualAdapter] = type("VirtualAdapter", (VirtualAdapter,), bound)
        self.fault_hooks = FaultHooks()

    async def find(self, address: str, timeout_s: float) -> BLEDevice | None:
        """Scan for an address, as bleak does for a client that was given no device."""
        return await BleakScanner.find_device_by_address(
            address, timeout=timeout_s, backend=self.scanner_backend
        )
