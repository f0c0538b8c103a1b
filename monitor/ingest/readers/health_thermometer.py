"""Health Thermometer Service: a temperature in degrees Celsius; what is still rising is doubtful."""

from devices.frames import Frame
from monitor.ingest.reader import Measured, Reader, within
from monitor.samples import Code, Quality
from protocols.ble import health_thermometer as hts

# Nobody alive is outside; a thermometer that lies on the table is.
RANGE_CEL = (25.0, 45.0)


class HealthThermometerReader(Reader):
    """One thermometer."""

    family = "health_thermometer"
    streams = frozenset()

    def read(self, frame: Frame) -> list[Measured]:
        """2A1C, and 2A1E while it measures."""
        if frame.characteristic not in (hts.MEASUREMENT, hts.INTERMEDIATE):
            return []
        said = hts.decode_measurement(frame.payload)
        value = within(said.temperature_cel, *RANGE_CEL)
        if frame.characteristic == hts.INTERMEDIATE:
            rising = frozenset({"settling"})
            quality = Quality.QUESTIONABLE
            return [self.sample(frame, Code.BODY_TEMPERATURE_CEL, value, quality=quality, flags=rising)]
        taken = None if said.timestamp is None else said.timestamp.to_datetime()
        age = self.clock.judge(taken, frame.received_ns, key=(said.temperature_cel, said.site))
        failed = frozenset({"failed"}) if value is None else frozenset()
        quality = Quality.QUESTIONABLE if "age_unknown" in age.flags else Quality.GOOD
        return [
            self.sample(
                frame,
                Code.BODY_TEMPERATURE_CEL,
                value,
                quality=quality,
                flags=age.flags | failed,
                t_ns=age.t_ns,
            )
        ]
