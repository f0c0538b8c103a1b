"""A Concept2 PM5 on a rower: status twice a second, a stroke's work at each stroke."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.concept2_pm5 import (
    ADDITIONAL_STATUS,
    ADDITIONAL_STROKE,
    GENERAL_STATUS,
    ROWING_SERVICE,
    SAMPLE_RATE,
    AdditionalStatus,
    AdditionalStrokeData,
    GeneralStatus,
    decode_sample_rate,
    encode_additional_status,
    encode_additional_stroke,
    encode_general_status,
    encode_sample_rate,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.gym import Machine, MachineSource, build_machine
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.services import Characteristic
from simulators.sensors.battery import Battery
from simulators.sensors.machine import ExerciseMachine

# What the source can send; the monitor leaves out what its own rate does not have.
PERIOD_S = 0.5
_REFUSED = 0x80


def _reports(machine: ExerciseMachine, t_s: float) -> Mapping[str, bytes]:
    reading = machine.reading(t_s)
    elapsed_s = round(t_s, 2)
    speed_m_s = round(reading.speed_km_h / 3.6, 3)
    pace_s = min(round(500.0 / speed_m_s, 2), 655.35) if speed_m_s else 0.0
    rowing = reading.cadence_per_min > 1.0
    reports = {
        GENERAL_STATUS: encode_general_status(
            GeneralStatus(
                elapsed_s=elapsed_s,
                distance_m=round(reading.distance_m, 1),
                workout_type=1,
                interval_type=1,
                workout_state=1,
                rowing_state=1 if rowing else 0,
                stroke_state=2,
                total_work_distance_m=0,
                workout_duration=0,
                workout_duration_type=0x80,
                drag_factor=120,
            )
        ),
        ADDITIONAL_STATUS: encode_additional_status(
            AdditionalStatus(
                elapsed_s=elapsed_s,
                speed_m_s=speed_m_s,
                strokes_per_min=round(reading.cadence_per_min),
                heart_rate_per_min=None,
                pace_s=pace_s,
                average_pace_s=pace_s,
                rest_distance_m=0,
                rest_time_s=0.0,
            )
        ),
    }
    strokes = machine.crank(t_s).count
    if strokes > machine.crank(t_s - PERIOD_S).count:
        reports[ADDITIONAL_STROKE] = encode_additional_stroke(
            AdditionalStrokeData(
                elapsed_s=elapsed_s,
                power_w=round(reading.power_w),
                kcal_per_h=round(300 + 4 * reading.power_w * 0.8604),
                strokes=strokes % 65536,
                projected_work_time_s=0,
                projected_work_distance_m=0,
            )
        )
    return reports


class Pm5(Machine):
    """The monitor on the air; its rate is 1 s until somebody writes another."""

    service_uuid = ROWING_SERVICE
    notifies = (GENERAL_STATUS, ADDITIONAL_STATUS, ADDITIONAL_STROKE)
    advertises_service = False
    model = "PM5"

    def __init__(self, source: MachineSource, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(source, cell, **link)
        self.period_s = 1.0

    def others(self) -> Sequence[Characteristic]:
        """How often it reports."""
        return [
            Characteristic(
                uuid=SAMPLE_RATE, read=lambda: encode_sample_rate(self.period_s), write=self._set_period
            )
        ]

    def speaks(self, emission: TimedNotification) -> bool:
        """What its rate lets through; strokes always."""
        return emission.characteristic == ADDITIONAL_STROKE or emission.at_s % self.period_s == 0.0

    def _set_period(self, value: bytes) -> None:
        try:
            self.period_s = max(decode_sample_rate(value), PERIOD_S)
        except DecodeError as error:
            raise WriteRefusedError(_REFUSED) from error


def build(around: BuildContext) -> VirtualDevice:
    """The rower of a scenario."""
    name = f"PM5 43{int(around.suffix, 16):07d}"
    return build_machine(around, Pm5, name=name, reports=_reports, period_s=PERIOD_S)
