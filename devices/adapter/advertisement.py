"""What a device says about itself before anybody connects to it. A value of ours, independent of bleak's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from protocols.ble.codec.assigned_numbers import uuid16


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertisement:
    """One advertisement, with what the scan response added to it. UUIDs are full and lower case."""

    address: str
    received_ns: int
    rssi_dbm: int
    name: str = ""
    service_uuids: frozenset[str] = frozenset()
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    service_data: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, device: BLEDevice, data: AdvertisementData, received_ns: int) -> Self:
        """What bleak's scanner reported at `received_ns`."""
        return cls(
            address=device.address.upper(),
            received_ns=received_ns,
            rssi_dbm=data.rssi,
            name=data.local_name or device.name or "",
            service_uuids=frozenset(uuid.lower() for uuid in data.service_uuids),
            manufacturer_data=data.manufacturer_data,
            service_data=data.service_data,
        )

    def has_service(self, number: int) -> bool:
        """Whether the 16-bit service `number` is advertised."""
        return uuid16(number) in self.service_uuids
