"""The central's side of the radio: a station's one adapter, shared by all its clients and scanners."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from bumble import hci
from bumble.core import BaseBumbleError
from bumble.core import ConnectionError as BumbleConnectionError
from bumble.device import Connection, Device
from bumble.keys import MemoryKeyStore

from simulators.radio.errors import LinkLostError
from simulators.radio.gatt.pairing import station_pairing
from simulators.radio.link_layer.controller import CONNECTION_SLOT_S, SUPERVISION_SLOT_S, Heard
from simulators.radio.link_layer.host import AirHost
from simulators.radio.link_layer.link import LinkBehaviour

_SCAN_INTERVAL_SLOTS = 0x60


class Station:
    """One Bluetooth adapter and its host, in the central's role.

    Connection attempts queue up: an adapter makes one at a time. Scanners share one scan, which is active
    as soon as one of them wants scan responses. Keys of bonded peers stay for as long as the station lives.

    Args:
        device: The adapter's host stack, not powered on.
        host: Its lower half.
        passkey: The agent: gives the digits that a peer displays, by address.
    """

    def __init__(self, device: Device, host: AirHost, *, passkey: Callable[[str], int | None] | None) -> None:
        self.device = device
        self.host = host
        self._keys = MemoryKeyStore()
        device.keystore = self._keys
        device.pairing_config_factory = lambda connection: station_pairing(connection, passkey)
        host.on_advertising = self._on_heard
        self._connecting = asyncio.Lock()
        # Services by address, as clients found them: what an operating system remembers of a device.
        self.services_of: dict[str, frozenset[str]] = {}
        self._securing: set[asyncio.Task[None]] = set()
        self._listeners: dict[object, tuple[Callable[[Heard], None], bool]] = {}

    @property
    def is_connecting(self) -> bool:
        """Whether the adapter is busy with an attempt."""
        return self._connecting.locked()

    async def power_on(self) -> None:
        """Bring the adapter up."""
        await self.device.power_on()

    async def power_off(self) -> None:
        """Take the adapter down."""
        for task in self._securing:
            task.cancel()
        await asyncio.gather(*self._securing, return_exceptions=True)
        await self.device.power_off()

    async def connect(self, address: hci.Address) -> Connection:
        """Connect to an advertiser, waiting for it as long as it takes; cancel to give up.

        Raises:
            BumbleConnectionError: the controller reports that it failed.
        """
        async with self._connecting:
            made: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()

            def on_connection(connection: Connection) -> None:
                if connection.peer_address == address and not made.done():
                    made.set_result(connection)

            def on_failure(error: BumbleConnectionError) -> None:
                if not made.done():
                    made.set_exception(error)

            self.device.on(Device.EVENT_CONNECTION, on_connection)
            self.device.on(Device.EVENT_CONNECTION_FAILURE, on_failure)
            self.device.connect_own_address_type = hci.OwnAddressType.RANDOM
            try:
                await self.device.send_async_command(_create_connection(address))
                return await asyncio.shield(made)
            except asyncio.CancelledError:
                await self._give_up(made)
                raise
            finally:
                self.device.remove_listener(Device.EVENT_CONNECTION, on_connection)
                self.device.remove_listener(Device.EVENT_CONNECTION_FAILURE, on_failure)

    async def _give_up(self, made: "asyncio.Future[Connection]") -> None:
        """Withdraw the attempt; if the link was made in the same moment, end it."""
        try:
            await self.device.send_sync_command(hci.HCI_LE_Create_Connection_Cancel_Command())
        except hci.HCI_Error:
            # Nothing is pending: the link was made in the same moment, or the attempt had not begun.
            if not made.done():
                return
        try:
            connection = await made
        except BumbleConnectionError:
            return
        await self.disconnect(connection)

    async def disconnect(self, connection: Connection) -> None:
        """End a link from this side; gives once the command is accepted, before the link has ended."""
        command = hci.HCI_Disconnect_Command(
            connection_handle=connection.handle,
            reason=hci.HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR,
        )
        with contextlib.suppress(hci.HCI_Error):  # it may have ended by itself just now
            await self.device.send_async_command(command)

    def connection_to(self, address: hci.Address) -> Connection | None:
        """The link to that peer, if there is one."""
        for connection in self.device.connections.values():
            if connection.peer_address == address:
                return connection
        return None

    def answer_security_requests(self, connection: Connection) -> None:
        """Encrypt, or pair, whenever the peer of a connection asks for it, as a system with an agent does."""

        def on_request(_auth_req: int) -> None:
            task = asyncio.get_running_loop().create_task(
                self._secure(connection), name=f"security for {connection.peer_address}"
            )
            self._securing.add(task)
            task.add_done_callback(self._securing.discard)

        connection.on(connection.EVENT_SECURITY_REQUEST, on_request)

    async def _secure(self, connection: Connection) -> None:
        # Whoever asked learns from the link whether it worked; nobody waits for this.
        with contextlib.suppress(BaseBumbleError, LinkLostError):
            if connection.is_encrypted:
                return
            if await self.is_bonded(connection.peer_address):
                await self.encrypt(connection)
            else:
                await self.pair(connection)

    async def pair(self, connection: Connection) -> None:
        """Pair and bond with the peer of a connection.

        Raises:
            LinkLostError: the link ended on the way.
        """
        await self._while_linked(connection, self.device.pair(connection))

    async def is_bonded(self, address: hci.Address) -> bool:
        """Whether keys for that peer are in the key store."""
        return await self._keys.get(str(address)) is not None

    async def encrypt(self, connection: Connection) -> None:
        """Encrypt a link with the keys of an earlier pairing.

        Raises:
            LinkLostError: the link ended on the way.
        """
        await self._while_linked(connection, self.device.encrypt(connection))

    async def _while_linked(self, connection: Connection, work: Coroutine[Any, Any, None]) -> None:
        """Await something of bumble's on a link; when the link ends, so does it, with `LinkLostError`.

        Bumble itself cancels what waits for a link that ends, which looks like a cancellation of the caller,
        and waits for ever if the link ended a moment earlier.
        """
        if connection.handle not in self.device.connections:
            work.close()
            raise LinkLostError(None)
        lost: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def on_disconnection(reason: int) -> None:
            if not lost.done():
                lost.set_result(reason)

        connection.on(connection.EVENT_DISCONNECTION, on_disconnection)
        task = asyncio.get_running_loop().create_task(work)
        try:
            either: set[asyncio.Future[Any]] = {task, lost}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connection.remove_listener(connection.EVENT_DISCONNECTION, on_disconnection)
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if lost.done():
            if not task.cancelled():
                task.exception()  # it has failed for the same reason; nobody needs to hear of it
            raise LinkLostError(lost.result())
        task.result()

    async def forget(self, address: hci.Address) -> bool:
        """Drop the keys for that peer; False if there were none."""
        if not await self.is_bonded(address):
            return False
        await self._keys.delete(str(address))
        return True

    async def listen(self, listener: Callable[[Heard], None], *, active: bool) -> object:
        """Scan, with `listener` called for every advertising event; gives the token for `unlisten`."""
        token = object()
        self._listeners[token] = (listener, active)
        await self._set_scan()
        return token

    async def unlisten(self, token: object) -> None:
        """End what `listen` began."""
        if self._listeners.pop(token, None) is not None:
            await self._set_scan()

    async def _set_scan(self) -> None:
        if self.device.is_scanning:
            await self.device.stop_scanning(legacy=True)
        if self._listeners:
            active = any(active for _, active in self._listeners.values())
            self.host.scans_actively = active
            await self.device.start_scanning(legacy=True, active=active)

    def _on_heard(self, heard: Heard) -> None:
        for listener, _ in list(self._listeners.values()):
            listener(heard)


def _create_connection(address: hci.Address) -> hci.HCI_LE_Create_Connection_Command:
    behaviour = LinkBehaviour()
    interval_slots = round(behaviour.interval_s / CONNECTION_SLOT_S)
    return hci.HCI_LE_Create_Connection_Command(
        le_scan_interval=_SCAN_INTERVAL_SLOTS,
        le_scan_window=_SCAN_INTERVAL_SLOTS,
        initiator_filter_policy=0,
        peer_address_type=address.address_type,
        peer_address=address,
        own_address_type=hci.OwnAddressType.RANDOM,
        connection_interval_min=interval_slots,
        connection_interval_max=interval_slots,
        max_latency=0,
        supervision_timeout=round(behaviour.supervision_timeout_s / SUPERVISION_SLOT_S),
        min_ce_length=0,
        max_ce_length=0,
    )
