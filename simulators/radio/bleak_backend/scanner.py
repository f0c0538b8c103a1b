"""The scanner backend: what `BleakScanner(backend=radio.scanner_backend)` talks to."""

import functools
from typing import TYPE_CHECKING, Any, Literal

from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner

from simulators.radio.fault_hooks import HookCall, HookPoint
from simulators.radio.gatt import advertisement
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.link_layer.controller import Heard

if TYPE_CHECKING:
    from simulators.radio.bleak_backend.client import ClientRadio


class VirtualScanner(BaseBleakScanner):
    """A scan through a `VirtualRadio`; the subclass in `radio.scanner_backend` is bound to its radio.

    Like BlueZ it calls back for every advertising event and remembers what a device said before: a name that
    came with one scan response stays known.
    """

    radio: "ClientRadio"

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None = None,
        service_uuids: list[str] | None = None,
        scanning_mode: Literal["active", "passive"] = "active",
        **_kwargs: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"
        self._token: object | None = None
        self._names: dict[str, str] = {}

    async def start(self) -> None:
        """Begin to scan."""
        await self.radio.fault_hooks.reach(HookCall(stage=HookPoint.SCAN))
        self.seen_devices.clear()
        self._names.clear()
        self._token = await self.radio.station.listen(self._on_heard, active=self._active)

    async def stop(self) -> None:
        """End the scan."""
        if self._token is not None:
            token, self._token = self._token, None
            await self.radio.station.unlisten(token)

    def _on_heard(self, heard: Heard) -> None:
        if not self.radio.fault_hooks.lets_hear(heard):
            return
        said = _decode(heard.data, heard.scan_response or b"")
        uuids = [str(uuid) for uuid in said.service_uuids]
        if not self.is_allowed_uuid(uuids):
            return
        address = heard.address.to_string(False)
        name = self._names.get(address)
        if said.local_name is not None:
            name = self._names[address] = said.local_name
        data = AdvertisementData(
            local_name=name,
            manufacturer_data=dict(said.manufacturer_data),
            service_data={str(uuid): body for uuid, body in said.service_data.items()},
            service_uuids=uuids,
            tx_power=said.tx_power_dbm,
            rssi=heard.rssi_dbm,
            platform_data=(),
        )
        device = self.create_or_update_device(
            address, address, name or address.replace(":", "-"), {"address": heard.address}, data
        )
        self.call_detection_callbacks(device, data)


# A sensor says the same thing ten times a second for hours; the few contents there are fit easily.
@functools.lru_cache(maxsize=256)
def _decode(data: bytes, scan_response: bytes) -> Advertisement:
    return advertisement.decode(data + scan_response)
