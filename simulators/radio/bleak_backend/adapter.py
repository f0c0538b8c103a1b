"""The adapter backend: what `BleakAdapter.get(backend=radio.adapter_backend)` talks to."""

from typing import TYPE_CHECKING, Any, Self

from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.device import BLEDevice
from bleak.uuids import normalize_uuid_16

if TYPE_CHECKING:
    from simulators.radio.bleak_backend.client import ClientRadio

GENERIC_ATTRIBUTE = normalize_uuid_16(0x1801)


class VirtualAdapter(BaseBleakAdapter):
    """The station's adapter; the subclass in `radio.adapter_backend` is bound to its radio."""

    radio: "ClientRadio"

    @classmethod
    async def get(cls, **_kwargs: Any) -> Self:
        """The radio's one adapter."""
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        """Devices with a link to this adapter, whoever made it, that have one of the services."""
        station = self.radio.station
        found = []
        for connection in station.device.connections.values():
            address = connection.peer_address.to_string(False)
            services = station.services_of.get(address, frozenset()) | {GENERIC_ATTRIBUTE}
            if services & service_uuids:
                found.append(BLEDevice(address, None, {"address": connection.peer_address}))
        return found
