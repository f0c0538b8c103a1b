"""Masimo MightySat Rx."""

from collections.abc import Callable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.errors import SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import mightysat
from protocols.ble.mightysat import Acknowledgement, GetInfo, Info, Kind, MightySatFramer, Report, SetStreams


class MightySat(Driver):
    """Parameters once a second; with the option `waveform` also the pleth. Its clock is left alone."""

    family = "mightysat"
    title = "Masimo MightySat"
    own_options = frozenset({"waveform"})
    required = (mightysat.WRITE, mightysat.NOTIFY)
    subscriptions = (mightysat.NOTIFY,)
    data = frozenset({mightysat.NOTIFY})
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By service, or by Masimo's company number together with a name of its own."""
        named = advertisement.name.startswith(mightysat.NAME_PREFIXES)
        masimo = mightysat.COMPANY in advertisement.manufacturer_data
        return (
            mightysat.SERVICE in advertisement.service_uuids
            or named
            or (masimo and "Might" in advertisement.name)
        )

    async def start(self, connection: Connection) -> None:
        """It wants to be asked who it is before it streams."""
        await self.subscribe(connection)
        await connection.request(
            mightysat.WRITE,
            mightysat.encode_command(GetInfo()),
            answer_on=mightysat.NOTIFY,
            accept=_first(lambda report: isinstance(report, Info)),
            response=False,
        )
        waves = 0x03 if self.config.flag("waveform", default=False) else 0
        answer = await connection.request(
            mightysat.WRITE,
            mightysat.encode_command(SetStreams(parameters=0x1F, waves=waves)),
            answer_on=mightysat.NOTIFY,
            accept=_first(lambda report: isinstance(report, Acknowledgement) and report.kind == Kind.STREAMS),
            response=False,
        )
        if isinstance(answer, Acknowledgement) and not answer.accepted:
            raise SettingNotTakenError("streams", expected="on", found="refused")


def _first(wanted: Callable[[Report], bool]) -> Callable[[bytes], Report | None]:
    framer = MightySatFramer()

    def accept(payload: bytes) -> Report | None:
        for report in framer.feed(payload):
            if not isinstance(report, Exception) and wanted(report):
                return report
        return None

    return accept
