"""Battery Service: the level that any device may send beside its own characteristics."""

from devices.frames import Frame
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code
from protocols.ble import battery

LEVEL = battery.LEVEL


def read_level(reader: Reader, frame: Frame) -> list[Measured]:
    """2A19 as a sample of `reader`'s device.

    Raises:
        DecodeError: the frame is no battery level.
    """
    return [reader.sample(frame, Code.BATTERY_PERCENT, float(battery.decode_level(frame.payload)))]
