"""What the cuffs do besides giving a reading: bond, count, show errors, refuse."""

import asyncio

import pytest
from bleak.exc import BleakError

from protocols.ble import and_medical, microlife, omron_advertisement, viatom_bp2, yonker
from protocols.ble.blood_pressure import MEASUREMENT, decode_measurement
from protocols.ble.codec.assigned_numbers import COMPANY_OMRON, CURRENT_TIME
from protocols.ble.current_time import CurrentTime, decode_current_time, encode_current_time
from protocols.ble.date_time import DateTime
from simulators.peripherals.and_medical import AndMedicalCuff
from simulators.peripherals.beurer import BeurerCuff
from simulators.peripherals.blood_pressure import BloodPressureCuff
from simulators.peripherals.microlife import MicrolifeCuff
from simulators.peripherals.omron import OmronCuff
from simulators.peripherals.viatom_bp2 import ViatomBp2Cuff
from tests.simulators.bench import bench, device
from tests.support.virtual_time import in_virtual_time

MEASURE = '{ at_s = 5, do = "measure", device = "it" },'
TWICE = MEASURE + '{ at_s = 150, do = "measure", device = "it" },'
NOON = DateTime(2026, 11, 20, 12, 0, 0)


@pytest.mark.parametrize("family", ["and_medical", "omron"])
@in_virtual_time
async def test_a_cuff_that_bonds_serves_nobody_else(family: str) -> None:
    async with bench(family, "cuff", MEASURE) as room:
        cuff = room.peripheral
        assert isinstance(cuff, BloodPressureCuff)
        cuff.in_pairing_mode = False
        async with room.client() as client:
            with pytest.raises((BleakError, asyncio.TimeoutError)):
                async with asyncio.timeout(3.0):
                    await room.subscribe(client, MEASUREMENT)
        assert room.values(MEASUREMENT) == []
        assert len(cuff.stored) == 1


@in_virtual_time
async def test_and_medical_shows_e10_to_a_host_that_only_looks() -> None:
    async with bench("and_medical", "cuff", MEASURE) as room:
        cuff = room.peripheral
        assert isinstance(cuff, AndMedicalCuff)
        async with room.client():
            await asyncio.sleep(6.0)
        assert cuff.shows == "E10"
        async with room.client(pair=True) as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(3.0)
        assert cuff.shows == ""
        assert len(room.values(MEASUREMENT)) == 1


@in_virtual_time
async def test_and_medicals_control_characteristic() -> None:
    async with bench("and_medical", "cuff", MEASURE) as room:
        cuff = room.peripheral
        assert isinstance(cuff, AndMedicalCuff)
        async with room.client() as client:

            async def tell(frame: and_medical.ControlFrame) -> None:
                await client.write_gatt_char(
                    and_medical.CONTROL, and_medical.encode_control(frame), response=True
                )

            await room.subscribe(client, and_medical.CONTROL)
            answer = bytes(await client.read_gatt_char(and_medical.CONTROL))
            assert and_medical.decode_control(answer).value == b"\x01"
            await tell(and_medical.ENABLE_BUFFER)
            await tell(and_medical.set_time(NOON))
            assert cuff.now().hour == 12
            await tell(and_medical.READ_BUFFER_SIZE)
            await client.write_gatt_char(and_medical.CONTROL, b"\xff", response=True)
            await tell(and_medical.DELETE_MEMORY)
            assert cuff.stored == []
            await asyncio.sleep(0.2)
            (reply,) = room.values(and_medical.CONTROL)
            assert and_medical.decode_control(reply).subject is and_medical.Subject.BUFFER_ENABLE
            await tell(and_medical.DISCONNECT)
            await asyncio.sleep(1.0)
            assert not client.is_connected


@in_virtual_time
async def test_omron_can_be_set_until_records_are_asked_for() -> None:
    async with bench("omron", "cuff", TWICE) as room:
        cuff = room.peripheral
        assert isinstance(cuff, OmronCuff)

        def advertised() -> omron_advertisement.ManufacturerData:
            data = cuff.advertisement.manufacturer_data[COMPANY_OMRON]
            return omron_advertisement.decode_manufacturer_data(data)

        status = omron_advertisement.Status
        assert status.TIME_NOT_SET in advertised().status
        assert status.PAIRING_MODE in advertised().status
        noon = encode_current_time(CurrentTime(date_time=NOON))
        async with room.client(pair=True) as client:
            await room.subscribe(client, CURRENT_TIME)
            await asyncio.sleep(0.5)
            (said,) = room.values(CURRENT_TIME)
            assert decode_current_time(said).date_time.year == 2026
            with pytest.raises(BleakError):
                await client.write_gatt_char(CURRENT_TIME, b"\0\0", response=True)
            await client.write_gatt_char(CURRENT_TIME, noon, response=True)
            await room.subscribe(client, MEASUREMENT)
            with pytest.raises(BleakError, match="80"):
                await client.write_gatt_char(CURRENT_TIME, noon, response=True)
            await asyncio.sleep(3.0)
        assert cuff.clock_set
        assert advertised().status == status(0)
        assert advertised().counters[0].sequence == 1
        assert advertised().counters[0].records == 0
        await room.until(205.0)
        assert advertised().counters[0].records == 1
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(3.0)
        values = room.values(MEASUREMENT)
        # Each once, bonded as before.
        assert [decode_measurement(one).systolic for one in values] == [
            cycle.systolic_mmhg for cycle in room.device.cycles
        ]


