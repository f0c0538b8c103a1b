import asyncio

import numpy as np
import pytest

from protocols.ble.witmotion import (
    FRAME_SIZE,
    NOTIFY,
    WRITE,
    Calibrate,
    Calibration,
    Command,
    MotionFrame,
    Rate,
    ReadRegister,
    Register,
    RegisterFrame,
    Save,
    SetRate,
    Unlock,
    WitMotionFramer,
    encode_command,
)
from simulators.peripherals.witmotion import EncodedSamples, WitMotionImu, frames_of
from simulators.sensors.imu import CHUNK
from tests.simulators.bench import Bench, bench, device
from tests.support.virtual_time import in_virtual_time


async def tell(room: Bench, client: object, *commands: Command) -> None:
    for command in commands:
        await client.write_gatt_char(WRITE, encode_command(command), response=False)  # type: ignore[attr-defined]
        await asyncio.sleep(0.1)


def frames(room: Bench) -> list[MotionFrame | RegisterFrame]:
    framer = WitMotionFramer()
    out: list[MotionFrame | RegisterFrame] = []
    for value in room.values(NOTIFY):
        out += [one for one in framer.feed(value) if not isinstance(one, Exception)]
    return out


def rate_hz(room: Bench, start_s: float, end_s: float) -> float:
    sizes = [len(value) // FRAME_SIZE for at_s, _, value in room.heard if start_s <= at_s < end_s]
    return sum(sizes) / (end_s - start_s)


@in_virtual_time
async def test_it_streams_at_10_hz_until_told_otherwise() -> None:
    async with bench("witmotion", "imu_distal") as room, room.client() as client:
        await room.subscribe(client, NOTIFY)
        now_s = room.now_s()
        await asyncio.sleep(10.5)
        assert rate_hz(room, now_s + 0.5, now_s + 10.5) == pytest.approx(10.0, abs=0.2)
        await tell(room, client, Unlock(), SetRate(rate=Rate.HZ_100))
        now_s = room.now_s()
        await asyncio.sleep(5.5)
        assert rate_hz(room, now_s + 0.5, now_s + 5.5) == pytest.approx(100.0, abs=2.0)
        # Frames come coalesced: twenty notifications a second.
        late = [value for at_s, _, value in room.heard if at_s > now_s + 0.5]
        assert {len(value) for value in late} == {5 * FRAME_SIZE}


@in_virtual_time
async def test_a_locked_sensor_ignores_settings_without_a_word() -> None:
    async with bench("witmotion", "imu_distal") as room, room.client() as client:
        imu = room.peripheral
        assert isinstance(imu, WitMotionImu)
        await room.subscribe(client, NOTIFY)
        await tell(room, client, SetRate(rate=Rate.HZ_100), Save())
        assert imu.rate_hz == 10.0
        assert imu.saved_rate is Rate.HZ_10
        await tell(room, client, Unlock(), SetRate(rate=Rate.HZ_50), Save())
        assert imu.rate_hz == 50.0
        assert imu.saved_rate is Rate.HZ_50
        await asyncio.sleep(11.0)
        await tell(room, client, SetRate(rate=Rate.HZ_100))
        assert imu.rate_hz == 50.0


@in_virtual_time
async def test_registers_are_answered_in_the_stream() -> None:
    async with (
        bench("witmotion", "imu_distal", section="battery_percent = 50") as room,
        room.client() as client,
    ):
        await room.subscribe(client, NOTIFY)
        await tell(room, client, ReadRegister(register=Register.BATTERY), ReadRegister(register=0x03))
        await tell(room, client, Calibrate(calibration=Calibration.NONE))
        await client.write_gatt_char(WRITE, b"\xff\xaa\x77\x01\x00", response=False)
        await asyncio.sleep(0.5)
        answers = [one for one in frames(room) if isinstance(one, RegisterFrame)]
        assert [one.register for one in answers] == [Register.BATTERY, 0x03]
        assert answers[0].battery_v == pytest.approx(3.75, abs=0.01)
        assert answers[1].values[0] == Rate.HZ_10


@in_virtual_time
async def test_after_a_lost_link_it_streams_on_as_it_was_set() -> None:
    async with bench("witmotion", "imu_distal") as room:
        async with room.client() as client:
            await room.subscribe(client, NOTIFY)
            await tell(room, client, Unlock(), SetRate(rate=Rate.HZ_100))
            room.air.drop_link(room.device.address)
            await asyncio.sleep(1.0)
        room.heard.clear()
        async with room.client() as client:
            await room.subscribe(client, NOTIFY)
            now_s = room.now_s()
            await asyncio.sleep(3.0)
            assert rate_hz(room, now_s, now_s + 3.0) == pytest.approx(100.0, abs=5.0)


def test_frames_carry_the_models_numbers() -> None:
    model = device("witmotion", "imu_distal").source.model  # type: ignore[attr-defined]
    samples = model.read(0, 50)
    words = frames_of(samples)
    acc = np.array([one.acc_m_s2 for one in words]) / 9.80665
    gyr = np.degrees(np.array([one.gyr_rad_s for one in words]))
    assert acc == pytest.approx(samples.acc_g, abs=1e-9)
    assert gyr == pytest.approx(samples.gyr_deg_s, abs=1e-9)
    # Sitting still the angles are gravity's: the sensor's own frame, whatever it is.
    roll, pitch, yaw = words[0].euler_deg
    x, y, z = samples.acc_g[0]
    assert roll == pytest.approx(np.degrees(np.arctan2(y, z)), abs=0.01)
    assert pitch == pytest.approx(np.degrees(np.arctan2(-x, np.hypot(y, z))), abs=0.01)
    assert yaw == 0.0


def test_encoding_over_the_border_of_a_chunk_loses_nothing() -> None:
    model = device("witmotion", "imu_distal").source.model  # type: ignore[attr-defined]
    encode = EncodedSamples(model)
    across = b"".join(value for _, value in encode(CHUNK - 3, 7))
    pieces = b"".join(value for k in range(7) for _, value in EncodedSamples(model)(CHUNK - 3 + k, 1))
    assert across == pieces
    assert len(across) == 7 * FRAME_SIZE
