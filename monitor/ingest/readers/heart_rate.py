"""Heart Rate Service (HRS): rate and RR intervals; a strap that says it has no contact is not believed."""

from collections.abc import Mapping
from functools import partial

from devices.frames import Frame
from monitor.ingest.physiology import PULSE_RANGE_PER_MIN
from monitor.ingest.reader import Measured, Reader, with_tail_cut, within
from monitor.samples import CONTACT_UNKNOWN, Code, Quality
from protocols.ble import heart_rate
from protocols.ble.heart_rate import SensorContact
from protocols.units import NS_PER_S

# 0 and 65535 (64 s) are seen in products' own tests: no intervals of a heart.
RR_RANGE_S = (0.01, 10.0)
# What the contact bits make of the rate. Optical bands and Polar's H10 have none: their rate does not outrank
# a good one of another sensor that contradicts it.
CONTACT_FLAGS: Mapping[SensorContact, frozenset[str]] = {
    SensorContact.NOT_DETECTED: frozenset({"no_contact"}),
    SensorContact.UNSUPPORTED: frozenset({CONTACT_UNKNOWN}),
    SensorContact.UNSUPPORTED_BUT_SET: frozenset({CONTACT_UNKNOWN}),
}


class HeartRateReader(Reader):
    """One strap."""

    family = "heart_rate"
    streams = frozenset({heart_rate.MEASUREMENT})

    def read(self, frame: Frame) -> list[Measured]:
        """2A37; intervals get the time of their closing beat, the newest that of the receipt."""
        if frame.characteristic != heart_rate.MEASUREMENT:
            return []
        # Some straps leave the RR flag on between beats: the rate in such a frame is as good as ever.
        decode = partial(heart_rate.decode_measurement, allow_missing_rr=True)
        measurement, damage = with_tail_cut(decode, frame.payload)
        off = measurement.sensor_contact is SensorContact.NOT_DETECTED
        flags = CONTACT_FLAGS.get(measurement.sensor_contact, frozenset())
        quality = Quality.POOR if off else Quality.GOOD
        rate = within(measurement.heart_rate_per_min, *PULSE_RANGE_PER_MIN)
        out: list[Measured] = [
            self.sample(frame, Code.HEART_RATE_PER_MIN, rate, quality=quality, flags=flags)
        ]
        if damage is not None:
            out.append(self.failure(frame, damage))
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
