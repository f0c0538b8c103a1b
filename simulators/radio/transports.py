"""The radio beyond this process: HCI over TCP, sockets, the kernel's virtual controllers, USB dongles.

Three ways out, by any of bumble's transport specs (`tcp-server:127.0.0.1:9001`, `vhci`, `usb:0`, ...):

- `export_adapter`: somebody else gets an adapter in this room. Over `tcp-server` that is another process,
  over `vhci` the kernel, so that an unmodified bleak and bluetoothd see the simulated sensors.
- `OnAir`: simulated sensors on a controller that is elsewhere; with `usb:0` they are on the real air.
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
from simulators.radio.bleak_backend.backend import BleakBackend
from simulators.radio.clock import pause_virtual_clock
from simulators.radio.errors import AddressTakenError, TransportError
from simulators.radio.link_layer.controller import AirController
from simulators.radio.link_layer.host import AirHost, make_device, static_address
from simulators.radio.link_layer.shared_controller import SharedController
from simulators.radio.station import Station

if TYPE_CHECKING:
    from simulators.peripherals.peripheral import Peripheral

# A controller answers the reset within milliseconds, a USB dongle that loads its firmware within seconds.
ANSWER_WITHIN_S = 10.0
# How the transports are written; what stands behind them is in bumble's documentation.
SPECS = {
    "tcp-server": "tcp-server:HOST:PORT (_ for HOST listens everywhere)",
    "tcp-client": "tcp-client:HOST:PORT of a controller",
    "unix-server": "unix-server:PATH",
    "unix": "unix:PATH of a controller's socket",
    "ws-server": "ws-server:HOST:PORT",
    "ws-client": "ws-client:URL",
    "vhci": "vhci, on Linux with write access to /dev/vhci",
    "pty": "pty, or pty:PATH for a link to it",
    "usb": "usb:NUMBER or usb:VENDOR:PRODUCT of a dongle that this user may open",
    "pyusb": "pyusb:NUMBER or pyusb:VENDOR:PRODUCT of a dongle that this user may open",
    "serial": "serial:PATH,BAUDRATE of a dongle that speaks HCI",
    "hci-socket": "hci-socket:NUMBER of an adapter that is down, on Linux as root",
    "android-netsim": "android-netsim:HOST:PORT",
}


@contextlib.asynccontextmanager
async def opened(spec: str) -> AsyncIterator[Transport]:
    """Open a transport for the length of a block, with time held.

    Raises:
        TransportError: it cannot be opened; one sentence says why.
    """
    with pause_virtual_clock():
        try:
            transport = await open_transport(spec)
        except OSError as error:
            raise TransportError(spec, error.strerror or str(error)) from error
        except ImportError as error:
            raise TransportError(spec, f"the package {error.name or error} is not installed") from error
        except Exception as error:
            # Bumble's openers read the rest of the spec without checks, and libraries for USB and serial
            # ports have error trees of their own: what a wrong one raises varies.
            raise TransportError(spec, f"{str(error) or type(error).__name__}; {_expected(spec)}") from error
        try:
            yield transport
        finally:
            await transport.close()
            await _stop_listening(transport)


def _expected(spec: str) -> str:
    """How a spec of that kind is written, or which kinds there are."""
    scheme = spec.split(":", maxsplit=1)[0]
    if scheme in SPECS:
        return f"expected {SPECS[scheme]}"
    return f"expected one of {', '.join(SPECS)}, each with what belongs to it (tcp-server:127.0.0.1:9000)"


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
    """A place for peripherals, on a controller at the other end of a transport.

    Use it as an async context manager and `add` the peripherals inside. They share the controller
    (`simulators.radio.link_layer.shared_controller`): they advertise by turns, and how many can be connected
    at a time is up to the controller.
    """

    def __init__(self, spec: str, *, seed: int = 0) -> None:
        self.spec = spec
        self.seed = seed
        self._stack = contextlib.AsyncExitStack()
        self._shared: SharedController | None = None
        self._tasks = asyncio.TaskGroup()
        self._living: list[asyncio.Task[None]] = []
        self._peripherals: list[Peripheral] = []

    async def __aenter__(self) -> Self:
        transport = await self._stack.enter_async_context(opened(self.spec))
        self._shared = SharedController(transport.source, transport.sink)
        await self._tasks.__aenter__()
        turns = self._tasks.create_task(self._shared.take_turns(), name="advertising by turns")
        self._living.append(turns)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._living:
            task.cancel()
        async with self._stack:
            await self._tasks.__aexit__(kind, error, trace)
            for peripheral in self._peripherals:
                await peripheral.stop()

    def rng(self, name: str) -> Random:
        """The stream of chance that belongs to `name` under the seed."""
        return Random(f"{self.seed}/{name}")

    def make_device(
        self, *, name: str, address: str, public: bool, rng: Random
    ) -> tuple[Device, AirController | None]:
        """A bumble device on the transport's controller."""
        if self._shared is None:
            raise TransportError(self.spec, "it is not open")
        port = self._shared.port()
        host = AirHost(port, port)
        device = make_device(host, name=name, address=address, public=public, rng=rng)
        return device, None

    async def add(self, peripheral: "Peripheral") -> None:
        """Switch the peripheral on.

        Raises:
            AddressTakenError: there is one with that address already.
            TransportError: the controller does not answer.
        """
        if any(other.address == peripheral.address for other in self._peripherals):
            raise AddressTakenError(peripheral.address)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await peripheral.start(self)
        except (BaseBumbleError, TimeoutError) as error:
            raise TransportError(self.spec, "its controller does not answer") from error
        self._peripherals.append(peripheral)
        living = self._tasks.create_task(peripheral.live(), name=f"peripheral {peripheral.name}")
        self._living.append(living)


class RemoteRadio(BleakBackend):
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
