"""What the motion sensors do besides measuring: settings, starting, stopping, counting."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest
from bleak.exc import BleakError

from protocols.ble import metamotion, movella_dot, movella_dot_device, movesense, polar_pmd, thingy52
from protocols.ble import polar_pmd_control as pmd
from protocols.ble.codec.assigned_numbers import BATTERY_LEVEL
from tests.simulators.bench import Bench, bench, device
from tests.support.virtual_time import in_virtual_time

RATE = movella_dot.PayloadMode.RATE
PAYLOAD = movella_dot.payload_characteristic(RATE)


@in_virtual_time
async def test_dot_takes_settings_at_rest_only_and_counts_microseconds() -> None:
    async with bench("movella_dot", "imu_distal") as room, room.client() as client:

        async def control(*, running: bool, mode: movella_dot.PayloadMode = RATE) -> None:
            value = movella_dot_device.encode_control(movella_dot_device.Control(running=running, mode=mode))
            await client.write_gatt_char(movella_dot_device.CONTROL, value, response=True)

        async def rate() -> int:
            value = bytes(await client.read_gatt_char(movella_dot_device.DEVICE_CONTROL))
            return movella_dot_device.decode_device_control(value).output_rate_hz

        async def set_rate(rate_hz: int) -> None:
            value = bytes(await client.read_gatt_char(movella_dot_device.DEVICE_CONTROL))
            wanted = replace(
                movella_dot_device.decode_device_control(value),
                apply=movella_dot_device.Apply.OUTPUT_RATE,
                output_rate_hz=rate_hz,
            )
            await client.write_gatt_char(
                movella_dot_device.DEVICE_CONTROL,
                movella_dot_device.encode_device_control(wanted),
                response=True,
            )

        await room.subscribe(client, PAYLOAD)
        await asyncio.sleep(1.0)
        assert room.heard == []
        await set_rate(30)
        assert await rate() == 30
        await set_rate(77)
        assert await rate() == 30
        await control(running=True)
        await set_rate(10)
        assert await rate() == 30
        said = bytes(await client.read_gatt_char(movella_dot_device.CONTROL))
        assert movella_dot_device.decode_control(said).running
        await asyncio.sleep(2.0)
        samples = [movella_dot.decode_payload(RATE, value) for value in room.values(PAYLOAD)]
        steps = {(later.timestamp_us - earlier.timestamp_us) % 2**32 for earlier, later in pairwise(samples)}
        assert steps <= {33333, 33334}
        await control(running=False)
        count = len(room.heard)
        await asyncio.sleep(1.0)
        assert len(room.heard) <= count + 1
        for nonsense in (b"\x02\x01\x01", b"\x01\x01\x63"):
            with pytest.raises(BleakError):
                await client.write_gatt_char(movella_dot_device.CONTROL, nonsense, response=True)
        with pytest.raises(BleakError):
            await control(running=True, mode=movella_dot.PayloadMode.ORIENTATION_EULER)
        with pytest.raises(BleakError):
            await client.write_gatt_char(movella_dot_device.DEVICE_CONTROL, b"\x00", response=True)
        battery = bytes(await client.read_gatt_char(movella_dot_device.BATTERY))
        assert movella_dot_device.decode_battery(battery).level_percent == 90


def test_dots_counter_goes_over_its_end() -> None:
    source = device("movella_dot", "imu_distal").source
    seen = []
    for one in source.emissions(0.0):
        seen.append(movella_dot.decode_payload(RATE, one.payload).timestamp_us)
        if one.at_s > 200.0:
            break
    assert max(seen) > 2**32 - 20_000
    assert min(seen) < 20_000


@in_virtual_time
async def test_metamotion_streams_between_start_and_stop() -> None:
    async with bench("metamotion", "imu_distal") as room, room.client() as client:

        async def tell(*commands: metamotion.Command) -> None:
            for command in commands:
                await client.write_gatt_char(
                    metamotion.COMMAND, metamotion.encode_command(command), response=False
                )
            await asyncio.sleep(1.0)

        await room.subscribe(client, metamotion.NOTIFY)
        mode = metamotion.Mode.IMU_PLUS
        # The fusion without both outputs says nothing.
        await tell(*metamotion.start(mode, metamotion.Source.CORRECTED_ACC))
        assert room.heard == []
        await tell(*metamotion.start(mode, metamotion.Source.CORRECTED_ACC, metamotion.Source.CORRECTED_GYR))
        assert len(room.heard) == pytest.approx(200, abs=10)
        await tell(*metamotion.stop(mode))
        count = len(room.heard)
        await client.write_gatt_char(metamotion.COMMAND, b"\x19", response=False)
        await client.write_gatt_char(metamotion.COMMAND, b"\x19\x03", response=False)
        await asyncio.sleep(1.0)
        assert len(room.heard) == count
        assert bytes(await client.read_gatt_char(BATTERY_LEVEL)) == bytes([90])


@in_virtual_time
async def test_movesense_serves_resources_by_name() -> None:
    async with bench("movesense", "imu_distal") as room, room.client() as client:

        async def ask(command: movesense.Command) -> movesense.Response:
            room.heard.clear()
            await client.write_gatt_char(movesense.WRITE, movesense.encode_command(command), response=True)
            await asyncio.sleep(0.2)
            answers = [movesense.decode_notification(value) for value in room.values(movesense.NOTIFY)]
            (answer,) = [one for one in answers if isinstance(one, movesense.Response)]
            return answer

        def subscribe(resource: str) -> movesense.Command:
            return movesense.Command(opcode=movesense.Opcode.SUBSCRIBE, reference=5, resource=resource)

        await room.subscribe(client, movesense.NOTIFY)
        assert (await ask(movesense.Command(opcode=movesense.Opcode.HELLO))).content == b"virtual"
        for unknown in ("/Meas/Temp", "/Meas/IMU6/50", "/Meas/IMU6/x"):
            assert (await ask(subscribe(unknown))).status == 404
        assert (await ask(subscribe("/Meas/IMU6/52"))).status == 200
        room.heard.clear()
        await asyncio.sleep(5.0)
        data = [movesense.decode_notification(value) for value in room.values(movesense.NOTIFY)]
        assert {one.reference for one in data} == {5}
        contents = [movesense.decode_imu6(one.content) for one in data if isinstance(one, movesense.Data)]
        assert sum(len(one.acc_m_s2) for one in contents) == pytest.approx(260, abs=8)
        stamps = [one.timestamp_ms for one in contents]
        assert stamps == sorted(stamps)
        await client.write_gatt_char(movesense.WRITE, b"\x07\x07", response=True)
        stop = movesense.Command(opcode=movesense.Opcode.UNSUBSCRIBE, reference=5)
        assert (await ask(stop)).status == 200
        room.heard.clear()
        await asyncio.sleep(1.0)
        assert room.heard == []


@in_virtual_time
async def test_thingy_streams_raw_values_at_its_configured_rate() -> None:
    async with bench("thingy52", "imu_distal") as room, room.client() as client:
        value = bytes(await client.read_gatt_char(thingy52.CONFIGURATION))
        factory = thingy52.decode_configuration(value)
        assert factory.motion_rate_hz == 10
        for nonsense in (b"\x00", thingy52.encode_configuration(replace(factory, motion_rate_hz=500))):
            with pytest.raises(BleakError):
                await client.write_gatt_char(thingy52.CONFIGURATION, nonsense, response=True)
        wanted = thingy52.encode_configuration(replace(factory, motion_rate_hz=200))
        await client.write_gatt_char(thingy52.CONFIGURATION, wanted, response=True)
        await room.subscribe(client, thingy52.RAW)
        await asyncio.sleep(2.0)
        assert len(room.heard) == pytest.approx(400, abs=12)


async def _polar(room: Bench, client: object) -> None:
    await client.pair()  # type: ignore[attr-defined]
    await room.subscribe(client, polar_pmd.CONTROL_POINT)  # type: ignore[arg-type]
    await room.subscribe(client, polar_pmd.DATA)  # type: ignore[arg-type]


@in_virtual_time
async def test_polar_answers_on_its_control_point() -> None:
    acc, gyr = polar_pmd.Measurement.ACC, polar_pmd.Measurement.GYR
    async with bench("polar_pmd", "imu_distal") as room, room.client() as client:
        await _polar(room, client)

        async def ask(opcode: pmd.Opcode, measurement: polar_pmd.Measurement) -> pmd.Response:
            room.heard.clear()
            request = pmd.encode_request(pmd.Request(opcode=opcode, measurement=measurement))
            await client.write_gatt_char(polar_pmd.CONTROL_POINT, request, response=True)
            await asyncio.sleep(0.5)
            return pmd.decode_response(room.values(polar_pmd.CONTROL_POINT)[0])

        features = pmd.decode_features(bytes(await client.read_gatt_char(polar_pmd.CONTROL_POINT)))
        assert features.supports(acc)
        assert not features.supports(polar_pmd.Measurement.ECG)
        offered = pmd.decode_settings((await ask(pmd.Opcode.GET_SETTINGS, gyr)).parameters)
        ranges = next(one.values for one in offered if one.kind is pmd.SettingKind.RANGE)
        assert max(ranges) == 2000
        ecg = await ask(pmd.Opcode.START, polar_pmd.Measurement.ECG)
        assert ecg.error is pmd.ErrorCode.NOT_SUPPORTED
        assert (await ask(pmd.Opcode.STOP, acc)).error is pmd.ErrorCode.INVALID_STATE
        started = await ask(pmd.Opcode.START, gyr)
        (factor,) = pmd.decode_settings(started.parameters)
        assert factor.values[0] == pytest.approx(2000 / 32768, rel=1e-6)
        assert (await ask(pmd.Opcode.START, gyr)).error is pmd.ErrorCode.INVALID_STATE
        await asyncio.sleep(4.0)
        frames = [polar_pmd.decode_data(value) for value in room.values(polar_pmd.DATA)]
        assert {one.measurement for one in frames if isinstance(one, polar_pmd.PmdFrame)} == {gyr}
        assert (await ask(pmd.Opcode.START, acc)).error is pmd.ErrorCode.SUCCESS
        await asyncio.sleep(2.0)
        both = {polar_pmd.decode_data(value).measurement for value in room.values(polar_pmd.DATA)}  # type: ignore[union-attr]
        assert both == {acc, gyr}
        assert (await ask(pmd.Opcode.STOP, acc)).error is pmd.ErrorCode.SUCCESS
        assert (await ask(pmd.Opcode.STOP, gyr)).error is pmd.ErrorCode.SUCCESS
        room.heard.clear()
        await client.write_gatt_char(polar_pmd.CONTROL_POINT, b"\x63\x63", response=True)
        await asyncio.sleep(1.0)
        (refusal,) = room.values(polar_pmd.CONTROL_POINT)
        assert pmd.decode_response(refusal).error is pmd.ErrorCode.INVALID_OPCODE
        assert room.values(polar_pmd.DATA) == []


@in_virtual_time
async def test_polar_serves_bonded_hosts_only() -> None:
    async with bench("polar_pmd", "imu_distal") as room:
        room.peripheral.in_pairing_mode = False
        async with room.client() as client:
            with pytest.raises((BleakError, asyncio.TimeoutError)):
                async with asyncio.timeout(3.0):
                    await room.subscribe(client, polar_pmd.DATA)
