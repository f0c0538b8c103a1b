"""A simulated sensor: what it advertises, its GATT server, and its life over time.

A family is one subclass: `services` (built on `simulators.radio.gatt.services`), `advertisement`, and `run`,
the device's behaviour for as long as it is switched on. Add it to a `VirtualRadio` to switch it on.
"""

import abc
import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bumble.device import Connection, Device
from bumble.hci import (
    Address,
    HCI_Disconnect_Command,
    HCI_Error,
    HCI_ErrorCode,
    HCI_LE_Set_Random_Address_Command,
)
from bumble.keys import MemoryKeyStore

from simulators.radio.cancellation import insistently
from simulators.radio.errors import NotStartedError
from simulators.radio.gatt.advertisement import FLAGS_GENERAL_DISCOVERABLE, Advertisement
from simulators.radio.gatt.advertiser import Advertiser
from simulators.radio.gatt.notification_sender import NotificationFilter, NotificationSender
from simulators.radio.gatt.pairing import peripheral_pairing
from simulators.radio.gatt.services import Characteristic, Service, enforce_permissions
from simulators.radio.gatt.witness import Witness
from simulators.radio.link_layer.controller import AirController
from simulators.radio.link_layer.device_clock import DeviceClock
from simulators.radio.link_layer.host import parse_address, static_address
from simulators.radio.link_layer.link import LinkBehaviour


class Place(Protocol):
    """Where a peripheral can be switched on: a virtual radio, or a transport to a controller elsewhere."""

    def rng(self, name: str) -> Random:
        """A stream of chance of that name."""

    def make_device(
        self, *, name: str, address: str, public: bool, rng: Random
    ) -> tuple[Device, AirController | None]:
        """A bumble device, not powered on, and its controller if that is in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _SwitchedOn:
    """What a peripheral has while it is switched on."""

    device: Device
    controller: AirController | None
    clock: DeviceClock
    outlet: NotificationSender
    announcer: Advertiser


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
        self.in_pairing_mode = True
        # Faults between the sensor and the air, see `simulators.faults`.
        self.notification_filters: list[NotificationFilter] = []
        # Somebody who looks on, from the next switching on.
        self.witness: Witness | None = None
        # Whether a central that comes back finds its subscriptions as it left them, as bonded ones should.
        self.keeps_subscriptions = False
        self._kept: dict[int, bytes] = {}
        # Keys of bonded centrals; they outlive switching off, as in a sensor's flash.
        self.bonds = MemoryKeyStore()
        self._on: _SwitchedOn | None = None
        self._rng = Random(name)
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
        if self.passkey is not None and not 1 <= self.passkey <= 999_999:
            # Zero would be a passkey, but bumble's pairing takes it for none.
            raise ValueError(f"passkey of {self.name} is {self.passkey}, expected 1 to 999999")
        self._rng = place.rng(self.address)
        device, controller = place.make_device(
            name=self.name, address=self.address, public=self.public_address, rng=self._rng
        )
        if controller is not None:
            controller.behaviour = self.behaviour
        server = device.gatt_server
        server.max_mtu = self.max_mtu
        device.keystore = self.bonds
        device.pairing_config_factory = lambda _: peripheral_pairing(
            self.passkey, accepts=lambda: self.in_pairing_mode
        )
        device.add_services([service.build(server) for service in self.services()])
        enforce_permissions(server)
        device.on(Device.EVENT_CONNECTION, self._on_connection)
        server.on(server.EVENT_CHARACTERISTIC_SUBSCRIPTION, self._on_subscription)
        self._advertised()
        await device.power_on()
        self._on = _SwitchedOn(
            device=device,
            controller=controller,
            clock=DeviceClock(),
            outlet=NotificationSender(device, controller, self.notification_filters, self.witness),
            announcer=Advertiser(
                device,
                content=self._advertised,
                interval_s=self.advertising_interval_s,
                public_address=self.public_address,
                wanted=self.advertises_at_start,
            ),
        )

    async def live(self) -> None:
        """Be switched on, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            keeping = insistently(self._switched_on.announcer.keep())
            tasks.create_task(keeping, name=f"{self.name} advertising")
            tasks.create_task(insistently(self.run()), name=f"{self.name} behaviour")

    async def stop(self) -> None:
        """Switch off; what it knew of connections is gone."""
        if self._on is not None:
            was_on, self._on = self._on, None
            was_on.outlet.close()
            await was_on.device.power_off()
            if was_on.controller is not None:
                was_on.controller.unplug()

    @property
    def _switched_on(self) -> "_SwitchedOn":
        if self._on is None:
            raise NotStartedError(self.name)
        return self._on

    @property
    def device(self) -> Device:
        """The bumble device behind it.

        Raises:
            NotStartedError: it is switched off.
        """
        return self._switched_on.device

    @property
    def controller(self) -> AirController:
        """Its controller on the medium.

        Raises:
            NotStartedError: it is switched off, or its controller is not in this process.
        """
        controller = self._switched_on.controller
        if controller is None:
            raise NotStartedError(self.name)
        return controller

    @property
    def clock(self) -> DeviceClock:
        """Its own clock.

        Raises:
            NotStartedError: it is switched off.
        """
        return self._switched_on.clock

    @property
    def notifications_lost(self) -> int:
        """How many notifications found the transmit buffer full since it was switched on."""
        return self._switched_on.outlet.lost

    @property
    def rng(self) -> Random:
        """Its own stream of chance, from the radio's seed and its address."""
        return self._rng

    # ---- what a family can do in `run`

    @property
    def is_connected(self) -> bool:
        """Whether a central is connected."""
        return self._on is not None and bool(self._on.device.connections)

    @property
    def connections(self) -> list[Connection]:
        """The links to centrals."""
        return list(self.device.connections.values())

    def is_subscribed(self, characteristic: Characteristic) -> bool:
        """Whether a connected central has asked for notifications or indications of it."""
        return self._switched_on.outlet.is_subscribed(characteristic)

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

    @property
    def air_address(self) -> Address:
        """The address it uses on the air now."""
        return self.device.public_address if self.public_address else self.device.random_address

    async def change_address(self, address: str) -> None:
        """Advertise with another random static address from now on, as after a reset; links stay.

        The radio knows it by the first address for ever.
        """
        self.device.random_address = parse_address(address, public=False)
        if self.device.is_advertising:
            await self.device.stop_advertising()
        command = HCI_LE_Set_Random_Address_Command(random_address=self.device.random_address)
        await self.device.send_sync_command(command)
        self._switched_on.announcer.look_again()

    async def start_advertising(self) -> None:
        """Advertise whenever nobody is connected; called again it takes the new content."""
        self._switched_on.announcer.want(True)

    async def stop_advertising(self) -> None:
        """Advertise no more."""
        self._switched_on.announcer.want(False)

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
        return self._switched_on.outlet.notify(characteristic, value)

    async def indicate(self, characteristic: Characteristic, value: bytes) -> int:
        """Send an indication to every central that asked for them, await the confirmations, give how many.

        Raises:
            NotificationTooLongError: the value does not fit the link's MTU.
            UnansweredError: a central did not confirm within 30 s.
        """
        return await self._switched_on.outlet.indicate(characteristic, value)

    async def ticks(self, period_s: float) -> AsyncIterator[int]:
        """Count 0, 1, 2... every `period_s` of the device's own clock, without adding up delays."""
        begin_s = self.clock.now_s()
        count = 0
        while True:
            yield count
            count += 1
            await self.clock.sleep(max(0.0, begin_s + count * period_s - self.clock.now_s()))

    # ---- inside

    def _advertised(self) -> tuple[bytes, bytes]:
        """Advertising data and scan response, as bytes."""
        said = self.advertisement
        if said.flags is None:
            said = dataclasses.replace(said, flags=FLAGS_GENERAL_DISCOVERABLE)
        return said.encode(), self.scan_response.encode("scan response")

    def _on_connection(self, connection: Connection) -> None:
        on = self._switched_on
        subscribers = on.device.gatt_server.subscribers
        if self.keeps_subscriptions and self._kept:
            subscribers[connection] = dict(self._kept)

        def on_disconnection(reason: int) -> None:
            if self._on is not on:
                return  # it was switched off meanwhile and has noticed nothing
            self._kept = dict(subscribers.get(connection, {}))
            on.announcer.look_again()
            if self.witness is not None:
                self.witness.link_changed(is_up=False)
            self.on_disconnected(reason)
            self._wake()

        connection.on(connection.EVENT_DISCONNECTION, on_disconnection)
        on.announcer.look_again()
        if self.witness is not None:
            self.witness.link_changed(is_up=True)
        self.on_connected()
        self._wake()

    def _on_subscription(self, *_: object) -> None:
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
