"""A simulated sensor: what it advertises, its GATT server, and its life over time.

A family is one subclass: `services` (built on `simulators.radio.gatt`), `advertisement`, and `run`, the
device's behaviour for as long as it is switched on. Add it to a `VirtualRadio` to switch it on.
"""

import abc
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from random import Random
from typing import Protocol

from bumble import att
from bumble.device import Connection, Device
from bumble.hci import HCI_Disconnect_Command, HCI_Error, HCI_ErrorCode, OwnAddressType
from bumble.keys import MemoryKeyStore

from simulators.radio.advertisement import FLAGS_GENERAL_DISCOVERABLE, Advertisement
from simulators.radio.controller import AirController
from simulators.radio.device_clock import DeviceClock
from simulators.radio.errors import LinkLostError, NotificationTooLongError, NotStartedError, UnansweredError
from simulators.radio.gatt import Characteristic, Service
from simulators.radio.gatt_client import ATT_TRANSACTION_TIMEOUT_S
from simulators.radio.host import parse_address, static_address
from simulators.radio.link import LinkBehaviour
from simulators.radio.pairing import peripheral_pairing

NOTIFY_BIT = 0x01
INDICATE_BIT = 0x02
NOTIFICATION_HEADER_BYTES = 3


class Place(Protocol):
    """Where a peripheral can be switched on: a virtual radio, or a transport to a controller elsewhere."""

    def rng(self, name: str) -> Random:
        """A stream of chance of that name."""

    def make_device(
        self, *, name: str, address: str, public: bool, rng: Random
    ) -> tuple[Device, AirController | None]:
        """A bumble device, not powered on, and its controller if that is in this process."""


