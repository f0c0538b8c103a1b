"""BerryMed BM1000 and relatives: the 5-byte BCI frames at 100 Hz, and the newer 20-byte BERRY frames.

Source: `zh2x/BCI_Protocol` V1.2; `zh2x/SpO2-BLE-for-Android`; Adafruit's CircuitPython driver. The service
is the ISSC transparent UART, which many other gadgets have as well: go by the name. No bonding, no start
command. A BCI frame has no checksum; its first byte alone has bit 7 set. Both kinds come from the same
characteristic.
"""

from typing import Final

from protocols.ble.checksums import sum8
from protocols.ble.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    wrong_checksum,
    wrong_header,
)
from protocols.ble.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.sentinel import or_sentinel
from protocols.ble.value import value

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
_BERRY_HEADER = bytes.fromhex("ffaa")


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


@value
class BerryFrame:
    """FF AA: values and one sample of the pleth. `rr_interval_5_ms` counts units of 5 ms.

    `other` are the bytes 2, 3, 5, 7, 11 and 13 to 17, whose meaning is not published, as sent.
    """

    spo2_percent: int
    pulse_rate_per_min: int
    rr_interval_5_ms: int
    perfusion_index_percent: float
    pleth: int
    packet_rate: int
    other: bytes = bytes(10)


_OTHER: Final = (2, 3, 5, 7, 11, 13, 14, 15, 16, 17)


def decode_bci(data: bytes) -> BciFrame:
    """One BCI frame, 5 bytes.

    Raises:
        DecodeError: on any other length, and when a bit 7 is not where it belongs.
    """
    name = "berrymed.bci"
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
        pleth=None if data[1] == _MISSING_PLETH else data[1],
        bar_graph=data[2] & 0x0F,
        no_finger=bool(data[2] & 0x10),
        searching=bool(data[2] & 0x20),
        pulse_rate_per_min=None if pulse == _MISSING_PULSE else pulse,
        spo2_percent=None if data[4] == _MISSING_SPO2 else data[4],
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
    name = "berrymed.berry"
    check_length(name, data, BERRY_SIZE)
    if not data.startswith(_BERRY_HEADER):
        raise wrong_header(name, data, 0, "ff aa")
    if data[-1] != sum8(data[:-1]):
        raise wrong_checksum(name, data, BERRY_SIZE - 1, sum8(data[:-1]))
    return BerryFrame(
        spo2_percent=data[4],
        pulse_rate_per_min=data[6],
        rr_interval_5_ms=data[8] | data[9] << 8,
        perfusion_index_percent=data[10] / 10,
        pleth=data[12],
        packet_rate=data[18],
        other=bytes(data[at] for at in _OTHER),
    )


def encode_berry(frame: BerryFrame) -> bytes:
    """One BERRY frame, 20 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("berrymed.berry", field="value", expected="values that fit their bytes"):
        data = bytearray(BERRY_SIZE - 1)
        data[:2] = _BERRY_HEADER
        for at, byte in zip(_OTHER, frame.other, strict=True):
            data[at] = byte
        data[4] = frame.spo2_percent
        data[6] = frame.pulse_rate_per_min
        data[8:10] = frame.rr_interval_5_ms.to_bytes(2, "little")
        data[10] = round(frame.perfusion_index_percent * 10)
        data[12] = frame.pleth
        data[18] = frame.packet_rate
    return bytes(data) + bytes((sum8(data),))


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
        return decode_berry(frame) if len(frame) == BERRY_SIZE else decode_bci(frame)
