"""A Masimo MightySat: asked who it is, then told to stream; frames run over the borders of notifications."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.mightysat import (
    COMPANY,
    NOTIFY,
    SERVICE,
    WRITE,
    Acknowledgement,
    ClearTrends,
    GetInfo,
    GetTrend,
    Info,
    Kind,
    Parameters,
    SetStreams,
    Waves,
    decode_command,
    decode_report,
    encode_report,
)
from simulators.patient.ppg import PulseWave
from simulators.patient.vitals import Patient, Vital
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.radio.gatt.advertisement import Advertisement
from simulators.sensors.oximeter import OximeterReading, OximeterSensor

# Rate and size of the waves are not published: 62.5 Hz in frames of 25 is an assumption.
_WAVE_RATE_HZ = 62.5
_SAMPLES = 25
_WAVES = 0x03
_GOOD, _NO_VALUE, _SETTLING = 0x00, 0x04, 0x20


class MightySatSource:
    """Parameters at each whole second, and the pleth; what is switched off is left out on the air."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave, patient: Patient) -> None:
        self._sensor = sensor
        self._pleth = pleth
        self._patient = patient

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on, for ever."""
        second = ceil(start_s)
        per_s = _WAVE_RATE_HZ / _SAMPLES
        block = ceil(second * per_s)
        while True:
            reading = self._sensor.reading(float(second))
            payload = encode_report(self._parameters(reading))
            yield TimedNotification(at_s=float(second), characteristic=NOTIFY, payload=payload)
            while block / per_s < second + 1:
                at_s = block / per_s
                t_s = at_s + (np.arange(_SAMPLES) - _SAMPLES) / _WAVE_RATE_HZ
                words = bytes(self._pleth.words(t_s, low=0, high=255))
                wave = encode_report(Waves(ordinal=block & 0xFFFF, samples=words))
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=wave)
                block += 1
            second += 1

    def _parameters(self, reading: OximeterReading) -> Parameters:
        status = _NO_VALUE if reading.spo2_percent is None else _GOOD
        weak = _SETTLING if reading.low_perfusion else status
        breaths = round(self._patient.value(Vital.BREATHS_PER_MIN, reading.t_s))
        return Parameters(
            system_exceptions=0,
            spo2_status=status,
            spo2_percent=reading.spo2_percent,
            pulse_rate_status=status,
            pulse_rate_per_min=reading.pulse_rate_per_min,
            pleth_variability_status=_NO_VALUE,
            pleth_variability_percent=None,
            perfusion_index_status=weak,
            perfusion_index_percent=None if reading.sensor_off else reading.perfusion_index_percent,
            respiration_rate_status=status,
            respiration_rate_per_min=None if reading.spo2_percent is None else breaths,
        )


class MightySat(SerialLine):
    """The oximeter on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE

    def __init__(self, source: MightySatSource, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self._asked_who = False
        self._parameters = False
        self._waves = False
        # What has not filled a notification yet.
        self._pending = b""

    @property
    def advertisement(self) -> Advertisement:
        """Masimo's company number; the service is found on the device."""
        return Advertisement(manufacturer_data={COMPANY: b"\0\0"})

    def take(self, value: bytes) -> None:
        """Answer a command; anything else is ignored."""
        try:
            command = decode_command(value)
        except DecodeError:
            return
        match command:
            case GetInfo():
                self._asked_who = True
                self._say(
                    Info(
                        software_version=0x0102,
                        parameters=0x1F,
                        waves=_WAVES,
                        trend_version=1,
                        trended_parameters=0x1F,
                        sessions=0,
                        oldest_session=0,
                        current_session=0,
                    )
                )
            case SetStreams(parameters=parameters, waves=waves):
                self._parameters, self._waves = bool(parameters), bool(waves)
                self._say(Acknowledgement(accepted=self._asked_who, kind=Kind.STREAMS))
            case ClearTrends():
                self._say(Acknowledgement(accepted=True, kind=Kind.CLEAR_TRENDS))
            case GetTrend():
                self._say(Acknowledgement(accepted=False, kind=Kind.TREND))

    def _say(self, report: Info | Acknowledgement) -> None:
        self.send(encode_report(report))

    def speaks(self, emission: TimedNotification) -> bool:
        """Streams what is switched on: whole notifications of 20 bytes, whatever frame ends inside."""
        is_wave = isinstance(decode_report(emission.payload), Waves)
        if self._asked_who and (self._waves if is_wave else self._parameters):
            self._pending += emission.payload
        # A frame of parameters is 19 bytes long: with nothing behind it, it goes out alone.
        if not is_wave and not self._waves:
            self.send(self._pending)
            self._pending = b""
        whole = len(self._pending) // 20 * 20
        self.send(self._pending[:whole])
        self._pending = self._pending[whole:]
        return False

    def on_disconnected(self, reason: int) -> None:
        """A new visitor has to ask again."""
        super().on_disconnected(reason)
        self._asked_who = self._parameters = self._waves = False
        self._pending = b""


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = MightySatSource(around.oximeter(), around.pleth(), around.body.patient)
    name = f"MightySat Rx {around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: MightySat(
            source, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )
