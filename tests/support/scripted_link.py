"""Devices that follow a script, behind the seam where bleak meets a host stack.

`Air` gives bleak a client and a scanner backend; `ScriptedDevice` says what a connect, a read, a write or a
subscription does next: succeed, raise, hang, drop the link. The real `BleakClient` and `BleakScanner` run on
top.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError

from devices.link.supervisor import SupervisedLink

HANG = "hang"
DROP = "drop"
Step = BaseException | str | None
SERVICE_OF_EVERYTHING = "0000fff0-0000-1000-8000-00805f9b34fb"


@dataclass(eq=False)
class ScriptedCharacteristic:
    """A characteristic. Each script is worked off one step an operation; afterwards operations succeed."""

    properties: Sequence[CharacteristicPropertyName]
    value: bytes = b""
    on_read: list[Step] = field(default_factory=list)
    on_write: list[Step] = field(default_factory=list)
    on_subscribe: list[Step] = field(default_factory=list)
    reply: Callable[[bytes], None] | None = None
    subscribed: Callable[[], None] | None = None


@dataclass(eq=False)
class ScriptedDevice:
    """A peripheral in the scripted air."""

    address: str
    name: str
    service_uuids: Sequence[str] = ()
    manufacturer_data: dict[int, bytes] = field(default_factory=dict)
    characteristics: dict[str, ScriptedCharacteristic] = field(default_factory=dict)
    rssi_dbm: int = -60
    period_s: float = 0.1
    advertising: bool = True
    on_connect: list[Step] = field(default_factory=list)
    # bleak's BlueZ backend once left an old client's callbacks alive (bleak #2002).
    keeps_old_callbacks: bool = False
    hides_until: dict[str, int] = field(default_factory=dict)
    log: list[tuple[float, str, str]] = field(default_factory=list)
    clients: list["ScriptedClient"] = field(default_factory=list)
    connects: int = 0
    on_disconnect_hang: bool = False
    # Asked before every operation (`connect`, `read`, ..., `disconnect`, with its detail); it may raise.
    rule: Callable[[str, str], None] | None = None
    # What happens at the instant when a connection stands.
    on_connected: Callable[[], object] | None = None
    # So many values after each subscription never arrive.
    loses_first: int = 0
    # What the device says when it is asked twice for a subscription.
    hangs_on_second_subscription: bool = True
    # After pairing it is known by this address.
    identity_address: str | None = None

    @property
    def client(self) -> "ScriptedClient | None":
        """The client that is connected now."""
        return next((client for client in self.clients if client.is_connected), None)

    def operations(self, kind: str) -> list[str]:
        """What was asked of the device, in order: `connect`, `read`, `write`, `subscribe`, `disconnect`."""
        return [detail for _, what, detail in self.log if what == kind]

    def note(self, what: str, detail: str = "") -> None:
        self.log.append((asyncio.get_running_loop().time(), what, detail))

    def send(self, characteristic: str, payload: bytes) -> None:
        """Notify or indicate to whoever is subscribed."""
        for client in self.clients:
            if client.is_connected or self.keeps_old_callbacks:
                client.deliver(characteristic, payload)

    def drop(self) -> None:
        """The link breaks."""
        for client in self.clients:
            client.break_link()


class ScriptedClient(BaseBleakClient):
    """bleak's client backend on a scripted device. `air` is set by the subclass that `Air` makes."""

    air: "Air"

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        kwargs.pop("services", None)
        super().__init__(address_or_ble_device, **kwargs)
        self._device = self.air.devices[self.address]
        self._connected = False
        self._callbacks: dict[str, NotifyCallback] = {}
        self._lost_first: dict[str, int] = {}

    @property
    def name(self) -> str:
        return self._device.name

    @property
    def mtu_size(self) -> int:
        return 247

    @property
    def is_connected(self) -> bool:
        return self._connected

    async def _step(self, script: list[Step], what: str, detail: str) -> None:
        self._device.note(what, detail)
        await asyncio.sleep(self.air.latency_s)
        if self._device.rule is not None:
            self._device.rule(what, detail)
        step = script.pop(0) if script else None
        if step is HANG:
            await asyncio.Event().wait()
        elif step is DROP:
            self.break_link()
            raise BleakError("Not connected")
        elif isinstance(step, BaseException):
            raise step

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        self._device.connects += 1
        self.air.busy += 1
        self.air.most_busy = max(self.air.most_busy, self.air.busy)
        try:
            await self._step(self._device.on_connect, "connect", "pair" if pair else "")
        finally:
            self.air.busy -= 1
        if pair and self._device.identity_address is not None:
            self.address = self._device.identity_address
        self._connected = True
        self._device.clients.append(self)
        self.services = self._services()
        if self._device.on_connected is not None:
            self._device.on_connected()

    def _services(self) -> BleakGATTServiceCollection:
        collection = BleakGATTServiceCollection()
        service = BleakGATTService(None, 1, SERVICE_OF_EVERYTHING)
        collection.add_service(service)
        for number, (uuid, scripted) in enumerate(self._device.characteristics.items()):
            if self._device.hides_until.get(uuid, 0) >= self._device.connects:
                continue
            characteristic = BleakGATTCharacteristic(
                scripted, 2 + 2 * number, uuid, list(scripted.properties), lambda: 244, service
            )
            collection.add_characteristic(characteristic)
        return collection

    async def disconnect(self) -> None:
        self._device.note("disconnect")
        if self._device.rule is not None:
            self._device.rule("disconnect", "")
        if self._device.on_disconnect_hang:
            await asyncio.Event().wait()
        self.break_link()

    def break_link(self) -> None:
        if self._connected:
            self._connected = False
            self.services = None
            if self._disconnected_callback is not None:
                self._disconnected_callback()

    def deliver(self, characteristic: str, payload: bytes) -> None:
        callback = self._callbacks.get(characteristic)
        if callback is None:
            return
        if self._lost_first.get(characteristic, 0) < self._device.loses_first:
            self._lost_first[characteristic] = self._lost_first.get(characteristic, 0) + 1
            return
        callback(bytearray(payload))

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        self._device.note("pair")

    async def unpair(self) -> None:
        self._device.note("unpair")

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        scripted: ScriptedCharacteristic = characteristic.obj
        await self._step(scripted.on_read, "read", characteristic.uuid)
        return bytearray(scripted.value)

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        raise NotImplementedError

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        scripted: ScriptedCharacteristic = characteristic.obj
        await self._step(scripted.on_write, "write", f"{characteristic.uuid} {bytes(data).hex()}")
        if scripted.reply is not None:
            scripted.reply(bytes(data))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        raise AssertionError("no driver writes a descriptor")

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **kwargs: Any
    ) -> None:
        scripted: ScriptedCharacteristic = characteristic.obj
        if characteristic.uuid in self._callbacks and self._device.hangs_on_second_subscription:
            await asyncio.Event().wait()
        # bleak's default; the other way of BlueZ (AcquireNotify) makes some devices drop the link.
        assert kwargs["bluez"].get("use_start_notify", True)
        self._callbacks[characteristic.uuid] = callback
        await self._step(scripted.on_subscribe, "subscribe", characteristic.uuid)
        if scripted.subscribed is not None:
            scripted.subscribed()

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        self._device.note("unsubscribe", characteristic.uuid)
        if not self._connected:
            raise BleakError("Not connected")


