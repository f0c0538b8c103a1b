"""Bumble's virtual controller with its defects cured.

The cures hang on bumble's inner workings, so its version is pinned exactly; `tests/simulators/radio` has one
test for each cure, which says what to look at when the pin moves. What is cured here:

- cancelling a connection attempt completes it (bumble acknowledges and waits on for ever);
- scan responses carry their own data; advertising intervals have the right unit and the random delay of the
  specification (Core 5.4, Vol 6 Part B 4.4.2.2);
- peripherals with public addresses can talk: data follows the connection, not an address;
- data moves at connection events, links end by supervision timeout, signal strength is per device;
- containers are ordered, handles are not used again at once, LE Rand is seeded.
"""

import asyncio
import dataclasses
import itertools
import struct
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bumble import controller as bumble_controller
from bumble import hci, ll
from bumble import link as bumble_link
from bumble.core import PhysicalTransport

from simulators.radio.link_layer.link import AirLink, LinkBehaviour

ADVERTISING_SLOT_S = 0.000625
CONNECTION_SLOT_S = 0.00125
SUPERVISION_SLOT_S = 0.01

# Core 5.4, Vol 6 Part B 4.4.2.2: each advertising event comes 0 to 10 ms late, so that two advertisers with
# the same interval do not collide for ever.
ADVERTISING_DELAY_S = 0.010

AdvertisingType = hci.HCI_LE_Set_Advertising_Parameters_Command.AdvertisingType
CreateConnection = hci.HCI_LE_Create_Connection_Command | hci.HCI_LE_Extended_Create_Connection_Command
_ReportType = hci.HCI_LE_Advertising_Report_Event.EventType


@dataclass(frozen=True, slots=True)
class Heard:
    """One advertising event as a scanner receives it; `scan_response` is None if none was asked or given."""

    address: hci.Address
    data: bytes
    scan_response: bytes | None
    connectable: bool
    rssi_dbm: int


class DirectHost(Protocol):
    """A host that lives in this process and takes packets without their HCI form."""

    def on_air_data(self, handle: int, cid: int, payload: bytes) -> None:
        """L2CAP payload for a connection."""

    def on_heard(self, heard: Heard) -> None:
        """An advertising event, while scanning."""


class AirConnection(bumble_controller.Connection):
    """One end of an `AirLink`."""

    air: AirLink
    side: int
    owner: "AirController"

    def on_payload(self, cid: int, payload: bytes) -> None:
        """L2CAP payload from the other end."""
        self.owner.on_air_data(self, cid, payload)

    def on_control(self, packet: ll.ControlPdu) -> None:
        """A link layer control packet from the other end, by handle (see `AirController.on_connected`)."""
        self.owner.on_ll_control_pdu(self.handle, packet)  # type: ignore[arg-type]

    def on_ended(self, reason: int) -> None:
        """The link has ended for this end."""
        self.owner.on_le_disconnected(self, reason)

    def on_acl_pdu(self, pdu: bytes) -> None:
        """A whole L2CAP packet from the host."""
        self.air.send(self.side, struct.unpack_from("<H", pdu, 2)[0], pdu[4:])

    def send_ll_control_pdu(self, packet: ll.ControlPdu) -> None:
        """A link layer control packet for the other end."""
        self.air.send_control(self.side, packet)


class AirAdvertiser(bumble_controller.LegacyAdvertiser):
    """Legacy advertising at the interval that was asked for, heard through the medium."""

    def __init__(self, air: "AirController") -> None:
        super().__init__(air)
        self.air = air

    def start(self) -> None:
        """Begin, with the first event after a random delay like all others."""
        self.stop()
        self.enabled = True
        delay_s = ADVERTISING_SLOT_S + self.air.rng.random() * ADVERTISING_DELAY_S
        self.timer_handle = asyncio.get_running_loop().call_later(delay_s, self._on_timer_fired)

    def _on_timer_fired(self) -> None:
        self.send_advertising_data()
        interval_s = self.advertising_interval_min * ADVERTISING_SLOT_S
        delay_s = self.air.rng.random() * ADVERTISING_DELAY_S
        if self.enabled:
            loop = asyncio.get_running_loop()
            self.timer_handle = loop.call_later(interval_s + delay_s, self._on_timer_fired)

    def send_advertising_data(self) -> None:
        """One advertising event, on all three channels at once."""
        if self.enabled:
            self.air.medium.on_advertising_event(self)


