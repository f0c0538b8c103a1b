"""What is known of each sensor's health: link, battery, damage. A status whenever something of it changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from devices.frames import LinkEvent, LinkState
from monitor.outputs import DeviceStatus
from monitor.samples import Code, DecodeFailure, Sample
from monitor.sensors import SensorConfig
from monitor.session.effects import Effects
from protocols.units import NS_PER_S

# A device that sends nothing but damage must not fill the record with statuses.
FAILURES_REPORTED_EVERY_NS = 10 * NS_PER_S

# A battery reports while its sensor measures nothing.
_BATTERY = frozenset({Code.BATTERY_PERCENT, Code.BATTERY_V})


@dataclass(slots=True)
class _Line:
    config: SensorConfig
    link: LinkState | None = None
    link_since_ns: int | None = None
    last_data_ns: int | None = None
    reason: str = ""
    reconnects: int = 0
    rssi_dbm: int | None = None
    battery_percent: float | None = None
    decode_failures: int = 0
    failures_reported_ns: int | None = None


class SensorStatus:
    """One line a sensor."""

    def __init__(self, sensors: Sequence[SensorConfig]) -> None:
        self._lines = {config.device: _Line(config) for config in sensors}

    def on_link_event(self, event: LinkEvent, effects: Effects) -> None:
        """The link of a sensor moved, or told its signal strength."""
        line = self._lines.get(event.device)
        if line is None:
            return
        if event.state is not line.link:
            line.link_since_ns = event.received_ns
        line.link, line.reason, line.reconnects = event.state, event.reason, event.reconnects
        line.rssi_dbm = event.rssi_dbm if event.rssi_dbm is not None else line.rssi_dbm
        effects.outputs.append(self._status(line, event.received_ns))

    def on_data(self, device: str, at_ns: int) -> None:
        """Data came; that is too common to be told, and is known when something else is."""
        self._lines[device].last_data_ns = at_ns

    def on_sample(self, sample: Sample, effects: Effects) -> None:
        """A battery level; other samples say that the sensor lives."""
        line = self._lines.get(sample.device)
        if line is None:
            return
        if sample.code not in _BATTERY:
            line.last_data_ns = sample.received_ns
        if sample.code is not Code.BATTERY_PERCENT or sample.value is None:
            return
        if sample.value != line.battery_percent:
            line.battery_percent = sample.value
            effects.outputs.append(self._status(line, sample.received_ns))

    def on_decode_failure(self, failure: DecodeFailure, effects: Effects) -> None:
        """A frame could not be read."""
        line = self._lines[failure.device]
        line.decode_failures += 1
        reported = line.failures_reported_ns
        if reported is None or failure.received_ns - reported >= FAILURES_REPORTED_EVERY_NS:
            line.failures_reported_ns = failure.received_ns
            effects.outputs.append(self._status(line, failure.received_ns))

    def view(self, now_ns: int) -> tuple[DeviceStatus, ...]:
        """Every sensor as it stands."""
        return tuple(self._status(line, now_ns) for line in self._lines.values())

    def _status(self, line: _Line, at_ns: int) -> DeviceStatus:
        return DeviceStatus(
            at_ns=at_ns,
            device=line.config.device,
            role=line.config.role,
            link=line.link,
            reason=line.reason,
            reconnects=line.reconnects,
            decode_failures=line.decode_failures,
            rssi_dbm=line.rssi_dbm,
            battery_percent=line.battery_percent,
            link_since_ns=line.link_since_ns,
            last_data_ns=line.last_data_ns,
        )
