"""What leaves a peripheral: notifications and indications to the centrals that asked for them."""

import asyncio
import heapq
import itertools
from collections.abc import Iterable, Sequence
from typing import Protocol

from bumble import att
from bumble.device import Connection, Device

from simulators.radio.errors import LinkLostError, NotificationTooLongError, UnansweredError
from simulators.radio.gatt.advertisement import full_uuid
from simulators.radio.gatt.client import ATT_TRANSACTION_TIMEOUT_S
from simulators.radio.gatt.services import Characteristic
from simulators.radio.gatt.witness import Witness
from simulators.radio.link_layer.controller import AirController

NOTIFY_BIT = 0x01
INDICATE_BIT = 0x02
HEADER_BYTES = 3


class NotificationFilter(Protocol):
    """A fault between the sensor and the air."""

    def concerns(self, characteristic: str) -> bool:
        """Whether values of that characteristic (full UUID) are spoilt."""

    def spoil(self, value: bytes) -> Iterable[tuple[float, bytes]]:
        """What is sent for a value, and how many seconds later: nothing, itself, something else, several."""


class NotificationSender:
    """The sending side of one switched-on peripheral.

    `lost` counts notifications that found the transmit buffer full. `notification_filters` belongs to the
    peripheral and is read at every value. `witness` sees what goes out.
    """

    def __init__(
        self,
        device: Device,
        controller: AirController | None,
        notification_filters: Sequence[NotificationFilter],
        witness: Witness | None = None,
    ) -> None:
        self.lost = 0
        self._device = device
        self._server = device.gatt_server
        self._controller = controller
        self._spoilers = notification_filters
        self._witness = witness
        # Values held back: (instant, running number, characteristic, value). The running number keeps their
        # order at equal instants, which the loop's own timers do not.
        self._delayed: list[tuple[float, int, Characteristic, bytes]] = []
        self._count = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Forget what was to be sent later."""
        self._delayed.clear()
        if self._timer is not None:
            self._timer.cancel()

    def is_subscribed(self, characteristic: Characteristic) -> bool:
        """Whether a connected central has asked for it."""
        return bool(self._subscribers(characteristic.attribute.handle, NOTIFY_BIT | INDICATE_BIT))

    def notify(self, characteristic: Characteristic, value: bytes) -> int:
        """Send a notification to every central that asked for them; gives how many."""
        if not self._spoilers:
            return self._send(characteristic, value)
        sent = 0
        for delay_s, spoilt in self._spoil(characteristic, value):
            if delay_s > 0.0:
                self._send_later(delay_s, characteristic, spoilt)
            else:
                sent = max(sent, self._send(characteristic, spoilt))
        return sent

    async def indicate(self, characteristic: Characteristic, value: bytes) -> int:
        """Send an indication to every central that asked for them and await the confirmations."""
        confirmed = 0
        for delay_s, spoilt in self._spoil(characteristic, value):
            if delay_s > 0.0:
                await asyncio.sleep(delay_s)
            confirmed = max(confirmed, await self._indicate_all(characteristic, spoilt))
        return confirmed

    def _spoil(self, characteristic: Characteristic, value: bytes) -> list[tuple[float, bytes]]:
        outcomes = [(0.0, value)]
        uuid = full_uuid(characteristic.uuid)
        for notification_filter in self._spoilers:
            if notification_filter.concerns(uuid):
                outcomes = [
                    (before_s + delay_s, spoilt)
                    for before_s, one in outcomes
                    for delay_s, spoilt in notification_filter.spoil(one)
                ]
        return outcomes

    def _send_later(self, delay_s: float, characteristic: Characteristic, value: bytes) -> None:
        at_s = asyncio.get_running_loop().time() + delay_s
        heapq.heappush(self._delayed, (at_s, next(self._count), characteristic, value))
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._delayed:
            due_s = self._delayed[0][0]
            self._timer = asyncio.get_running_loop().call_at(due_s, self._send_due, due_s)

    def _send_due(self, due_s: float) -> None:
        while self._delayed and self._delayed[0][0] <= due_s:
            _, _, characteristic, value = heapq.heappop(self._delayed)
            self._send(characteristic, value)
        self._set_timer()

    def _send(self, characteristic: Characteristic, value: bytes) -> int:
        handle: int = characteristic.attribute.handle
        sent = 0
        for connection in self._subscribers(handle, NOTIFY_BIT):
            self._check_length(characteristic, value, connection)
            if self._is_congested(connection):
                self.lost += 1
                continue
            pdu = b"\x1b" + handle.to_bytes(2, "little") + value
            self._device.host.send_l2cap_pdu(connection.handle, att.ATT_CID, pdu)
            sent += 1
        if sent and self._witness is not None:
            self._witness.sent(full_uuid(characteristic.uuid), value)
        return sent

    async def _indicate_all(self, characteristic: Characteristic, value: bytes) -> int:
        handle: int = characteristic.attribute.handle
        confirmed = 0
        for connection in self._subscribers(handle, INDICATE_BIT):
            self._check_length(characteristic, value, connection)
            try:
                await self._indicate(connection, b"\x1d" + handle.to_bytes(2, "little") + value)
            except LinkLostError:
                continue
            confirmed += 1
        if confirmed and self._witness is not None:
            self._witness.sent(full_uuid(characteristic.uuid), value)
        return confirmed

    async def _indicate(self, connection: Connection, pdu: bytes) -> None:
        async with self._server.indication_semaphores[connection]:
            if connection.handle not in self._device.connections:
                raise LinkLostError(None)
            confirmation: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def on_lost(reason: int) -> None:
                if not confirmation.done():
                    confirmation.set_exception(LinkLostError(reason))

            connection.on(connection.EVENT_DISCONNECTION, on_lost)
            self._server.pending_confirmations[connection] = confirmation
            try:
                self._device.host.send_l2cap_pdu(connection.handle, att.ATT_CID, pdu)
                async with asyncio.timeout(ATT_TRANSACTION_TIMEOUT_S):
                    await confirmation
            except TimeoutError:
                raise UnansweredError("indication") from None
            finally:
                self._server.pending_confirmations.pop(connection, None)
                connection.remove_listener(connection.EVENT_DISCONNECTION, on_lost)

    def _subscribers(self, handle: int, bits: int) -> list[Connection]:
        return [
            bearer
            for bearer, cccds in self._server.subscribers.items()
            if isinstance(bearer, Connection) and handle in cccds and cccds[handle][0] & bits
        ]

    def _is_congested(self, connection: Connection) -> bool:
        end = self._controller.ends.get(connection.handle) if self._controller else None
        return end is not None and end.air.waiting(end.side) >= end.air.behaviour.transmit_buffer_packets

    @staticmethod
    def _check_length(characteristic: Characteristic, value: bytes, connection: Connection) -> None:
        limit = connection.att_mtu - HEADER_BYTES
        if len(value) > limit:
            raise NotificationTooLongError(str(characteristic.uuid), len(value), limit)
