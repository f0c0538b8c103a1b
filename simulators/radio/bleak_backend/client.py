"""The client backend: what `BleakClient(..., backend=radio.client_backend)` talks to."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from bleak.args import SizedBuffer
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_16
from bumble import att, hci
from bumble.core import BaseBumbleError
from bumble.core import ConnectionError as BumbleConnectionError
from bumble.device import Connection

from simulators.radio.errors import LinkLostError, UnansweredError
from simulators.radio.fault_hooks import FaultHooks, HookCall, HookPoint
from simulators.radio.gatt.client import AirGattClient, discover
from simulators.radio.station import Station

T = TypeVar("T")

# The largest MTU that a value of the longest permitted attribute needs (Core 5.4, Vol 3 Part F 3.2.9): what
# BlueZ asks for.
REQUESTED_MTU = 517
CCCD_UUID = normalize_uuid_16(0x2902)
NOTIFY = b"\x01\x00"
INDICATE = b"\x02\x00"
SILENT = b"\x00\x00"


class ClientRadio(Protocol):
    """What a client needs of the radio it is bound to."""

    station: Station
    fault_hooks: FaultHooks

    async def find(self, address: str, timeout_s: float) -> BLEDevice | None:
        """Scan for an address."""


class VirtualClient(BaseBleakClient):
    """A connection through a radio; the subclass in `radio.client_backend` is bound to its radio."""

    radio: ClientRadio

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None = None,
        services: set[str] | None = None,
        timeout: float = 30.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout, **kwargs
        )
        self._ble_device = address_or_ble_device if isinstance(address_or_ble_device, BLEDevice) else None
        self._wanted_services = services
        self._connection: Connection | None = None
        self._gatt: AirGattClient | None = None
        self._callbacks: dict[int, NotifyCallback] = {}
        self._ended = asyncio.Event()

    @property
    def name(self) -> str:
        """The device's name, or its address with dashes."""
        known = self._ble_device.name if self._ble_device else None
        return known or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """The negotiated ATT MTU.

        Raises:
            BleakError: there is no connection.
        """
        return self._client().mtu

    @property
    def is_connected(self) -> bool:
        """Whether the link is up and its services are known."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        """Connect, encrypt if the peer is bonded, exchange the MTU, discover the services.

        A link that is up already, left by a client that never ended it, is taken over, as on BlueZ.

        Raises:
            BleakDeviceNotFoundError: only an address was given and nothing with it advertises.
            TimeoutError: the device did not answer within the client's timeout.
            BleakError: the link failed on the way.
        """
        if self._connection is not None:
            raise BleakError("Client is already connected")
        timeout_s = kwargs.get("timeout", self._timeout)
        if self._ble_device is None:
            self._ble_device = await self.radio.find(self.address, timeout_s)
        if self._ble_device is None:
            raise BleakDeviceNotFoundError(self.address, f"Device with address {self.address} was not found.")
        address: hci.Address = self._ble_device.details["address"]
        async with asyncio.timeout(timeout_s):
            await self._reach(HookPoint.CONNECT)
            try:
                connection = self._existing(address) or await self.radio.station.connect(address)
            except BumbleConnectionError as error:
                raise BleakError(f"failed to connect to {self.address}: {error.error_name}") from error
            self._attach(connection)
            try:
                await self._prepare(pair=pair)
            except BaseException:
                await self.disconnect()
                raise

    def _existing(self, address: hci.Address) -> Connection | None:
        connection = self.radio.station.connection_to(address)
        if connection is not None and connection.handle in self.radio.station.host.value_sinks:
            raise BleakError(f"another client is connected to {self.address}")
        return connection

    async def _prepare(self, *, pair: bool) -> None:
        await self._reach(HookPoint.CONNECTED)
        connection = self._require()
        if await self.radio.station.is_bonded(connection.peer_address):
            await self._guard(self.radio.station.encrypt(connection))
        elif pair:
            await self.pair()
        await self._reach(HookPoint.DISCOVER)
        await self._guard(self._client().request_mtu(REQUESTED_MTU))
        table = await self._guard(discover(self._client(), self._wanted_services))
        self.services = self.radio.fault_hooks.alter_services(self.address, table)
        self.radio.station.services_of[self.address] = frozenset(service.uuid for service in self.services)

    async def _reach(self, stage: HookPoint, characteristic: str = "") -> None:
        await self.radio.fault_hooks.reach(
            HookCall(stage=stage, address=self.address, client=self, characteristic=characteristic)
        )

    def _attach(self, connection: Connection) -> None:
        self._connection = connection
        self._gatt = AirGattClient(connection)
        self._ended.clear()
        self.radio.station.host.value_sinks[connection.handle] = self._on_value
        self.radio.station.answer_security_requests(connection)
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)

    def _on_disconnection(self, _reason: int) -> None:
        if self._connection is None:
            return
        self.radio.station.host.value_sinks.pop(self._connection.handle, None)
        self._connection = None
        self.services = None
        self._callbacks.clear()
        self._ended.set()
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    def uuid_of(self, handle: int) -> str:
        """The characteristic with that value handle, empty if the client knows none."""
        known = self.services.get_characteristic(handle) if self.services is not None else None
        return "" if known is None else known.uuid

    def _on_value(self, handle: int, value: bytes) -> None:
        callback = self._callbacks.get(handle)
        if callback is None:
            return
        if not self.radio.fault_hooks.values:
            callback(bytearray(value))
            return
        for one in self.radio.fault_hooks.alter_value(self, handle, value):
            callback(bytearray(one))

    async def disconnect(self) -> None:
        """End the connection; the disconnected callback is called, as bleak's own backends do."""
        connection = self._connection
        if connection is None:
            return
        await self.radio.station.disconnect(connection)
        await self._ended.wait()

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """Pair and bond, Just Works or with the passkey that the radio's agent knows.

        Raises:
            BleakError: the peripheral or the agent refused.
        """
        await self._reach(HookPoint.PAIR)
        await self._guard(self.radio.station.pair(self._require()))

    async def unpair(self) -> None:
        """Forget the bond and end the connection."""
        address = self._connection.peer_address if self._connection else None
        if address is None and self._ble_device is not None:
            address = self._ble_device.details["address"]
        await self.disconnect()
        await self._reach(HookPoint.FORGET)
        if address is None or not await self.radio.station.forget(address):
            raise BleakDeviceNotFoundError(self.address, f"Device with address {self.address} is not paired.")

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        """Read a value, whole even if longer than the MTU."""
        await self._reach(HookPoint.READ, characteristic.uuid)
        return await self._read(characteristic.handle)

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        """Read a descriptor."""
        return await self._read(descriptor.handle)

    async def _read(self, handle: int) -> bytearray:
        return bytearray(await self._guard(self._client().read_value(handle)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a value, with or without response."""
        await self._reach(HookPoint.WRITE, characteristic.uuid)
        if not response and len(bytes(data)) > self.mtu_size - 3:
            raise BleakError(f"{len(bytes(data))} bytes do not fit a write without response")
        await self._guard(
            self._client().write_value(characteristic.handle, bytes(data), with_response=response)
        )

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        """Write a descriptor."""
        await self._guard(self._client().write_value(descriptor.handle, bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **kwargs: Any
    ) -> None:
        """Subscribe; notifications are preferred where the characteristic has both.

        Raises:
            BleakError: the characteristic cannot notify, or is subscribed already.
        """
        if characteristic.handle in self._callbacks:
            raise BleakError("Characteristic notifications already started")
        cccd = characteristic.get_descriptor(CCCD_UUID)
        if cccd is None:
            raise BleakError(f"Characteristic {characteristic.uuid} has no client configuration descriptor")
        await self._reach(HookPoint.SUBSCRIBE, characteristic.uuid)
        self._callbacks[characteristic.handle] = callback
        bits = NOTIFY if "notify" in characteristic.properties else INDICATE
        try:
            await self.write_gatt_descriptor(cccd, bits)
        except BaseException:
            self._callbacks.pop(characteristic.handle, None)
            raise
        await self._reach(HookPoint.SUBSCRIBED, characteristic.uuid)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe.

        Raises:
            BleakError: there was no subscription.
        """
        if self._callbacks.pop(characteristic.handle, None) is None:
            raise BleakError("Characteristic notifications not started")
        cccd = characteristic.get_descriptor(CCCD_UUID)
        if cccd is not None:
            await self.write_gatt_descriptor(cccd, SILENT)

    def _require(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    def _client(self) -> AirGattClient:
        self._require()
        if self._gatt is None:
            raise BleakError("Not connected")
        return self._gatt

    async def _guard(self, operation: Coroutine[Any, Any, T]) -> T:
        """Give bleak's errors for bumble's and ours."""
        try:
            return await operation
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except LinkLostError as error:
            raise BleakError("disconnected") from error
        except UnansweredError as error:
            # A peer that leaves a request unanswered gets no further ones (Core 5.4, Vol 3 Part F 3.3.3).
            await self.disconnect()
            raise BleakError("the peripheral left a request unanswered for 30 s") from error
        except BaseBumbleError as error:
            raise BleakError(str(error)) from error
