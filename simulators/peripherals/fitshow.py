"""A FitShow treadmill: counts down, runs, and says what it does when it is asked."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.fitshow import NOTIFY, SERVICE, WRITE, Run, State, Status, decode_command, encode_status
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.sensors.machine import ExerciseMachine

COUNTS_DOWN_S = 3


class FitShowSource:
    """The answers to a station that asks once a second."""

    def __init__(self, machine: ExerciseMachine) -> None:
        self._machine = machine

    def answer(self, t_s: float) -> bytes:
        """What the belt says at `t_s`."""
        if t_s < COUNTS_DOWN_S:
            return encode_status(Status(state=State.COUNTS_DOWN, number=ceil(COUNTS_DOWN_S - t_s)))
        reading = self._machine.reading(t_s)
        return encode_status(
            Status(
                state=State.RUNS,
                run=Run(
                    speed_raw=round(reading.speed_km_h * 10),
                    incline_percent=round(reading.incline_percent),
                    elapsed_s=int(reading.t_s) % 65536,
                    distance_m=int(reading.distance_m) % 65536,
                    energy_raw=int(reading.distance_m * 0.6) % 65536,
                    steps=2 * self._machine.crank(t_s).count % 65536,
                ),
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


class FitShowTreadmill(SerialLine):
    """The belt on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE

    def __init__(self, source: FitShowSource, **link: Unpack[Link]) -> None:
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
    source = FitShowSource(ExerciseMachine(faults=around.faults))
    name = f"FS-{around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: FitShowTreadmill(
            source, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )
