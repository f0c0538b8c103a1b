"""The virtual radio: peripherals on one side, bleak on the other, and the air between them to play with."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bumble.device import Device
from bumble.hci import HCI_ErrorCode

from simulators.radio.bleak_backend.backend import BleakBackend
from simulators.radio.errors import AddressTakenError, UnknownPeripheralError
from simulators.radio.link_layer.controller import AirController
from simulators.radio.link_layer.host import make_air_device, static_address
from simulators.radio.link_layer.medium import Medium
from simulators.radio.station import Station

if TYPE_CHECKING:
    from simulators.peripherals.peripheral import Peripheral


class VirtualRadio(BleakBackend):
    """The air in a room: a station's adapter, and the peripherals that were added to it.

    Use it as an async context manager. Inside, give `client_backend` and `scanner_backend` to bleak as
    `backend=`, and `adapter_backend` to `BleakAdapter.get`. Peripherals run in a task group of the radio:
    when one fails, the block ends with its error.

    Args:
        seed: Everything that is left to chance on the air (advertising delays, phases, jitter, fading) comes
            from it; a peripheral's chance depends on the seed and its address only.
        direct: Let data take the short way past the HCI packets; False makes them real (slower, same result).
        passkey: The station's agent: gives the six digits that a peripheral displays, by address, or None if
            it cannot know them. Without an agent pairing is Just Works.
    """

    def __init__(
        self, seed: int = 0, *, direct: bool = True, passkey: Callable[[str], int | None] | None = None
    ) -> None:
        super().__init__()
        self.seed = seed
        self.direct = direct
        self.peripherals: dict[str, Peripheral] = {}
        self._passkey = passkey
        self._tasks = asyncio.TaskGroup()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self.medium: Medium
        self.adapter: AirController

    async def __aenter__(self) -> Self:
        self.medium = Medium()
        rng = self.rng("station")
        device, host, self.adapter = make_air_device(
            self.medium,
            name="station",
            address=static_address(rng),
            public=False,
            direct=self.direct,
            rng=rng,
        )
        self.station = Station(device, host, passkey=self._passkey)
        await self._tasks.__aenter__()
        await self.station.power_on()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (*self._running.values(), *self._others):
            task.cancel()
        try:
            if error is None or isinstance(error, asyncio.CancelledError):
                await self._tasks.__aexit__(kind, error, trace)
            else:
                # An error of the block itself (a failed assertion in a test, say) leaves as it is, not in a
                # group; one that a peripheral had besides leaves in its place, with it as context.
                await self._tasks.__aexit__(None, None, None)
        finally:
            self.medium.power_off()
            await asyncio.sleep(0)  # the hosts hear of it at the loop's next turn
            await self.station.power_off()

    def rng(self, name: str) -> Random:
        """The stream of chance that belongs to `name` under the radio's seed."""
        return Random(f"{self.seed}/{name}")

    def make_device(
        self, *, name: str, address: str, public: bool, rng: Random
    ) -> tuple[Device, AirController | None]:
        """A bumble device with its own controller on this radio's air."""
        device, _, controller = make_air_device(
            self.medium, name=name, address=address, public=public, direct=self.direct, rng=rng
        )
        return device, controller

    async def add(self, peripheral: "Peripheral") -> None:
        """Switch a peripheral on: it advertises as it does and lives until it is removed.

        Raises:
            AddressTakenError: its address is in use.
            AdvertisementTooLongError: what it says does not fit.
        """
        if peripheral.address in self.peripherals:
            raise AddressTakenError(peripheral.address)
        self.peripherals[peripheral.address] = peripheral
        try:
            await peripheral.start(self)
        except BaseException:
            del self.peripherals[peripheral.address]
            raise
        self._running[peripheral.address] = self._tasks.create_task(
            peripheral.live(), name=f"peripheral {peripheral.name}"
        )

    async def remove(self, address: str) -> None:
        """Switch a peripheral off without a word, as when its battery falls out: links time out.

        Raises:
            UnknownPeripheralError: it is not here.
        """
        peripheral = self.peripheral(address)
        del self.peripherals[peripheral.address]
        task = self._running.pop(peripheral.address)
        task.cancel()
        await asyncio.wait([task])
        self.medium.switch_off(peripheral.controller)
        await peripheral.stop()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run something in the radio's task group; it is cancelled when the radio's block ends."""
        task = self._tasks.create_task(work, name=name)
        self._others.add(task)
        task.add_done_callback(self._others.discard)
        return task

    def drop_link(self, address: str, reason: int = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR) -> None:
        """End the peripheral's links at once, at both ends, with an HCI error code (supervision timeout).

        Raises:
            UnknownPeripheralError: it is not here.
        """
        for connection in list(self.peripheral(address).controller.ends.values()):
            connection.air.close(reason, reason)

    def set_in_range(self, address: str, in_range: bool) -> None:
        """Carry the peripheral out of range, or back; out of range its links end by supervision timeout.

        Raises:
            UnknownPeripheralError: it is not here.
        """
        self.medium.set_in_range(self.peripheral(address).controller, in_range=in_range)

    def set_rssi(self, address: str, dbm: int) -> None:
        """Set the mean strength at which the station hears the peripheral; fading is added.

        Raises:
            UnknownPeripheralError: it is not here.
        """
        self.peripheral(address).controller.rssi_dbm = dbm

    def peripheral(self, address: str) -> "Peripheral":
        """The peripheral with that address.

        Raises:
            UnknownPeripheralError: it is not here.
        """
        try:
            return self.peripherals[address.upper()]
        except KeyError:
            raise UnknownPeripheralError(address, tuple(self.peripherals)) from None
