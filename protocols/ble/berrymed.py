"""BerryMed BM1000 and relatives: the 5-byte BCI frames at 100 Hz, and the newer 20-byte BERRY frames.

Sources: `zh2x/BCI_Protocol` V1.2; `zh2x/SpO2-BLE-for-Android`; Adafruit's CircuitPython driver; of the BERRY
protocol V1.5 two public decoders. The service is the ISSC transparent UART, which many other gadgets have as
well: go by the name. No bonding, no start command. A BCI frame has no checksum; its first byte alone has bit
7 set. Both kinds come from the same characteristic.
"""

from enum import IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    wrong_checksum,
    wrong_header,
)
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.sentinel import or_sentinel
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("BerryMed", "BM1000")
SERVICE: Final = "49535343-fe7d-4ae5-8fa9-9fafd205e455"
NOTIFY: Final = "49535343-1e4d-4bd9-ba61-23c647249616"
WRITE: Final = "49535343-8841-43f4-a8d4-ecbe34729bb3"

BCI_SIZE: Final = 5
BCI_RATE_HZ: Final = 100
BERRY_SIZE: Final = 20

_MISSING_PULSE = 0xFF
_MISSING_SPO2 = 0x7F
_MISSING_PLETH = 0
_MISSING_INDEX = 0
_BERRY_HEADER = bytes.fromhex("ffaa")
_BERRY = Struct("<2sBBBBBBHBBBiBB")


@value
class BciFrame:
    """One hundredth of a second. None: the device has no value.

    `signal_strength` 0 to 8, `pleth` 1 to 100, `bar_graph` 0 to 15.
    """

    signal_strength: int
    no_signal: bool
    probe_unplugged: bool
    pulse_beep: bool
    pleth: int | None
    bar_graph: int
    no_finger: bool
    searching: bool
    pulse_rate_per_min: int | None
    spo2_percent: int | None


class BerryStatus(IntFlag):
    """Byte 3 of a BERRY frame."""

    SENSOR_OFF = 0x01
    NO_FINGER = 0x02
    NO_PULSE = 0x04
    BEAT = 0x08


@value
class BerryFrame:
    """FF AA: values, averaged and of the moment (`_now`), and one sample of the pleth. None: no value.

    `rr_interval_5_ms` counts units of 5 ms, `pleth` is 1 to 100, `adc_sample` the infrared converter's word.
    """

    spo2_percent: int | None
    pulse_rate_per_min: int | None
    rr_interval_5_ms: int
    perfusion_index_percent: float | None
    pleth: int | None
    packet_rate: int
    packet_index: int = 0
    status: BerryStatus = BerryStatus(0)  # an immutable value
    spo2_now_percent: int | None = None
    pulse_rate_now_per_min: int | None = None
    perfusion_index_now_percent: float | None = None
    adc_sample: int = 0
    battery_percent: int = 0


def decode_bci(data: bytes) -> BciFrame:
    """One BCI frame, 5 bytes.

    Raises:
        DecodeError: on any other length, and when a bit 7 is not where it belongs.
    """
    return _bci("berrymed.bci", data)


def _bci(name: str, data: bytes) -> BciFrame:
    check_length(name, data, BCI_SIZE)
    if not data[0] & 0x80:
        raise wrong_header(name, data, 0, "bit 7 set")
    for at in range(1, BCI_SIZE):
        if data[at] & 0x80:
            raise impossible_value(name, data, at, "byte inside the frame", "bit 7 clear")
    pulse = data[3] | (data[2] & 0x40) << 1
    return BciFrame(
        signal_strength=data[0] & 0x0F,
        no_signal=bool(data[0] & 0x10),
        probe_unplugged=bool(data[0] & 0x20),
        pulse_beep=bool(data[0] & 0x40),
        pleth=_unless(data[1], _MISSING_PLETH),
        bar_graph=data[2] & 0x0F,
        no_finger=bool(data[2] & 0x10),
        searching=bool(data[2] & 0x20),
        pulse_rate_per_min=_unless(pulse, _MISSING_PULSE),
        spo2_percent=_unless(data[4], _MISSING_SPO2),
    )


def encode_bci(frame: BciFrame) -> bytes:
    """One BCI frame, 5 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("berrymed.bci", field="value", expected="None for a missing value"):
        pleth = or_sentinel(frame.pleth, _MISSING_PLETH)
        pulse = or_sentinel(frame.pulse_rate_per_min, _MISSING_PULSE)
        spo2 = or_sentinel(frame.spo2_percent, _MISSING_SPO2)
    limits = ((frame.signal_strength, 15), (frame.bar_graph, 15), (pleth, 127), (pulse, 255), (spo2, 127))
    if any(not 0 <= value <= limit for value, limit in limits):
        raise EncodeError("berrymed.bci", field="value", expected="4, 4, 7, 8 and 7 bits")
    return bytes(
        (
            0x80
            | frame.signal_strength
            | frame.no_signal << 4
            | frame.probe_unplugged << 5
            | frame.pulse_beep << 6,
            pleth,
            frame.bar_graph | frame.no_finger << 4 | frame.searching << 5 | (pulse & 0x80) >> 1,
            pulse & 0x7F,
            spo2,
        )
    )


def decode_berry(data: bytes) -> BerryFrame:
    """One BERRY frame, 20 bytes.

    Raises:
        DecodeError: on any other length, header or checksum.
    """
    return _berry("berrymed.berry", data)


def _berry(name: str, data: bytes) -> BerryFrame:
    check_length(name, data, BERRY_SIZE)
    if not data.startswith(_BERRY_HEADER):
        raise wrong_header(name, data, 0, "ff aa")
    if data[-1] != sum8(data[:-1]):
        raise wrong_checksum(name, data, BERRY_SIZE - 1, sum8(data[:-1]))
    (
        _,
        index,
        status,
        spo2,
        spo2_now,
        pulse,
        pulse_now,
        rr,
        perfusion,
        perfusion_now,
        pleth,
        adc,
        battery,
        rate,
    ) = _BERRY.unpack_from(data)
    return BerryFrame(
        spo2_percent=_unless(spo2, _MISSING_SPO2),
        pulse_rate_per_min=_unless(pulse, _MISSING_PULSE),
        rr_interval_5_ms=rr,
        perfusion_index_percent=perfusion / 10 if perfusion else None,
        pleth=_unless(pleth, _MISSING_PLETH),
        packet_rate=rate,
        packet_index=index,
        status=BerryStatus(status),
        spo2_now_percent=_unless(spo2_now, _MISSING_SPO2),
        pulse_rate_now_per_min=_unless(pulse_now, _MISSING_PULSE),
        perfusion_index_now_percent=perfusion_now / 10 if perfusion_now else None,
        adc_sample=adc,
        battery_percent=battery,
    )


def encode_berry(frame: BerryFrame) -> bytes:
    """One BERRY frame, 20 bytes. Raises EncodeError when a value does not fit."""
    with Fitting(
        "berrymed.berry", field="value", expected="values that fit their bytes, None for a missing one"
    ):
        data = _BERRY.pack(
            _BERRY_HEADER,
            frame.packet_index,
            frame.status,
            or_sentinel(frame.spo2_percent, _MISSING_SPO2),
            or_sentinel(frame.spo2_now_percent, _MISSING_SPO2),
            or_sentinel(frame.pulse_rate_per_min, _MISSING_PULSE),
            or_sentinel(frame.pulse_rate_now_per_min, _MISSING_PULSE),
            frame.rr_interval_5_ms,
            _tenths(frame.perfusion_index_percent),
            _tenths(frame.perfusion_index_now_percent),
            or_sentinel(frame.pleth, _MISSING_PLETH),
            frame.adc_sample,
            frame.battery_percent,
            frame.packet_rate,
        )
    return data + bytes((sum8(data),))


def decode_frame(data: bytes) -> BciFrame | BerryFrame:
    """A frame of either kind, 5 or 20 bytes. Raises DecodeError as the decoder of that kind does."""
    check_length("berrymed.frame", data, BCI_SIZE, BERRY_SIZE)
    if len(data) == BCI_SIZE:
        return _bci("berrymed.frame", data)
    return _berry("berrymed.frame", data)


def encode_frame(frame: BciFrame | BerryFrame) -> bytes:
    """A frame of either kind. Raises EncodeError when a value does not fit."""
    return encode_bci(frame) if isinstance(frame, BciFrame) else encode_berry(frame)


class BerryMedFramer(Framer[BciFrame | BerryFrame]):
    """Frames of either kind out of the notifications of one oximeter."""

    format_name = "berrymed.frame"
    longest = BERRY_SIZE
    header = "a byte with bit 7 set, or ff aa"

    def _size(self, buffer: bytearray, at: int) -> int:
        if not buffer[at] & 0x80:
            return NO_FRAME
        # ff aa cannot begin a BCI frame: there the second byte has bit 7 clear.
        for index in range(at + 1, min(at + BCI_SIZE, len(buffer))):
            if buffer[index] & 0x80:
                return BERRY_SIZE if buffer[at : at + 2] == _BERRY_HEADER else NO_FRAME
        return BCI_SIZE if len(buffer) >= at + 2 else UNDECIDED

    def _decode(self, frame: bytes) -> BciFrame | BerryFrame:
        return decode_frame(frame)


def _unless(number: int, missing: int) -> int | None:
    return None if number == missing else number


def _tenths(index_percent: float | None) -> int:
    """A perfusion index in tenths of a percent; 0 is "none"."""
    return or_sentinel(None if index_percent is None else round(index_percent * 10), _MISSING_INDEX)
