"""A KingSmith WalkingPad: says what it does when it is asked, and nothing unasked."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.walkingpad import (
    NOTIFY,
    SERVICE,
    WRITE,
    BeltState,
    Mode,
    Status,
    decode_command,
    encode_status,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.sensors.machine import CADENCE_PER_MIN, ExerciseMachine

_NAME = "WalkingPad"
_STEPS_PER_TURN = 2


class WalkingPadSource:
    """The answers to a station that asks once a second."""

    def __init__(self, machine: ExerciseMachine) -> None:
        self._machine = machine

    def answer(self, t_s: float) -> bytes:
        """What the belt says at `t_s`."""
        reading = self._machine.reading(t_s)
        tenths = round(reading.speed_km_h * 10)
        return encode_status(
            Status(
                belt_state=BeltState.RUNNING if tenths else BeltState.IDLE,
                speed_km_h=tenths / 10,
                mode=Mode.MANUAL,
                elapsed_s=int(reading.t_s),
                distance_m=10 * int(reading.distance_m / 10),
                steps=_STEPS_PER_TURN * self._machine.crank(t_s).count,
                application_speed_raw=round(CADENCE_PER_MIN),
            )
        )

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """An answer each second from `start_s` on, for ever."""
        second = ceil(start_s)
        while True:
            yield TimedNotification(
                at_s=float(second), characteristic=NOTIFY, payload=self.answer(float(second))
            )
            second += 1


class WalkingPad(SerialLine):
    """The belt on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE

    def __init__(self, source: WalkingPadSource, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self._answers = source

    def take(self, value: bytes) -> None:
        """Answer the question for the status; anything else is ignored."""
        try:
            decode_command(value)
        except DecodeError:
            return
        self.send(self._answers.answer(self.elapsed_s()))

    def speaks(self, emission: TimedNotification) -> bool:
        """Nothing unasked."""
        del emission
        return False


def build(around: BuildContext) -> VirtualDevice:
    """The belt of a scenario."""
    source = WalkingPadSource(ExerciseMachine(faults=around.faults))
    return VirtualDevice(
        section=around.section,
        local_name=_NAME,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: WalkingPad(
            source, name=_NAME, address=around.address, elapsed_s=elapsed_s
        ),
    )