class Peripheral(abc.ABC):
    """A device that can be switched on.

    Class attributes say what the product is like; a subclass sets what differs. `advertises_at_start` False
    is for a device that sleeps until it has something to say (`start_advertising`). `passkey` makes it
    display six digits when pairing; None is Just Works.

    Args:
        name: What it calls itself, in the GAP service and, by default, in the scan response.
        address: Its address; by default a random static one that follows from the name.
        public_address: Whether `address` is a public one.
    """

    behaviour = LinkBehaviour()
    advertising_interval_s = 0.1
    advertises_at_start = True
    max_mtu = 247
    passkey: int | None = None

    def __init__(self, *, name: str, address: str | None = None, public_address: bool = False) -> None:
        self.name = name
        self.address = (address or static_address(Random(name))).upper()
        self.public_address = public_address
        parse_address(self.address, public=public_address)
        self.notifications_lost = 0
        self.in_pairing_mode = True
        # Keys of bonded centrals; they outlive switching off, as in a sensor's flash.
        self.bonds = MemoryKeyStore()
        self._device: Device | None = None
        self._controller: AirController | None = None
        self._clock: DeviceClock | None = None
        self._rng = Random(name)
        self._wants_advertising = self.advertises_at_start
        self._advertising_changed = asyncio.Event()
        self._waiters: list[asyncio.Future[None]] = []

    # ---- what a family says

    @property
    @abc.abstractmethod
    def advertisement(self) -> Advertisement:
        """What it advertises now; flags are added."""

    @property
    def scan_response(self) -> Advertisement:
        """What it answers to an active scan: its name, unless a family knows better."""
        return Advertisement(local_name=self.name)

    @abc.abstractmethod
    def services(self) -> Sequence[Service]:
        """Its services beside GAP and GATT; asked once, when it is switched on."""

    @abc.abstractmethod
    async def run(self) -> None:
        """Its behaviour from switching on; may end, the device then stays as it is."""

    def on_connected(self) -> None:  # noqa: B027 - families override what they need
        """A central has connected."""

    def on_disconnected(self, reason: int) -> None:  # noqa: B027 - families override what they need
        """The central is gone, with an HCI error code."""

    # ---- its life on a radio

    async def start(self, place: Place) -> None:
        """Switch on: stack, services, advertising. Whoever adds it then runs `live`."""
        self._rng = place.rng(self.address)
        self._clock = DeviceClock()
        device, self._controller = place.make_device(
            name=self.name, address=self.address, public=self.public_address, rng=self._rng
        )
        self._device = device
        if self._controller is not None:
            self._controller.behaviour = self.behaviour
        server = device.gatt_server
        server.max_mtu = self.max_mtu
        device.keystore = self.bonds
        device.pairing_config_factory = lambda _: peripheral_pairing(
            self.passkey, accepts=lambda: self.in_pairing_mode
        )
        device.add_services([service.build(server) for service in self.services()])
        device.on(Device.EVENT_CONNECTION, self._on_connection)
        server.on(server.EVENT_CHARACTERISTIC_SUBSCRIPTION, self._on_subscription)
        self._advertising_data()
        self._scan_response_data()
        self._wants_advertising = self.advertises_at_start
        await device.power_on()

    async def live(self) -> None:
        """Be switched on, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_advertising(), name=f"{self.name} advertising")
            tasks.create_task(self.run(), name=f"{self.name} behaviour")

    async def stop(self) -> None:
        """Switch off; what it knew of connections is gone."""
        if self._device is not None:
            await self._device.power_off()
        self._device = None
        self._controller = None

    @property
    def device(self) -> Device:
        """The bumble device behind it.

        Raises:
            NotStartedError: it is switched off.
        """
        if self._device is None:
            raise NotStartedError(self.name)
        return self._device

    @property
    def controller(self) -> AirController:
        """Its controller on the medium.

        Raises:
            NotStartedError: it is switched off, or its controller is not in this process.
        """
        if self._controller is None:
            raise NotStartedError(self.name)
        return self._controller

    @property
    def clock(self) -> DeviceClock:
        """Its own clock.

        Raises:
            NotStartedError: it is switched off.
        """
        if self._clock is None:
            raise NotStartedError(self.name)
        return self._clock

    @property
    def rng(self) -> Random:
        """Its own stream of chance, from the radio's seed and its address."""
        return self._rng

    # ---- what a family can do in `run`

    @property
    def is_connected(self) -> bool:
        """Whether a central is connected."""
        return self._device is not None and bool(self._device.connections)

    @property
    def connections(self) -> list[Connection]:
        """The links to centrals."""
        return list(self.device.connections.values())

    def is_subscribed(self, characteristic: Characteristic) -> bool:
        """Whether a connected central has asked for notifications or indications of it."""
        return bool(self._subscribers(characteristic.attribute.handle, NOTIFY_BIT | INDICATE_BIT))

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on connections and subscriptions holds; it is asked at every change."""
        while not condition():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    def request_pairing(self) -> None:
        """Ask every connected central for security, as many cuffs do at once after connecting."""
        for connection in self.connections:
            self.device.request_pairing(connection)

    async def start_advertising(self) -> None:
        """Advertise whenever nobody is connected; called again it takes the new content."""
        self._wants_advertising = True
        if self.device.is_advertising:
            await self.device.stop_advertising()
        self._advertising_changed.set()

    async def stop_advertising(self) -> None:
        """Advertise no more."""
        self._wants_advertising = False
        self._advertising_changed.set()

    async def disconnect(self) -> None:
        """End the links from this side, after what is queued; does not wait for the end."""
        for connection in self.connections:
            command = HCI_Disconnect_Command(
                connection_handle=connection.handle,
                reason=HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR,
            )
            with contextlib.suppress(HCI_Error):  # the central may have been quicker
                await self.device.send_async_command(command)

    def notify(self, characteristic: Characteristic, value: bytes) -> int:
        """Send a notification to every central that asked for them; gives how many.

        When the transmit buffer is full the value is lost, as it is in the products, and counted in
        `notifications_lost`.

        Raises:
            NotificationTooLongError: the value does not fit the link's MTU.
        """
        handle: int = characteristic.attribute.handle
        sent = 0
        for connection in self._subscribers(handle, NOTIFY_BIT):
            self._check_length(characteristic, value, connection)
            if self._is_congested(connection):
                self.notifications_lost += 1
                continue
            pdu = b"\x1b" + handle.to_bytes(2, "little") + value
            self.device.host.send_l2cap_pdu(connection.handle, att.ATT_CID, pdu)
            sent += 1
        return sent

    async def indicate(self, characteristic: Characteristic, value: bytes) -> int:
        """Send an indication to every central that asked for them, await the confirmations, give how many.

        Raises:
            NotificationTooLongError: the value does not fit the link's MTU.
            UnansweredError: a central did not confirm within 30 s.
        """
        handle: int = characteristic.attribute.handle
        confirmed = 0
        for connection in self._subscribers(handle, INDICATE_BIT):
            self._check_length(characteristic, value, connection)
            try:
                await self._indicate(connection, b"\x1d" + handle.to_bytes(2, "little") + value)
            except LinkLostError:
                continue
            confirmed += 1
        return confirmed

    async def _indicate(self, connection: Connection, pdu: bytes) -> None:
        server = self.device.gatt_server
        async with server.indication_semaphores[connection]:
            confirmation: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def on_lost(reason: int) -> None:
                if not confirmation.done():
                    confirmation.set_exception(LinkLostError(reason))

            connection.on(connection.EVENT_DISCONNECTION, on_lost)
            server.pending_confirmations[connection] = confirmation
            try:
                self.device.host.send_l2cap_pdu(connection.handle, att.ATT_CID, pdu)
                async with asyncio.timeout(ATT_TRANSACTION_TIMEOUT_S):
                    await confirmation
            except TimeoutError:
                raise UnansweredError("indication") from None
            finally:
                server.pending_confirmations[connection] = None
                connection.remove_listener(connection.EVENT_DISCONNECTION, on_lost)

    async def ticks(self, period_s: float) -> AsyncIterator[int]:
        """Count 0, 1, 2... every `period_s` of the device's own clock, without adding up delays."""
        begin_s = self.clock.now_s()
        count = 0
        while True:
            yield count
            count += 1
            await self.clock.sleep(max(0.0, begin_s + count * period_s - self.clock.now_s()))

    # ---- inside

    def _subscribers(self, handle: int, bits: int) -> list[Connection]:
        return [
            bearer
            for bearer, cccds in self.device.gatt_server.subscribers.items()
            if isinstance(bearer, Connection) and handle in cccds and cccds[handle][0] & bits
        ]

    def _is_congested(self, connection: Connection) -> bool:
        end = self._controller.ends.get(connection.handle) if self._controller else None
        return end is not None and end.air.waiting(end.side) >= self.behaviour.transmit_buffer_packets

    @staticmethod
    def _check_length(characteristic: Characteristic, value: bytes, connection: Connection) -> None:
        limit = connection.att_mtu - NOTIFICATION_HEADER_BYTES
        if len(value) > limit:
            raise NotificationTooLongError(str(characteristic.uuid), len(value), limit)

    async def _keep_advertising(self) -> None:
        device = self.device
        while True:
            wanted = self._wants_advertising and not device.connections
            if wanted and not device.is_advertising:
                own = OwnAddressType.PUBLIC if self.public_address else OwnAddressType.RANDOM
                await device.start_advertising(
                    own_address_type=own,
                    advertising_data=self._advertising_data(),
                    scan_response_data=self._scan_response_data(),
                    advertising_interval_min=self.advertising_interval_s * 1000,
                    advertising_interval_max=self.advertising_interval_s * 1000,
                )
            elif not wanted and device.is_advertising:
                await device.stop_advertising()
            await self._advertising_changed.wait()
            self._advertising_changed.clear()

    def _scan_response_data(self) -> bytes:
        return self.scan_response.encode("scan response")

    def _advertising_data(self) -> bytes:
        said = self.advertisement
        if said.flags is None:
            said = Advertisement(
                flags=FLAGS_GENERAL_DISCOVERABLE,
                local_name=said.local_name,
                service_uuids=said.service_uuids,
                manufacturer_data=said.manufacturer_data,
                service_data=said.service_data,
                tx_power_dbm=said.tx_power_dbm,
                appearance=said.appearance,
            )
        return said.encode()

    def _on_connection(self, connection: Connection) -> None:
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        self._advertising_changed.set()
        self.on_connected()
        self._wake()

    def _on_disconnection(self, reason: int) -> None:
        self._advertising_changed.set()
        self.on_disconnected(reason)
        self._wake()

    def _on_subscription(self, *_: object) -> None:
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
