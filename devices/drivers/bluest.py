"""ST boards that speak BlueST: SensorTile, SensorTile.box, BlueCoin, WESU1, Nucleo with MEMS shields."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import bluest
from protocols.ble.codec.errors import DecodeError

# In this order: the second carries no magnetic field, which nobody here needs.
STREAMS = (bluest.ACC_GYR, bluest.MOTION)
_MOTION_FEATURES = bluest.ACCELEROMETER | bluest.GYROSCOPE


class BlueSt(Driver):
    """Acceleration and rate of turn at the firmware's own rate: 20 Hz in ST's packs, and no faster."""

    family = "bluest"
    title = "ST SensorTile, SensorTile.box, BlueCoin, WESU1 (BlueST protocol)"
    subscriptions = STREAMS
    data = frozenset(STREAMS)
    # ST's packs send 20 a second.
    stale_after_s = 2.0
    first_data_within_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Its manufacturer data have no company: version, kind of board, and what it can send."""
        for company, content in advertisement.manufacturer_data.items():
            try:
                said = bluest.decode_advertisement(company.to_bytes(2, "little") + content)
            except DecodeError:
                continue
            if said.features & _MOTION_FEATURES == _MOTION_FEATURES and _own(advertisement, said):
                return True
        return False

    def missing(self, connection: Connection) -> str | None:
        """One of the two must be there: firmware with each sensor apart is not served."""
        return None if any(connection.has(uuid) for uuid in STREAMS) else bluest.MOTION

    async def subscribe(self, connection: Connection) -> None:
        """To one of them: both would be everything twice."""
        for characteristic in STREAMS:
            if connection.has(characteristic):
                await connection.subscribe(characteristic)
                return


def _own(advertisement: Advertisement, said: bluest.Advertisement) -> bool:
    """Whether the address inside is the device's.

    Numbers of companies look like ours: version 1 is the low byte of one in 256. macOS hides addresses, so
    there and where a board leaves its own out, the board has to be of a known kind.
    """
    address = advertisement.address.replace(":", "")
    if said.address is None or len(address) != 2 * len(said.address):
        return said.device in bluest.KNOWN_BOARDS
    return address.lower() == said.address.hex()
