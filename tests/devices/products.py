"""Scripted devices of the four profiles of the demo."""

import asyncio

from devices.driver import DeviceConfig
from protocols.ble import assigned_numbers as sig
from protocols.ble import witmotion
from tests.support.scripted_link import ScriptedCharacteristic, ScriptedDevice

STRAP = "C0:00:00:00:00:01"
OXIMETER = "C0:00:00:00:00:02"
CUFF = "C0:00:00:00:00:03"
IMU = "C0:00:00:00:00:04"

HEART_RATE_FRAME = bytes.fromhex("0648")
CUFF_FRAME = bytes.fromhex("00780050005a00")


def strap(address: str = STRAP, name: str = "Strap 1") -> ScriptedDevice:
    return ScriptedDevice(
        address=address,
        name=name,
        service_uuids=[sig.HEART_RATE_SERVICE],
        characteristics={
            sig.HEART_RATE_MEASUREMENT: ScriptedCharacteristic(["notify"]),
            sig.BATTERY_LEVEL: ScriptedCharacteristic(["read", "notify"], value=b"\x5a"),
            sig.SERIAL_NUMBER: ScriptedCharacteristic(["read"], value=b"S-1\0"),
        },
    )


def oximeter() -> ScriptedDevice:
    return ScriptedDevice(
        address=OXIMETER,
        name="Pulse Ox",
        service_uuids=[sig.PULSE_OXIMETER_SERVICE],
        characteristics={
            sig.PLX_CONTINUOUS_MEASUREMENT: ScriptedCharacteristic(["notify"]),
            sig.PLX_SPOT_CHECK_MEASUREMENT: ScriptedCharacteristic(["indicate"]),
        },
    )


def cuff() -> ScriptedDevice:
    return ScriptedDevice(
        address=CUFF,
        name="Cuff",
        service_uuids=[sig.BLOOD_PRESSURE_SERVICE],
        characteristics={
            sig.BLOOD_PRESSURE_MEASUREMENT: ScriptedCharacteristic(["indicate"]),
            sig.INTERMEDIATE_CUFF_PRESSURE: ScriptedCharacteristic(["notify"]),
            sig.CURRENT_TIME: ScriptedCharacteristic(["read", "write"]),
        },
    )


class ScriptedImu:
    """A WitMotion that takes the rate only while unlocked, and answers reads in its stream."""

    def __init__(self, *, locked: bool = False, mute: bool = False) -> None:
        self.rate = witmotion.Rate.HZ_10
        self.locked = locked
        self.mute = mute
        self._unlocked = False
        self.device = ScriptedDevice(
            address=IMU,
            name="WT901BLE68",
            service_uuids=[],
            characteristics={
                witmotion.NOTIFY: ScriptedCharacteristic(["notify"]),
                witmotion.WRITE: ScriptedCharacteristic(["write-without-response"], reply=self._take),
            },
        )

    def _take(self, data: bytes) -> None:
        command = witmotion.decode_command(data)
        if isinstance(command, witmotion.Unlock):
            self._unlocked = not self.locked
        elif isinstance(command, witmotion.SetRate) and self._unlocked:
            self.rate = command.rate
        elif isinstance(command, witmotion.ReadRegister) and not self.mute:
            values = (int(self.rate) if command.register == 3 else 412, 0, 0, 0, 0, 0, 0, 0)
            frame = witmotion.encode_frame(witmotion.RegisterFrame(register=command.register, values=values))
            motion = witmotion.encode_frame(witmotion.MotionFrame((0, 0, 2048), (0, 0, 0), (0, 0, 0)))
            # Answers come in the middle of the stream, and not at the edge of a notification.
            self.device.send(witmotion.NOTIFY, motion + frame[:7])
            self.device.send(witmotion.NOTIFY, frame[7:] + motion)


async def stream(
    device: ScriptedDevice, characteristic: str, payload: bytes, *, period_s: float = 1.0
) -> None:
    """Notify for ever, as long as somebody is connected."""
    while True:
        await asyncio.sleep(period_s)
        device.send(characteristic, payload)


def config_of(device: ScriptedDevice, family: str, **options: str | float | bool) -> DeviceConfig:
    return DeviceConfig(device="sensor", family=family, address=device.address, options=options)
