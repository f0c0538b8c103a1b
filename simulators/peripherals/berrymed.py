"""A BerryMed BM1000: values and pleth at 100 Hz in 5-byte frames, four a notification."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from protocols.ble.berrymed import BCI_RATE_HZ, NOTIFY, SERVICE, WRITE, BciFrame, encode_bci
from simulators.patient.beats import Beats
from simulators.patient.ppg import PulseWave
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.uart import SerialLine
from simulators.sensors.oximeter import OximeterReading, OximeterSensor

_FRAMES = 4
_LOWEST_PLETH, _HIGHEST_PLETH = 1, 100
_HIGHEST_BAR = 15
_GOOD_SIGNAL, _WEAK_SIGNAL = 8, 2


class BerryMedSource:
    """Notifications of four frames; the values change once a second, the pleth with every frame."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave, beats: Beats) -> None:
        self._sensor = sensor
        self._pleth = pleth
        self._beats = beats

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on, for ever."""
        index = ceil(start_s * BCI_RATE_HZ / _FRAMES)
        second, reading = -1, self._sensor.reading(0.0)
        words: list[int] = []
        beeps = np.zeros(BCI_RATE_HZ, dtype=np.bool_)
        while True:
            at_s = index * _FRAMES / BCI_RATE_HZ
            if int(at_s) != second:
                second = int(at_s)
                reading = self._sensor.reading(float(second))
                t_s = second + np.arange(BCI_RATE_HZ + 1) / BCI_RATE_HZ
                words = self._pleth.words(t_s[:-1], low=_LOWEST_PLETH, high=_HIGHEST_PLETH)
                beeps = np.diff(np.floor(self._beats.phase(t_s))) > 0
            first = (index * _FRAMES) % BCI_RATE_HZ
            frames = [
                encode_bci(_frame(reading, words[k], beep=bool(beeps[k])))
                for k in range(first, first + _FRAMES)
            ]
            yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=b"".join(frames))
            index += 1


def _frame(reading: OximeterReading, word: int, *, beep: bool) -> BciFrame:
    seen = reading.spo2_percent is not None
    weak = reading.low_perfusion or reading.motion
    return BciFrame(
        signal_strength=_WEAK_SIGNAL if weak else _GOOD_SIGNAL if seen else 0,
        no_signal=not seen,
        probe_unplugged=False,
        pulse_beep=beep and seen,
        pleth=word if seen else None,
        bar_graph=word * _HIGHEST_BAR // _HIGHEST_PLETH if seen else 0,
        no_finger=reading.sensor_off,
        searching=reading.searching,
        pulse_rate_per_min=reading.pulse_rate_per_min,
        spo2_percent=reading.spo2_percent,
    )


class BerryMed(SerialLine):
    """The oximeter on the air; nothing has to be written to it, and nothing that is written matters."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = BerryMedSource(around.oximeter(), around.pleth(), around.body.beats)
    return VirtualDevice(
        section=around.section,
        local_name="BerryMed",
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: BerryMed(
            source, name="BerryMed", address=around.address, elapsed_s=elapsed_s
        ),
    )