class ScriptedScanner(BaseBleakScanner):
    """bleak's scanner backend: what advertises in the air is heard, unless this scanner has gone deaf."""

    air: "Air"

    def __init__(
        self, detection_callback: Any, service_uuids: Any, scanning_mode: str, **kwargs: Any
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.seen_devices = {}
        self.air.scans += 1
        self.air.busy += 1
        self.air.most_busy = max(self.air.most_busy, self.air.busy)
        try:
            await asyncio.sleep(self.air.latency_s)
            step = self.air.on_scan.pop(0) if self.air.on_scan else None
            if step is HANG:
                await asyncio.Event().wait()
            if isinstance(step, BaseException):
                raise step
        finally:
            self.air.busy -= 1
        deaf = self.air.deaf_scans > 0
        self.air.deaf_scans -= deaf
        self.air.scanning += 1
        self._task = asyncio.create_task(self._listen(deaf))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.air.scanning -= 1
        if self.air.on_scan_stop:
            raise self.air.on_scan_stop.pop(0)

    async def _listen(self, deaf: bool) -> None:
        while True:
            await asyncio.sleep(0.1)
            if deaf or self.air.deaf:
                continue
            for device in list(self.air.devices.values()):
                if device.advertising and device.client is None:
                    self._hear(device)

    def _hear(self, device: ScriptedDevice) -> None:
        data = AdvertisementData(
            local_name=device.name or None,
            manufacturer_data=device.manufacturer_data,
            service_data={},
            service_uuids=list(device.service_uuids),
            tx_power=None,
            rssi=device.rssi_dbm,
            platform_data=(),
        )
        found = self.create_or_update_device(device.address, device.address, device.name or None, None, data)
        self.call_detection_callbacks(found, data)


class Air:
    """Everything in range of one scripted adapter."""

    def __init__(self, *devices: ScriptedDevice, latency_s: float = 0.01) -> None:
        self.devices = {device.address: device for device in devices}
        self.latency_s = latency_s
        self.on_scan: list[Step] = []
        self.on_scan_stop: list[Exception] = []
        self.deaf = False
        self.deaf_scans = 0
        self.scans = 0
        self.scanning = 0
        self.busy = 0
        self.most_busy = 0
        self.client_backend = type("ScriptedClientHere", (ScriptedClient,), {"air": self})
        self.scanner_backend = type("ScriptedScannerHere", (ScriptedScanner,), {"air": self})

    def add(self, device: ScriptedDevice) -> None:
        """A device comes into range."""
        self.devices[device.address] = device


async def until(condition: Callable[[], object], *, within_s: float = 300.0) -> None:
    """Wait in (virtual) time until `condition` holds."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- conditions are about the code under test, which has no event for them
            await asyncio.sleep(0.005)


async def live(link: SupervisedLink, *, within_s: float = 300.0) -> None:
    """Wait until the link is live."""
    await until(lambda: link.state == "live", within_s=within_s)