@in_virtual_time
async def test_beurer_tells_everything_at_every_visit_and_waits_for_the_host_to_go() -> None:
    async with bench("beurer", "cuff", TWICE) as room:
        cuff = room.peripheral
        assert isinstance(cuff, BeurerCuff)
        async with room.client(pair=True) as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(6.0)
            assert client.is_connected
        first = room.values(MEASUREMENT)
        assert len(first) == 1
        assert decode_measurement(first[0]).mean_arterial_pressure == 0.0
        room.heard.clear()
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await asyncio.sleep(6.0)
        assert room.values(MEASUREMENT)[:1] == first
        assert len(room.values(MEASUREMENT)) == 2


@in_virtual_time
async def test_beurer_wants_its_six_digits() -> None:
    async with bench("beurer", "cuff", MEASURE) as room:
        room.peripheral.passkey = 123456
        async with room.client() as client:
            with pytest.raises((BleakError, asyncio.TimeoutError)):
                async with asyncio.timeout(3.0):
                    await room.subscribe(client, MEASUREMENT)
        assert room.values(MEASUREMENT) == []


@in_virtual_time
async def test_qardioarm_reports_while_it_inflates() -> None:
    async with bench("qardioarm", "cuff", MEASURE) as room:
        (cycle,) = room.device.cycles
        async with room.client() as client:
            await room.subscribe(client, MEASUREMENT)
            await room.until(cycle.end_s + 2.0)
        reports = [decode_measurement(one) for one in room.values(MEASUREMENT)]
        partial = [one for one in reports if one.diastolic == 0.0]
        assert len(partial) > 30
        assert max(one.systolic for one in partial) == pytest.approx(cycle.top_mmhg, abs=10.0)
        assert reports[-1].diastolic == cycle.diastolic_mmhg
        assert len(reports) == len(partial) + 1
        said = [one.at_s for one in room.device.source.emissions(0.0)]
        assert len(said) == pytest.approx(2.0 * (cycle.end_s - cycle.start_s), abs=2)
        assert len(list(room.device.source.emissions(cycle.end_s))) == 1


@in_virtual_time
async def test_microlife_answers_questions_and_sleeps_after_a_goodbye() -> None:
    async with bench("microlife", "cuff", TWICE) as room:
        cuff = room.peripheral
        assert isinstance(cuff, MicrolifeCuff)

        async with room.client() as client:

            async def ask(frame: microlife.Frame) -> microlife.Frame:
                room.heard.clear()
                data = microlife.encode_frame(frame)
                for at in range(0, len(data), 5):
                    await client.write_gatt_char(microlife.WRITE, data[at : at + 5], response=True)
                await asyncio.sleep(0.5)
                framer = microlife.MicrolifeFramer()
                replies = [one for value in room.values(microlife.NOTIFY) for one in framer.feed(value)]
                (reply,) = replies
                assert isinstance(reply, microlife.Frame)
                return reply

            await room.subscribe(client, microlife.NOTIFY)
            assert (await ask(microlife.set_time(NOON))).command is microlife.Command.ACKNOWLEDGED
            assert cuff.set_to == NOON
            assert (await ask(microlife.READ_INFO)).command is microlife.Command.REFUSED
            records = microlife.decode_records((await ask(microlife.GET_RECORDS)).content)
            assert [one.systolic_mmhg for one in records.readings] == [room.device.cycles[0].systolic_mmhg]
            assert records.readings[0].cuff_fit_ok
            await client.write_gatt_char(microlife.WRITE, b"\x4d\xff\x00\x01\x04\x00", response=True)
            await client.write_gatt_char(
                microlife.WRITE, microlife.encode_frame(microlife.DISCONNECT), response=True
            )
            await asyncio.sleep(1.0)
            assert not client.is_connected
        # Nobody comes for the second: it goes back to sleep.
        await room.until(300.0)
        with pytest.raises(AssertionError, match="does not advertise"):
            async with room.client(timeout_s=20.0):
                pass


