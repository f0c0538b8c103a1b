"""Bumble hosts: how a device gets its stack, and the short way for its data.

Commands and events pass between host and controller as real HCI packets. Data do not have to: with
`direct=True` an L2CAP payload goes from host to link to host without being cut into ACL packets, serialised
and parsed twice at each end, which costs several times what ATT and GATT themselves take. What arrives, in
which order and when is the same either way; a test holds the two against each other.
"""

import struct
from collections.abc import Callable
from random import Random
from typing import Any

from bumble import att, hci
from bumble.device import Device, DeviceConfiguration
from bumble.host import Connection, Host
from bumble.transport.common import TransportSink, TransportSource

from simulators.radio.link_layer.controller import AirController, Heard
from simulators.radio.link_layer.medium import Medium

NOTIFICATION = int(att.Opcode.ATT_HANDLE_VALUE_NOTIFICATION)
INDICATION = int(att.Opcode.ATT_HANDLE_VALUE_INDICATION)
CONFIRMATION = bytes([att.Opcode.ATT_HANDLE_VALUE_CONFIRMATION])

_ReportType = hci.HCI_LE_Advertising_Report_Event.EventType

ValueSink = Callable[[int, bytes], None]


class AirHost(Host):
    """A host whose controller is in this process, or at the other end of a transport.

    `value_sinks` maps a connection handle to what takes the notifications and indications of that
    connection (attribute handle, value), in place of bumble's GATT client, whose bookkeeping per value is
    dearer than the rest of the way. `on_advertising` takes what a running scan hears. With `air`, data take
    the short way to that controller.
    """

    def __init__(
        self, source: TransportSource, sink: TransportSink, *, air: AirController | None = None
    ) -> None:
        super().__init__(source, sink)
        self.value_sinks: dict[int, ValueSink] = {}
        self.on_advertising: Callable[[Heard], None] | None = None
        self.scans_actively = False
        self._unanswered: dict[hci.Address, bytes] = {}
        self._air = air
        if air is not None:
            air.direct_host = self

    def send_l2cap_pdu(self, connection_handle: int, cid: int, pdu: bytes) -> None:
        """Hand a payload to the controller, whole or as ACL packets."""
        if self._air is not None:
            self._air.transmit(connection_handle, cid, pdu)
        else:
            super().send_l2cap_pdu(connection_handle, cid, pdu)

    def on_air_data(self, handle: int, cid: int, payload: bytes) -> None:
        """L2CAP payload that came the short way."""
        connection = self.connections.get(handle)
        if connection is not None:
            self.on_l2cap_pdu(connection, cid, payload)

    def on_l2cap_pdu(self, connection: Connection, cid: int, pdu: bytes) -> None:
        """L2CAP payload, whichever way it came."""
        if cid == att.ATT_CID and pdu and pdu[0] in {NOTIFICATION, INDICATION}:
            sink = self.value_sinks.get(connection.handle)
            if sink is not None and len(pdu) >= 3:
                sink(struct.unpack_from("<H", pdu, 1)[0], pdu[3:])
                if pdu[0] == INDICATION:
                    self.send_l2cap_pdu(connection.handle, att.ATT_CID, CONFIRMATION)
                return
        super().on_l2cap_pdu(connection, cid, pdu)

    def on_heard(self, heard: Heard) -> None:
        """An advertising event while scanning."""
        if self.on_advertising is not None:
            self.on_advertising(heard)

    def on_hci_le_advertising_report_event(
        self, event: hci.HCI_LE_Advertising_Report_Event | hci.HCI_LE_Extended_Advertising_Report_Event
    ) -> None:
        """Advertising reports in their HCI form: an event and its scan response become one again."""
        if self.on_advertising is None or not isinstance(event, hci.HCI_LE_Advertising_Report_Event):
            super().on_hci_le_advertising_report_event(event)
            return
        for report in event.reports:
            is_scannable = report.event_type in {_ReportType.ADV_IND, _ReportType.ADV_SCAN_IND}
            if self.scans_actively and is_scannable:
                self._unanswered[report.address] = report.data
                continue
            is_response = report.event_type == _ReportType.SCAN_RSP
            self.on_heard(
                Heard(
                    address=report.address,
                    data=self._unanswered.pop(report.address, b"") if is_response else report.data,
                    scan_response=report.data if is_response else None,
                    connectable=is_response or report.event_type == _ReportType.ADV_IND,
                    rssi_dbm=report.rssi,
                )
            )

    def on_command_processed(
        self, event: hci.HCI_Command_Complete_Event[Any] | hci.HCI_Command_Status_Event
    ) -> None:
        """The answer to a command; nobody waits for it any more if its sender was cancelled meanwhile.

        Bumble would fail on the cancelled future, or take the answer for that to the next command.
        """
        if self.pending_response is not None and self.pending_command is not None:
            is_awaited = self.pending_command.op_code == event.command_opcode
            if self.pending_response.done() or not is_awaited:
                return
        super().on_command_processed(event)


def parse_address(address: str, *, public: bool) -> hci.Address:
    """The address in bumble's form.

    Raises:
        ValueError: not six hexadecimal octets, or a random address that is not static (Core 5.4, Vol 6
            Part B 1.3.2.1: its two top bits are set).
    """
    octets = address.split(":")
    if len(octets) != 6 or any(len(octet) != 2 for octet in octets):
        raise ValueError(f"address is {address!r}, expected six octets like C0:11:22:33:44:55")
    if not public and int(octets[0], 16) < 0xC0:
        raise ValueError(f"random static address is {address!r}, expected the first octet to be C0 or above")
    kind = hci.Address.PUBLIC_DEVICE_ADDRESS if public else hci.Address.RANDOM_DEVICE_ADDRESS
    return hci.Address(address, kind)


def static_address(rng: Random) -> str:
    """A random static address from a seeded stream."""
    octets = rng.randbytes(6)
    return ":".join(f"{octet:02X}" for octet in (octets[0] | 0xC0, *octets[1:]))


def make_device(host: AirHost, *, name: str, address: str, public: bool, rng: Random) -> Device:
    """A bumble device on a host, not yet powered on."""
    # A device with a public address still has a random one, which nobody sees.
    random_address = static_address(rng) if public else address
    config = DeviceConfiguration(
        name=name,
        address=parse_address(random_address, public=False),
        irk=rng.randbytes(16),
        # Bumble would otherwise look a bonded peer's identity up by scanning before each connection.
        address_resolution_offload=True,
    )
    return Device(config=config, host=host)


def make_air_device(
    medium: Medium, *, name: str, address: str, public: bool, direct: bool, rng: Random
) -> tuple[Device, AirHost, AirController]:
    """A bumble device with its own controller on the medium, not yet powered on."""
    parsed = parse_address(address, public=public)
    controller = AirController(name, medium, public_address=parsed if public else None, rng=rng)
    host = AirHost(controller, controller, air=controller if direct else None)
    device = make_device(host, name=name, address=address, public=public, rng=rng)
    # A controller in this process always answers. With a time limit bumble awaits the answer in
    # `asyncio.wait_for`, which on Python 3.11 swallows a cancellation that comes with the answer.
    device.command_timeout = None  # type: ignore[assignment]  # goes on to wait_for, which takes None
    return device, host, controller
