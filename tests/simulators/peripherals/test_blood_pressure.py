import asyncio
import math

import pytest
from bleak.exc import BleakError

from protocols.ble.blood_pressure import (
    INTERMEDIATE_CUFF_PRESSURE,
    MEASUREMENT,
    BloodPressureStatus,
    decode_intermediate_cuff_pressure,
    decode_measurement,
)
from protocols.ble.codec.assigned_numbers import BATTERY_LEVEL, DATE_TIME
from protocols.ble.date_time import DateTime, decode_date_time, encode_date_time
from simulators.peripherals.blood_pressure import BloodPressureCuff
from tests.simulators.bench import Bench, bench
from tests.support.virtual_time import in_virtual_time

MEASURE = '{ at_s = 5, do = "measure", device = "it" },'
TWICE = MEASURE + '{ at_s = 150, do = "measure", device = "it" },'


def cuff_of(room: Bench) -> BloodPressureCuff:
    assert isinstance(room.peripheral, BloodPressureCuff)
    return room.peripheral


@in_virtual_time
async def test_it_is_silent_until_it_has_a_reading() -> None:
    async with bench("blood_pressure", "cuff", MEASURE) as room:
        (cycle,) = room.device.cycles
        async with room.client():
            assert room.now_s() > cycle.end_s
            assert room.now_s() < cycle.end_s + 3.0


@in_virtual_time
async def test_it_delivers_its_record_once_and_hangs_up() -> None:
    async with bench("blood_pressure", "cuff", MEASURE) as room:
        (cycle,) = room.device.cycles
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(4.0)
            assert not client.is_connected
        (value,) = room.values(MEASUREMENT)
        record = decode_measurement(value)
        assert (record.systolic, record.diastolic) == (cycle.systolic_mmhg, cycle.diastolic_mmhg)
        assert record.mean_arterial_pressure == cycle.mean_arterial_pressure_mmhg
        taken_at = record.timestamp and record.timestamp.to_datetime()
        assert taken_at is not None
        begins_at = room.body.scenario.begins_at
        assert abs((taken_at - begins_at).total_seconds() - cycle.end_s) < 2.0
        cuff = cuff_of(room)
        assert (cuff.delivered, cuff.stored) == (1, [])
        with pytest.raises(AssertionError, match="does not advertise"):
            async with room.client(timeout_s=60.0):
                pass


@in_virtual_time
async def test_a_record_that_nobody_fetches_comes_with_the_next_one_oldest_first() -> None:
    async with bench("blood_pressure", "cuff", TWICE) as room:
        await room.until(140.0)
        assert len(cuff_of(room).stored) == 1
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(4.0)
        records = [decode_measurement(value) for value in room.values(MEASUREMENT)]
        assert [one.systolic for one in records] == [one.systolic_mmhg for one in room.device.cycles]


@in_virtual_time
async def test_a_record_whose_link_is_lost_before_the_confirmation_is_kept() -> None:
    async with bench("blood_pressure", "cuff", TWICE) as room:
        async with room.client() as client:
            # The client never asks: it is gone before the cuff's patience ends.
            await asyncio.sleep(1.0)
            room.air.drop_link(room.device.address)
            await asyncio.sleep(0.5)
            assert not client.is_connected
        assert len(cuff_of(room).stored) == 1
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(4.0)
        assert len(room.values(MEASUREMENT)) == 1


@in_virtual_time
async def test_a_visitor_who_does_not_ask_is_shown_out() -> None:
    async with bench("blood_pressure", "cuff", MEASURE) as room, room.client() as client:
        await asyncio.sleep(cuff_of(room).patience_s + 1.0)
        assert not client.is_connected
        assert len(cuff_of(room).stored) == 1


@in_virtual_time
async def test_an_error_is_a_record_without_numbers() -> None:
    fault = '{ at_s = 1, do = "fault", fault = "measurement_error", device = "it", for_s = 20 },'
    async with bench("blood_pressure", "cuff", MEASURE + fault) as room:
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(3.0)
        (value,) = room.values(MEASUREMENT)
        record = decode_measurement(value)
        assert math.isnan(record.systolic)
        assert math.isnan(record.diastolic)
        assert math.isnan(record.mean_arterial_pressure)
        assert record.pulse_rate_per_min is not None
        assert math.isnan(record.pulse_rate_per_min)


@in_virtual_time
async def test_movement_during_the_cycle_is_in_its_status() -> None:
    work = '{ at_s = 10, do = "set", exercise = "knee_extension", repetitions = 12 },'
    async with bench("blood_pressure", "cuff", MEASURE + work) as room:
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(3.0)
        status = decode_measurement(room.values(MEASUREMENT)[0]).status
        assert status is not None
        assert BloodPressureStatus.BODY_MOVEMENT in status


@in_virtual_time
async def test_its_clock_can_be_set_and_refuses_nonsense() -> None:
    section = "clock_offset_s = -86400\nbattery_percent = 63"
    async with bench("blood_pressure", "cuff", MEASURE, section=section) as room:
        async with room.client() as client:
            said = decode_date_time(bytes(await client.read_gatt_char(DATE_TIME))).to_datetime()
            assert said is not None
            assert (room.body.scenario.begins_at - said).total_seconds() == pytest.approx(86400 - 45, abs=30)
            right = DateTime(2026, 11, 20, 9, 1, 0)
            await client.write_gatt_char(DATE_TIME, encode_date_time(right), response=True)
            assert bytes(await client.read_gatt_char(DATE_TIME))[:5] == encode_date_time(right)[:5]
            for nonsense in (b"\1\2\3", encode_date_time(DateTime(0, 0, 0, 0, 0, 0))):
                with pytest.raises(BleakError):
                    await client.write_gatt_char(DATE_TIME, nonsense, response=True)
            assert bytes(await client.read_gatt_char(BATTERY_LEVEL)) == bytes([63])
        assert cuff_of(room).clock_set


@in_virtual_time
async def test_a_cuff_that_is_connected_reports_its_pressure_while_it_measures() -> None:
    async with bench("blood_pressure", "cuff", MEASURE, section="tells_pressure = true") as room:
        (cycle,) = room.device.cycles
        async with room.client() as client:
            assert room.now_s() < cycle.start_s + 3.0
            await room.subscribe(client, INTERMEDIATE_CUFF_PRESSURE)
            await room.subscribe(client, MEASUREMENT)
            await room.until(cycle.end_s + 2.0)
        pressures = [
            decode_intermediate_cuff_pressure(value).cuff_pressure_mmhg
            for value in room.values(INTERMEDIATE_CUFF_PRESSURE)
        ]
        assert len(pressures) > 50
        assert max(pressures) == pytest.approx(cycle.top_mmhg, abs=8.0)
        peak = pressures.index(max(pressures))
        assert pressures[:peak] == sorted(pressures[:peak])
        assert pressures[peak:] == sorted(pressures[peak:], reverse=True)
        assert len(room.values(MEASUREMENT)) == 1


@in_virtual_time
async def test_switched_off_and_on_it_does_not_measure_again_what_is_past() -> None:
    async with bench("blood_pressure", "cuff", TWICE) as room:
        await room.until(100.0)
        await room.air.remove(room.device.address)
        await room.until(120.0)
        cuff = cuff_of(room)
        cuff.stored.clear()
        await room.air.add(cuff)
        await room.until(130.0)
        assert cuff.stored == []
        await room.until(210.0)
        assert len(cuff.stored) == 1
