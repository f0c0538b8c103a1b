"""An A&D UA-651BLE: serves its bonded host for a few seconds after each reading, and wants its clock set."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from protocols.ble.and_medical import (
    CONTROL,
    CONTROL_SERVICE,
    ControlFrame,
    Kind,
    Subject,
    decode_control,
    encode_control,
)
from protocols.ble.codec.errors import DecodeError
from simulators.peripherals.blood_pressure import BloodPressureCuff, build_cuff
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.radio.gatt.services import Characteristic, Security, Service

_ANSWERS_WITHIN_S = 0.2


class AndMedicalCuff(BloodPressureCuff):
    """The cuff on the air.

    Attributes:
        shows: What the display says: `E10` after a host that connected and did not ask for readings.
    """

    patience_s: ClassVar[float] = 5.0
    advertises_s: ClassVar[float] = 30.0
    security: ClassVar[Security] = Security.ENCRYPTED
    manufacturer: ClassVar[str] = "A&D Medical"
    model: ClassVar[str] = "UA-651BLE"
    shows = ""

    def __init__(self, *args: Any, **link: Any) -> None:
        super().__init__(*args, **link)
        self._sent_away = asyncio.Event()

    async def run(self) -> None:
        """Measure and deliver, and hang up when told to."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run(), name=f"{self.name} measures")
            tasks.create_task(self._obey(), name=f"{self.name} obeys")

    async def _obey(self) -> None:
        while True:
            await self._sent_away.wait()
            self._sent_away.clear()
            # The command is answered first.
            await asyncio.sleep(_ANSWERS_WITHIN_S)
            await self.disconnect()

    def services(self) -> Sequence[Service]:
        """The profile, and the vendor's control characteristic."""
        control = Characteristic(uuid=CONTROL, write=self._take_control, read=self._answer, notify=True)
        self._control = control
        return [*super().services(), Service(uuid=CONTROL_SERVICE, characteristics=[control])]

    def on_disconnected(self, reason: int) -> None:
        """A visit without a question is an error to this cuff."""
        super().on_disconnected(reason)
        self.shows = "E10" if self.stored else ""

    def _answer(self) -> bytes:
        size = ControlFrame(kind=Kind.RESPONSE, subject=Subject.BUFFER_SIZE, value=bytes((len(self.stored),)))
        return encode_control(size)

    def _take_control(self, value: bytes) -> None:
        try:
            command = decode_control(value)
        except DecodeError:
            return
        match command.kind, command.subject:
            case Kind.WRITE, Subject.SET_TIME:
                clock = command.clock
                instant = None if clock is None else clock.to_datetime()
                if instant is not None:
                    self.set_clock(instant)
            case Kind.WRITE, Subject.DISCONNECT:
                self._sent_away.set()
            case Kind.WRITE, Subject.DELETE_MEMORY:
                self.stored.clear()
                self.memory.clear()
            case Kind.WRITE, Subject.BUFFER_ENABLE:
                reply = ControlFrame(kind=Kind.RESPONSE, subject=Subject.BUFFER_ENABLE, value=b"\x01")
                self.notify(self._control, encode_control(reply))
            case _:
                pass


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return build_cuff(around, AndMedicalCuff, f"A&D_UA-651BLE_{around.address[-8:].replace(':', '')}")