@in_virtual_time
async def test_yonker_tells_its_result_with_a_wrong_clock_and_not_an_error() -> None:
    fault = '{ at_s = 1, do = "fault", fault = "measurement_error", device = "it", for_s = 20 },'
    async with bench("yonker", "cuff", TWICE + fault) as room:
        async with room.client() as client:
            assert room.now_s() > room.device.cycles[1].end_s
            await room.subscribe(client, yonker.NOTIFY)
            await asyncio.sleep(1.0)
        (value,) = room.values(yonker.NOTIFY)
        result = yonker.decode_notification(value)
        assert isinstance(result, yonker.Result)
        assert result.systolic_mmhg == room.device.cycles[1].systolic_mmhg
        assert result.timestamp.year == 2025


@in_virtual_time
async def test_nobody_comes_for_yonkers_result() -> None:
    async with bench("yonker", "cuff", MEASURE) as room:
        await room.until(150.0)
        with pytest.raises(AssertionError, match="does not advertise"):
            async with room.client(timeout_s=20.0):
                pass


@in_virtual_time
async def test_bp2_shows_its_state_and_counts_unsafe_questions() -> None:
    async with bench("viatom_bp2", "cuff", MEASURE) as room:
        cuff = room.peripheral
        assert isinstance(cuff, ViatomBp2Cuff)
        (cycle,) = room.device.cycles
        assert cuff.state is viatom_bp2.State.IDLE
        async with room.client() as client:

            async def ask(command: viatom_bp2.Command) -> viatom_bp2.Reply:
                room.heard.clear()
                await client.write_gatt_char(
                    viatom_bp2.WRITE, viatom_bp2.encode_command(command), response=False
                )
                await asyncio.sleep(0.3)
                framer = viatom_bp2.ViatomBp2Framer()
                (reply,) = [one for value in room.values(viatom_bp2.NOTIFY) for one in framer.feed(value)]
                assert isinstance(reply, viatom_bp2.Reply)
                return reply

            async def registers() -> int:
                reply = await ask(viatom_bp2.Command(opcode=viatom_bp2.Opcode.REGISTERS))
                return viatom_bp2.decode_registers(reply.content).state

            await room.subscribe(client, viatom_bp2.NOTIFY)
            assert await registers() == viatom_bp2.State.MEASURING
            reply = await ask(viatom_bp2.Command(opcode=viatom_bp2.Opcode.REALTIME))
            measuring = viatom_bp2.decode_realtime(reply.content)
            assert isinstance(measuring, viatom_bp2.Measuring)
            assert measuring.cuff_pressure_mmhg > 5
            await ask(viatom_bp2.set_time(NOON))
            assert cuff.set_to == NOON.to_datetime()
            battery = await ask(viatom_bp2.Command(opcode=viatom_bp2.Opcode.BATTERY))
            assert 3.4 < viatom_bp2.decode_battery(battery.content).battery_v < 4.2
            info = await ask(viatom_bp2.Command(opcode=viatom_bp2.Opcode.DEVICE_INFO))
            assert viatom_bp2.decode_info(info.content).serial_number == ""
            assert (await ask(viatom_bp2.Command(opcode=viatom_bp2.Opcode.FILE_LIST))).content == b""
            await room.until(cycle.end_s + 1.0)
            assert await registers() == viatom_bp2.State.RESULT
            await room.until(cycle.end_s + 40.0)
            assert await registers() == viatom_bp2.State.IDLE
            assert not cuff.inflated
            # The "echo" of its relatives.
            await client.write_gatt_char(
                viatom_bp2.WRITE, bytes.fromhex("a50af500000000") + b"\0", response=False
            )
            await asyncio.sleep(0.3)
            assert cuff.inflated
            await room.until(cycle.end_s + 62.0)
            assert not client.is_connected


@pytest.mark.parametrize("family", ["microlife", "yonker", "viatom_bp2"])
def test_without_a_radio_each_cycle_is_told_once(family: str) -> None:
    it = device(family, "cuff", TWICE)
    assert len(list(it.source.emissions(0.0))) == 2
    assert len(list(it.source.emissions(100.0))) == 1


@pytest.mark.parametrize("family", ["microlife", "yonker", "viatom_bp2"])
@in_virtual_time
async def test_switched_off_and_on_again_they_forget_what_is_past(family: str) -> None:
    async with bench(family, "cuff", TWICE) as room:
        await room.until(140.0)
        peripheral = room.peripheral
        await room.air.remove(room.device.address)
        await room.air.add(peripheral)
        async with room.client():
            assert room.now_s() > 150.0
