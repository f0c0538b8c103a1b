"""Bumble's GATT client, honest about lost links, and the table of services in bleak's terms."""

import asyncio
from typing import Any

from bleak.assigned_numbers import CHARACTERISTIC_PROPERTIES
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.uuids import normalize_uuid_str
from bumble import att, gatt_client
from bumble.core import UUID
from bumble.device import Connection

from simulators.radio.errors import LinkLostError, UnansweredError

# Core 5.4, Vol 3 Part F 3.3.3: a transaction not completed within 30 s has failed.
ATT_TRANSACTION_TIMEOUT_S = 30.0


class AirGattClient(gatt_client.Client):
    """A GATT client whose pending and later requests fail with `LinkLostError` when the link ends.

    Bumble cancels the future that the caller awaits, which no caller can tell from being cancelled itself.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._lost: LinkLostError | None = None
        connection.remove_listener(connection.EVENT_DISCONNECTION, connection.gatt_client.on_disconnection)
        connection.gatt_client = self

    def on_disconnection(self, *args: Any) -> None:
        """The link has ended."""
        self._lost = LinkLostError(args[0] if args else None)
        if self.pending_response is not None and not self.pending_response.done():
            self.pending_response.set_exception(self._lost)

    async def send_request(self, request: att.ATT_PDU) -> Any:
        """Send and await the answer.

        Raises:
            LinkLostError: there is no link any more.
            UnansweredError: the peer left the request unanswered.
        """
        # Bumble's own way awaits with `asyncio.wait_for`, which on Python 3.11 swallows a cancellation that
        # comes together with the answer.
        async with self.request_semaphore:
            if self._lost is not None:
                raise self._lost
            self.pending_response = asyncio.get_running_loop().create_future()
            self.pending_request = request
            try:
                self.send_gatt_pdu(bytes(request))
                async with asyncio.timeout(ATT_TRANSACTION_TIMEOUT_S):
                    return await self.pending_response
            except TimeoutError:
                raise UnansweredError(request.name) from None
            finally:
                self.pending_request = None
                self.pending_response = None

    async def send_command(self, command: att.ATT_PDU) -> None:
        """Send without an answer."""
        if self._lost is not None:
            raise self._lost
        await super().send_command(command)


async def discover(client: AirGattClient, wanted: set[str] | None) -> BleakGATTServiceCollection:
    """Ask for all characteristics and descriptors of the wanted services (None: of all)."""
    collection = BleakGATTServiceCollection()
    for service in await client.discover_services():
        if wanted is not None and _text(service.uuid) not in wanted:
            continue
        ours = BleakGATTService(service, service.handle, _text(service.uuid))
        collection.add_service(ours)
        for characteristic in await client.discover_characteristics((), service):
            properties = [
                name for bit, name in CHARACTERISTIC_PROPERTIES.items() if characteristic.properties & bit
            ]
            theirs = BleakGATTCharacteristic(
                characteristic,
                characteristic.handle,
                _text(characteristic.uuid),
                properties,
                lambda: client.mtu - 3,
                ours,
            )
            collection.add_characteristic(theirs)
            for descriptor in await client.discover_descriptors(characteristic):
                collection.add_descriptor(
                    BleakGATTDescriptor(descriptor, descriptor.handle, _text(descriptor.type), theirs)
                )
    return collection


def _text(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))
