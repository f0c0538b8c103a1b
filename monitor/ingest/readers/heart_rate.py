"""Heart Rate Service (HRS): rate and RR intervals; a strap that says it has no contact is not believed."""

from devices.frames import Frame
from monitor.ingest.reader import Measured, Reader, within
from monitor.samples import Code, Quality
from protocols.ble import heart_rate
from protocols.ble.heart_rate import SensorContact

NS_PER_S = 1_000_000_000
# 0 is "no reading"; beyond 400 nothing beats.
RATE_RANGE_PER_MIN = (0.0, 400.0)
# 0 and 65535 (64 s) are seen in products' own tests: no intervals of a heart.
RR_RANGE_S = (0.0, 10.0)


class HeartRateReader(Reader):
    """One strap."""

    family = "heart_rate"
    streams = frozenset({heart_rate.MEASUREMENT})

    def read(self, frame: Frame) -> list[Measured]:
        """2A37; intervals get the time of their closing beat, the newest that of the receipt."""
        if frame.characteristic != heart_rate.MEASUREMENT:
            return []
        # Some straps leave the RR flag on between beats: the rate in such a frame is as good as ever.
        measurement = heart_rate.decode_measurement(frame.payload, allow_missing_rr=True)
        off = measurement.sensor_contact is SensorContact.NOT_DETECTED
        flags = frozenset({"no_contact"}) if off else frozenset()
        quality = Quality.POOR if off else Quality.GOOD
        rate = within(measurement.heart_rate_per_min, *RATE_RANGE_PER_MIN)
        out: list[Measured] = [
            self.sample(frame, Code.HEART_RATE_PER_MIN, rate, quality=quality, flags=flags)
        ]
        t_ns = frame.received_ns - round(sum(measurement.rr_intervals_s) * NS_PER_S)
        for interval_s in measurement.rr_intervals_s:
            t_ns += round(interval_s * NS_PER_S)
            if within(interval_s, *RR_RANGE_S) is not None:
                out.append(
                    self.sample(
                        frame, Code.RR_INTERVAL_S, interval_s, quality=quality, flags=flags, t_ns=t_ns
                    )
                )
        return out