class Air(bumble_link.LocalLink):
    """What a controller needs of the medium it is on."""

    def on_advertising_event(self, advertiser: AirAdvertiser) -> None:
        """An advertiser transmits; every controller in range hears it."""
        raise NotImplementedError

    def connect(self, central: "AirController", advertiser: AirAdvertiser, request: CreateConnection) -> None:
        """Join a central that waits for an advertiser with it."""
        raise NotImplementedError


class AirController(bumble_controller.Controller):
    """One device's controller. `in_range` and `rssi_dbm` are as the station's adapter sees it."""

    # Legacy advertising only: the products here use nothing else, and bumble's extended advertising has no
    # scan responses (the features come out for the same reason in bleak's own integration tests).
    le_features = bumble_controller.Controller.le_features & ~(
        hci.LeFeatureMask.LL_PRIVACY
        | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    )
    le_acl_data_packet_length = 251
    supported_max_tx_octets = 251
    supported_max_rx_octets = 251

    def __init__(self, name: str, medium: Air, *, public_address: hci.Address | None, rng: Random) -> None:
        self.rng = rng
        self.behaviour = LinkBehaviour()
        self.in_range = True
        self.rssi_dbm = -60
        self.direct_host: DirectHost | None = None
        self.medium = medium
        self.ends: dict[int, AirConnection] = {}
        self._handles = itertools.cycle(range(0x0001, 0x0EFF))
        super().__init__(name, link=medium, public_address=public_address)
        self.le_legacy_advertiser = AirAdvertiser(self)

    def allocate_connection_handle(self) -> int:
        """A handle that was not in use a moment ago: late events must not find a new connection."""
        return next(handle for handle in self._handles if handle not in self.ends)

    def unplug(self) -> None:
        """Take the host away; what happens on the air from now on, nobody is told."""
        self.direct_host = None
        self.host = None

    # ---- from the medium

    def on_heard(self, heard: Heard, advertiser: AirAdvertiser) -> None:
        """An advertising event reached this controller's antenna."""
        if self.le_scan_enable:
            active = self.le_scan_type == hci.HCI_LE_Set_Scan_Parameters_Command.ACTIVE_SCANNING
            if not active and heard.scan_response is not None:
                heard = dataclasses.replace(heard, scan_response=None)
            if self.direct_host is not None:
                self.direct_host.on_heard(heard)
            else:
                self._report(heard, advertiser.advertising_type)
        pending = self.pending_le_connection
        if heard.connectable and pending is not None and pending.peer_address == heard.address:
            self.pending_le_connection = None
            self.medium.connect(self, advertiser, pending)

    def _report(self, heard: Heard, advertising_type: int) -> None:
        kinds = {
            AdvertisingType.ADV_IND: _ReportType.ADV_IND,
            AdvertisingType.ADV_SCAN_IND: _ReportType.ADV_SCAN_IND,
        }
        parts = [(kinds.get(AdvertisingType(advertising_type), _ReportType.ADV_NONCONN_IND), heard.data)]
        if heard.scan_response is not None:
            parts.append((_ReportType.SCAN_RSP, heard.scan_response))
        for kind, data in parts:
            report = hci.HCI_LE_Advertising_Report_Event.Report(
                event_type=kind,
                address_type=heard.address.address_type,
                address=heard.address,
                data=data,
                rssi=heard.rssi_dbm,
            )
            self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))

    def on_connected(
        self, air: AirLink, side: int, self_address: hci.Address, peer_address: hci.Address
    ) -> AirConnection:
        """A connection was made; the host is told."""
        role = (hci.Role.CENTRAL, hci.Role.PERIPHERAL)[side]
        connection = AirConnection(
            controller=self,
            handle=self.allocate_connection_handle(),
            role=role,
            self_address=self_address,
            peer_address=peer_address,
            link=self.link,
            transport=PhysicalTransport.LE,
            link_type=hci.HCI_Connection_Complete_Event.LinkType.ACL,
        )
        connection.air = air
        connection.side = side
        connection.owner = self
        # By handle, not by address: one central may be connected to several sensors of a shared controller.
        self.le_connections[connection.handle] = connection  # type: ignore[index]  # bumble: peer's address
        self.ends[connection.handle] = connection
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.SUCCESS,
                connection_handle=connection.handle,
                role=role,
                peer_address_type=peer_address.address_type,
                peer_address=peer_address,
                connection_interval=round(air.interval_s / CONNECTION_SLOT_S),
                peripheral_latency=0,
                supervision_timeout=round(air.supervision_timeout_s / SUPERVISION_SLOT_S),
                central_clock_accuracy=0,
            )
        )
        return connection

    def on_le_disconnected(self, connection: bumble_controller.Connection, reason: int) -> None:
        """A connection has ended; the host is told."""
        self.send_hci_packet(
            hci.HCI_Disconnection_Complete_Event(
                status=hci.HCI_ErrorCode.SUCCESS, connection_handle=connection.handle, reason=reason
            )
        )
        self.ends.pop(connection.handle, None)
        self.le_connections.pop(connection.handle, None)  # type: ignore[call-overload]  # as above

    def on_air_data(self, connection: AirConnection, cid: int, payload: bytes) -> None:
        """L2CAP payload from the other end."""
        if self.direct_host is not None:
            self.direct_host.on_air_data(connection.handle, cid, payload)
        else:
            data = struct.pack("<HH", len(payload), cid) + payload
            self.send_hci_packet(hci.HCI_AclDataPacket(connection.handle, 2, 0, len(data), data))

    # ---- from the host

    def transmit(self, handle: int, cid: int, payload: bytes) -> None:
        """L2CAP payload from a host in this process."""
        connection = self.ends.get(handle)
        if connection is not None:
            connection.air.send(connection.side, cid, payload)

    def on_hci_command(self, command: hci.HCI_Command) -> hci.HCI_StatusReturnParameters | None:  # type: ignore[override]
        """A command that bumble does not know; an asynchronous one must be answered with a status event."""
        if isinstance(command, hci.HCI_AsyncCommand):
            self._send_hci_command_status(hci.HCI_ErrorCode.UNKNOWN_HCI_COMMAND_ERROR, command.op_code)
            return None
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.UNKNOWN_HCI_COMMAND_ERROR)

    def on_hci_disconnect_command(self, command: hci.HCI_Disconnect_Command) -> None:
        """Core 5.4, Vol 4 Part E 7.1.6; what is queued goes first, the acknowledgement ends it."""
        connection = self.ends.get(command.connection_handle)
        if connection is None:
            unknown = hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR
            self._send_hci_command_status(unknown, command.op_code)
            return
        self._send_hci_command_status(hci.HCI_COMMAND_STATUS_PENDING, command.op_code)
        connection.air.terminate(connection.side, command.reason)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Core 5.4, Vol 4 Part E 7.8.13: the attempt completes with Unknown Connection Identifier."""
        pending = self.pending_le_connection
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.pending_le_connection = None
        asyncio.get_running_loop().call_soon(
            self.fail_connection, pending.peer_address, hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def fail_connection(self, peer_address: hci.Address, status: int) -> None:
        """Tell the host that its connection attempt has come to nothing."""
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=status,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=peer_address.address_type,
                peer_address=peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )

    def on_hci_le_connection_update_command(self, command: hci.HCI_LE_Connection_Update_Command) -> None:
        """Core 5.4, Vol 4 Part E 7.8.18."""
        connection = self.ends.get(command.connection_handle)
        super().on_hci_le_connection_update_command(command)
        if connection is not None:
            connection.air.update(
                interval_s=command.connection_interval_max * CONNECTION_SLOT_S,
                supervision_timeout_s=command.supervision_timeout * SUPERVISION_SLOT_S,
            )

    def on_hci_le_rand_command(self, _command: hci.HCI_LE_Rand_Command) -> hci.HCI_LE_Rand_ReturnParameters:
        """Core 5.4, Vol 4 Part E 7.8.23, from this controller's own seeded stream."""
        return hci.HCI_LE_Rand_ReturnParameters(
            status=hci.HCI_ErrorCode.SUCCESS, random_number=self.rng.randbytes(8)
        )
