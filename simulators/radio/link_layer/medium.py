"""The air between controllers: who hears whom, and how two of them get a link."""

from bumble import controller as bumble_controller
from bumble import hci

from simulators.radio.link_layer.controller import (
    AdvertisingType,
    Air,
    AirAdvertiser,
    AirController,
    CreateConnection,
    Heard,
)
from simulators.radio.link_layer.link import AirLink, AirTime

# Two packets of one device minutes apart differ by several dB, by fading alone.
FADING_SIGMA_DB = 2.0


class Medium(Air):
    """The air between controllers. One central's adapter and any number of peripherals."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # bumble gives it no types
        # What the station's adapter can carry in all; None: as much as the links want.
        self.airtime: AirTime | None = None
        # Bumble keeps a set, whose order changes from one process to the next.
        self._present: dict[AirController, None] = {}

    def add_controller(self, controller: bumble_controller.Controller) -> None:
        """Bring a controller into the air; bumble's constructor calls this."""
        if not isinstance(controller, AirController):
            raise TypeError(f"{controller!r} cannot be on this medium, expected an AirController")
        self._present[controller] = None

    def switch_off(self, controller: AirController) -> None:
        """Switch a controller off without a word: its peers see a supervision timeout."""
        controller.le_legacy_advertiser.stop()
        self.set_in_range(controller, in_range=False)
        self._present.pop(controller, None)

    def power_off(self) -> None:
        """Stop everything that is still timed: advertisers and links."""
        for controller in list(self._present):
            controller.le_legacy_advertiser.stop()
            for connection in list(controller.ends.values()):
                timeout = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
                connection.air.close(timeout, timeout)

    def set_in_range(self, controller: AirController, *, in_range: bool) -> None:
        """Move a device out of everybody's range, or back."""
        controller.in_range = in_range
        for connection in list(controller.ends.values()):
            connection.air.on_range_changed()

    def on_advertising_event(self, advertiser: AirAdvertiser) -> None:
        """An advertiser transmits; every controller in range hears it."""
        sender = advertiser.air
        if not sender.in_range:
            return
        kind = advertiser.advertising_type
        scannable = kind in {AdvertisingType.ADV_IND, AdvertisingType.ADV_SCAN_IND}
        rssi_dbm = round(sender.rng.gauss(sender.rssi_dbm, FADING_SIGMA_DB))
        heard = Heard(
            address=advertiser.address,
            data=advertiser.advertising_data,
            scan_response=advertiser.scan_response_data if scannable else None,
            connectable=kind == AdvertisingType.ADV_IND,
            rssi_dbm=max(-127, min(rssi_dbm, 20)),
        )
        for receiver in list(self._present):
            if receiver is not sender and receiver.in_range and advertiser.enabled:
                receiver.on_heard(heard, advertiser)

    def connect(self, central: AirController, advertiser: AirAdvertiser, request: CreateConnection) -> None:
        """Join a central that waits for an advertiser with it."""
        peripheral = advertiser.air
        air = AirLink(
            behaviour=peripheral.behaviour,
            rng=peripheral.rng,
            in_range=lambda: central.in_range and peripheral.in_range,
            airtime=lambda: self.airtime,
        )
        own = (
            central.public_address
            if request.own_address_type == hci.OwnAddressType.PUBLIC
            else central.random_address
        )
        address = advertiser.address
        advertiser.stop()
        air.ends = [
            central.on_connected(air, 0, own, address),
            peripheral.on_connected(air, 1, address, own),
        ]
