"""Rings: no contact, no value; the first values settle."""

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.samples import Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import colmi_ring
from protocols.ble.colmi_ring import Opcode, Packet, Reading, RealTime, encode_packet, encode_real_time

NS_PER_S = 1_000_000_000
# Published frames of colmi_r02_client's tests: 78 per minute; not worn; battery 64 %.
RATE, NOT_WORN = "6901004e0000000000000000000000b8", "6901010000000000000000000000006b"
BATTERY = "03400000000000000000000000000043"


class Ring:
    """A ring on the finger of a bench."""

    def __init__(self) -> None:
        config = SensorConfig(device="it", family="colmi_ring", role=SensorRole.HEART_RATE_STRAP)
        self._ingest = Ingest([config])

    def says(self, payload: bytes, at_s: float = 0.0) -> Sample | None:
        frame = Frame(
            device="it",
            characteristic=colmi_ring.NOTIFY,
            received_ns=round(at_s * NS_PER_S),
            payload=payload,
        )
        found = self._ingest.feed(frame)
        assert len(found) <= 1
        assert all(isinstance(one, Sample) for one in found)
        return found[0] if found else None  # type: ignore[return-value]

    def measures(self, value: int | None, at_s: float, *, error: int = 0) -> Sample:
        said = RealTime(reading=Reading.SPO2, value=value, error=error)
        sample = self.says(encode_packet(Packet(opcode=Opcode.START, content=encode_real_time(said))), at_s)
        assert sample is not None
        return sample


def test_a_ring_that_is_not_worn_has_no_value() -> None:
    sample = Ring().says(bytes.fromhex(NOT_WORN))
    assert sample is not None
    assert (sample.code, sample.value, sample.quality) == (Code.HEART_RATE_PER_MIN, None, Quality.MISSING)
    assert sample.flags == {"sensor_off"}


def test_an_error_beside_a_value_is_no_value() -> None:
    assert Ring().measures(97, 0.0, error=2).value is None


def test_a_ring_that_searches_has_no_value() -> None:
    sample = Ring().measures(None, 0.0)
    assert (sample.code, sample.value, sample.flags) == (Code.SPO2_PERCENT, None, {"searching"})


def test_the_first_ten_seconds_are_doubtful_and_again_after_it_was_off() -> None:
    ring = Ring()
    assert ring.measures(91, 0.0).quality is Quality.QUESTIONABLE
    assert ring.measures(96, 9.9).quality is Quality.QUESTIONABLE
    assert ring.measures(97, 10.0).quality is Quality.GOOD
    ring.measures(None, 11.0)
    assert ring.measures(97, 12.0).flags == {"settling"}


def test_a_published_rate_and_a_published_battery() -> None:
    ring = Ring()
    rate = ring.says(bytes.fromhex(RATE))
    level = ring.says(bytes.fromhex(BATTERY))
    assert rate is not None
    assert level is not None
    assert (rate.code, rate.value) == (Code.HEART_RATE_PER_MIN, 78.0)
    assert (level.code, level.value) == (Code.BATTERY_PERCENT, 64.0)


def test_beyond_a_heart_and_beyond_100_percent_there_is_no_value() -> None:
    assert Ring().measures(101, 0.0).value is None
    assert Ring().says(bytes.fromhex("6a01" + "00" * 13 + "6b")) is None
