"""The radio beyond this process: HCI over TCP, sockets, the kernel's virtual controllers, USB dongles.

Three ways out, by any of bumble's transport specs (`tcp-server:127.0.0.1:9001`, `vhci`, `usb:0`, ...):

- `export_adapter`: somebody else gets an adapter in this room. Over `tcp-server` that is another process,
  over `vhci` the kernel, so that an unmodified bleak and bluetoothd see the simulated sensors.
- `OnAir`: a simulated sensor on a controller that is elsewhere; with `usb:0` it is on the real air.
- `RemoteRadio`: bleak backends on a controller that is elsewhere: the other end of `export_adapter`, or a
  dongle without any operating system's Bluetooth.

All of them wait for the outside, so time is held at the wall's pace while one is open.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bumble.core import BaseBumbleError
from bumble.device import Device
from bumble.hci import Address
from bumble.transport import open_transport
from bumble.transport.common import Transport

from simulators.radio.air import VirtualRadio
from simulators.radio.bleak_side import BleakSide
from simulators.radio.clock import hold_time
from simulators.radio.controller import AirController
from simulators.radio.errors import TransportError
from simulators.radio.host import AirHost, make_device, static_address
from simulators.radio.station import Station

if TYPE_CHECKING:
    from simulators.peripheral import Peripheral

# A controller answers the reset within milliseconds, a USB dongle that loads its firmware within seconds.
ANSWER_WITHIN_S = 10.0


@contextlib.asynccontextmanager
async def opened(spec: str) -> AsyncIterator[Transport]:
    """Open a transport for the length of a block, with time held.

    Raises:
        TransportError: it cannot be opened; one sentence says why.
    """
    with hold_time():
        try:
            transport = await open_transport(spec)
        except OSError as error:
            raise TransportError(spec, error.strerror or str(error)) from error
        except ImportError as error:
            raise TransportError(spec, f"the package {error.name or error} is not installed") from error
        except Exception as error:
            # Bumble's openers read the rest of the spec without checks, and libraries for USB and serial
            # ports have error trees of their own: what a wrong one raises varies.
            raise TransportError(spec, str(error) or "not a transport that bumble knows") from error
        try:
            yield transport
        finally:
            await transport.close()
            await _stop_listening(transport)


async def _stop_listening(transport: Transport) -> None:
    """Close the server and its connection, which bumble leaves open."""
    accepted = getattr(transport.sink, "transport", None)
    if isinstance(accepted, asyncio.BaseTransport):
        accepted.close()
    server = getattr(transport, "server", None)
    if isinstance(server, asyncio.Server):
        server.close()
        await server.wait_closed()
        # A connection that was closed, from here or from there, is gone at the loop's next turn only.
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def export_adapter(radio: VirtualRadio, spec: str) -> AsyncIterator[str]:
    """Give an adapter in the radio's room to whoever is at the other end of a transport.

    Yields where it listens, as `host:port`, if the transport is a server on a port (0 picks a free one);
    else the spec.

    Raises:
        TransportError: the transport cannot be opened.
    """
    async with opened(spec) as transport:
        rng = radio.rng(f"adapter {spec}")
        # A kernel refuses a controller without a public address.
        address = Address(static_address(rng), Address.PUBLIC_DEVICE_ADDRESS)
        controller = AirController(f"adapter on {spec}", radio.medium, public_address=address, rng=rng)
        controller.host = transport.sink
        transport.source.set_packet_sink(controller)
        try:
            yield _listening(transport) or spec
        finally:
            radio.medium.switch_off(controller)


def _listening(transport: Transport) -> str | None:
    server = getattr(transport, "server", None)
    if not isinstance(server, asyncio.Server) or not server.sockets:
        return None
    name = server.sockets[0].getsockname()
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)


class OnAir:
    """A place for one peripheral, on a controller at the other end of a transport.

    Use it as an async context manager and `add` the peripheral inside. A controller carries one: a second
    sensor needs a second dongle.
    """

    def __init__(self, spec: str, *, seed: int = 0) -> None:
        self.spec = spec
        self.seed = seed
        self._stack = contextlib.AsyncExitStack()
        self._transport: Transport | None = None
        self._tasks = asyncio.TaskGroup()
        self._living: asyncio.Task[None] | None = None
        self._peripheral: Peripheral | None = None

    async def __aenter__(self) -> Self:
        self._transport = await self._stack.enter_async_context(opened(self.spec))
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._living is not None:
            self._living.cancel()
        async with self._stack:
            await self._tasks.__aexit__(kind, error, trace)
            if self._peripheral is not None:
                await self._peripheral.stop()

    def rng(self, name: str) -> Random:
        """The stream of chance that belongs to `name` under the seed."""
        return Random(f"{self.seed}/{name}")

    def make_device(
        self, *, name: str, address: str, public: bool, rng: Random
    ) -> tuple[Device, AirController | None]:
        """A bumble device on the transport's controller."""
        if self._transport is None:
            raise TransportError(self.spec, "it is not open")
        host = AirHost(self._transport.source, self._transport.sink)
        device = make_device(host, name=name, address=address, public=public, rng=rng)
        return device, None

    async def add(self, peripheral: "Peripheral") -> None:
        """Switch the peripheral on.

        Raises:
            TransportError: there is one already, or the controller does not answer.
        """
        if self._peripheral is not None:
            raise TransportError(self.spec, f"{self._peripheral.name} is on it already")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await peripheral.start(self)
        except (BaseBumbleError, TimeoutError) as error:
            raise TransportError(self.spec, "its controller does not answer") from error
        self._peripheral = peripheral
        self._living = self._tasks.create_task(peripheral.live(), name=f"peripheral {peripheral.name}")


class RemoteRadio(BleakSide):
    """Bleak's backends on a controller at the other end of a transport; an async context manager.

    Args:
        spec: Where the controller is.
        seed: For the station's own address.
        passkey: The station's agent, as in `VirtualRadio`.
    """

    def __init__(
        self, spec: str, *, seed: int = 0, passkey: Callable[[str], int | None] | None = None
    ) -> None:
        super().__init__()
        self.spec = spec
        self._seed = seed
        self._passkey = passkey
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            transport = await stack.enter_async_context(opened(self.spec))
            rng = Random(f"{self._seed}/station")
            host = AirHost(transport.source, transport.sink)
            device = make_device(host, name="station", address=static_address(rng), public=False, rng=rng)
            self.station = Station(device, host, passkey=self._passkey)
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await self.station.power_on()
            except (BaseBumbleError, TimeoutError) as error:
                raise TransportError(self.spec, "its controller does not answer") from error
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._stack:
            await self.station.power_off()
