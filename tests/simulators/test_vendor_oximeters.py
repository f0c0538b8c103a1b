"""What the oximeters do besides giving values: start, stop, refuse, wedge."""

import asyncio

import numpy as np
import pytest

from protocols.ble import cms50d_bt, mightysat, nonin, pc60fw, viatom_o2, viatom_oxyii
from protocols.ble.berrymed import BCI_RATE_HZ, BciFrame, BerryMedFramer
from protocols.ble.berrymed import NOTIFY as BERRYMED_NOTIFY
from simulators.patient.vitals import Vital
from simulators.peripherals.viatom_oxyii import ViatomOxyII
from tests.simulators.bench import Bench, bench, device
from tests.support.virtual_time import in_virtual_time

OFF = '{ at_s = 3, do = "fault", fault = "sensor_off", device = "it", for_s = 5 },'


def framed(framer: object, room: Bench, uuid: str) -> list[object]:
    return [one for value in room.values(uuid) for one in framer.feed(value)]  # type: ignore[attr-defined]


def until(source: object, end_s: float, uuid: str) -> list[tuple[float, bytes]]:
    out = []
    for one in source.emissions(0.0):  # type: ignore[attr-defined]
        if one.at_s >= end_s:
            return out
        if one.characteristic == uuid:
            out.append((one.at_s, one.payload))
    raise AssertionError("a source that ends")


def test_nonin_says_what_is_wrong_in_its_status() -> None:
    cold = '{ at_s = 20, do = "fault", fault = "low_perfusion", device = "it", for_s = 3 },'
    it = device("nonin", "oximeter", OFF + cold, section="battery_percent = 15")
    said = {at_s: nonin.decode_continuous(value) for at_s, value in until(it.source, 25.0, nonin.CONTINUOUS)}
    status = nonin.OximetryStatus
    good = said[2.0].status
    assert status.SENSOR_ON_FINGER in good
    assert status.SMART_POINT in good
    assert status.LOW_BATTERY in good
    assert said[2.0].battery_v == pytest.approx(2.15, abs=0.06)
    assert said[5.0].spo2_percent is None
    assert status.SENSOR_ON_FINGER not in said[5.0].status
    assert status.SEARCHING in said[9.0].status
    assert status.WEAK_SIGNAL in said[21.0].status
    assert status.SMART_POINT not in said[21.0].status
    assert said[14.0].counter_s == 14


def test_nonin_sends_the_hearts_intervals_and_a_pleth_that_beats() -> None:
    it = device("nonin", "oximeter")
    intervals = [
        pulse.interval_0_1_ms / 1e4
        for _, value in until(it.source, 40.0, nonin.PULSE_INTERVALS)
        for pulse in nonin.decode_pulse_intervals(value).pulses
    ]
    assert np.mean(intervals) == pytest.approx(60.0 / 74.0, rel=0.05)
    pleth = [
        word for _, value in until(it.source, 40.0, nonin.PPG) for word in nonin.decode_ppg(value).samples
    ]
    spectrum = np.abs(np.fft.rfft(np.array(pleth) - np.mean(pleth)))
    hz = np.fft.rfftfreq(len(pleth), 1.0 / nonin.PPG_RATE_HZ)
    assert 60.0 * hz[np.argmax(spectrum)] == pytest.approx(74.0, abs=4.0)


def test_berrymed_beeps_with_the_heart_and_shows_no_values_without_a_finger() -> None:
    it = device("berrymed", "oximeter", OFF)
    framer = BerryMedFramer()
    frames = [
        one
        for _, value in until(it.source, 30.0, BERRYMED_NOTIFY)
        for one in framer.feed(value)
        if isinstance(one, BciFrame)
    ]
    assert len(frames) == 30 * BCI_RATE_HZ
    off = frames[4 * BCI_RATE_HZ]
    assert (off.no_finger, off.spo2_percent, off.pleth) == (True, None, None)
    beeps = sum(one.pulse_beep for one in frames[14 * BCI_RATE_HZ :])
    assert beeps == pytest.approx(16.0 * 74.0 / 60.0, abs=2)


@in_virtual_time
async def test_cms50d_streams_only_while_somebody_keeps_it_awake() -> None:
    async with bench("cms50d_bt", "oximeter") as room, room.client() as client:

        async def tell(command: cms50d_bt.Command) -> None:
            await client.write_gatt_char(cms50d_bt.WRITE, cms50d_bt.encode_command(command), response=False)

        await room.subscribe(client, cms50d_bt.NOTIFY)
        await tell(cms50d_bt.Command.KEEP_ALIVE)
        await asyncio.sleep(2.0)
        assert room.heard == []
        for command in cms50d_bt.START_SEQUENCE:
            await tell(command)
        await asyncio.sleep(5.0)
        await tell(cms50d_bt.Command.KEEP_ALIVE)
        await asyncio.sleep(5.0)
        assert framed(cms50d_bt.Cms50dFramer(), room, cms50d_bt.NOTIFY)
        last_s = room.heard[-1][0]
        await asyncio.sleep(20.0)
        assert room.heard[-1][0] - last_s < 3.0
        for command in (*cms50d_bt.START_SEQUENCE, cms50d_bt.Command.STOP):
            await tell(command)
        await client.write_gatt_char(cms50d_bt.WRITE, b"\x01\x02", response=False)
        count = len(room.heard)
        await asyncio.sleep(3.0)
        assert len(room.heard) - count <= 2


@in_virtual_time
async def test_mightysat_wants_to_be_asked_first_and_runs_frames_over_notifications() -> None:
    async with bench("mightysat", "oximeter") as room, room.client() as client:

        async def tell(command: mightysat.Command) -> None:
            await client.write_gatt_char(mightysat.WRITE, mightysat.encode_command(command), response=False)
            await asyncio.sleep(0.2)

        await room.subscribe(client, mightysat.NOTIFY)
        await tell(mightysat.ENABLE_EVERYTHING)
        await tell(mightysat.ClearTrends())
        await tell(mightysat.GetTrend(session=1))
        await asyncio.sleep(2.0)
        answers = framed(mightysat.MightySatFramer(), room, mightysat.NOTIFY)
        assert [(a.accepted, a.kind) for a in answers] == [  # type: ignore[attr-defined]
            (False, mightysat.Kind.STREAMS),
            (True, mightysat.Kind.CLEAR_TRENDS),
            (False, mightysat.Kind.TREND),
        ]
        await tell(mightysat.GetInfo())
        await tell(mightysat.ENABLE_EVERYTHING)
        room.heard.clear()
        await client.write_gatt_char(mightysat.WRITE, b"\x77\x01", response=False)
        await asyncio.sleep(10.0)
        assert {len(value) for value in room.values(mightysat.NOTIFY)} == {20}
        reports = framed(mightysat.MightySatFramer(), room, mightysat.NOTIFY)
        waves = [one for one in reports if isinstance(one, mightysat.Waves)]
        assert sum(len(one.samples) for one in waves) == pytest.approx(625, abs=30)
        assert sum(isinstance(one, mightysat.Parameters) for one in reports) >= 9


@in_virtual_time
async def test_pc60fw_switches_its_streams() -> None:
    async with bench("pc60fw", "oximeter") as room, room.client() as client:

        async def tell(command: pc60fw.Enable) -> list[type]:
            await client.write_gatt_char(pc60fw.WRITE, pc60fw.encode_frame(command), response=False)
            await asyncio.sleep(0.2)
            room.heard.clear()
            await asyncio.sleep(3.0)
            return [type(one) for one in framed(pc60fw.Pc60FwFramer(), room, pc60fw.NOTIFY)]

        await room.subscribe(client, pc60fw.NOTIFY)
        assert pc60fw.Wave in await tell(pc60fw.Enable(wave=True))
        assert pc60fw.Wave not in await tell(pc60fw.Enable(wave=True, on=False))
        assert pc60fw.Values not in await tell(pc60fw.Enable(on=False))
        await client.write_gatt_char(pc60fw.WRITE, b"garbage", response=False)
        assert pc60fw.Values in await tell(pc60fw.Enable())


@in_virtual_time
async def test_viatom_o2_answers_pieces_and_tells_calibrating_from_not_worn() -> None:
    async with bench("viatom_o2", "oximeter", OFF) as room, room.client() as client:

        async def ask(command: viatom_o2.Command) -> viatom_o2.Reply:
            room.heard.clear()
            frame = viatom_o2.encode_command(command)
            for at in range(0, len(frame), 3):
                await client.write_gatt_char(viatom_o2.WRITE, frame[at : at + 3], response=False)
            await asyncio.sleep(0.3)
            (reply,) = framed(viatom_o2.ViatomO2Framer(), room, viatom_o2.NOTIFY)
            assert isinstance(reply, viatom_o2.Reply)
            return reply

        await room.subscribe(client, viatom_o2.NOTIFY)
        info = viatom_o2.decode_info((await ask(viatom_o2.REQUEST_INFO)).content)
        assert info["Model"] == "1611"
        await room.until(4.0)
        off = viatom_o2.decode_realtime((await ask(viatom_o2.REQUEST_REALTIME)).content)
        assert (off.spo2_percent, off.finger_on) == (None, False)
        await room.until(9.0)
        settling = viatom_o2.decode_realtime((await ask(viatom_o2.REQUEST_REALTIME)).content)
        assert settling.calibrating
        await room.until(20.0)
        wave = viatom_o2.decode_waveform((await ask(viatom_o2.REQUEST_WAVEFORM)).content)
        assert len(wave.samples) == viatom_o2.WAVE_RATE_HZ
        await asyncio.sleep(0.7)
        wave = viatom_o2.decode_waveform((await ask(viatom_o2.REQUEST_WAVEFORM)).content)
        assert len(wave.samples) == pytest.approx(viatom_o2.WAVE_RATE_HZ, abs=8)
        assert (await ask(viatom_o2.configure(SetMotor="20"))).status == 0
        assert (await ask(viatom_o2.Command(opcode=viatom_o2.Opcode.FILE_OPEN))).status != 0
        room.heard.clear()
        await client.write_gatt_char(viatom_o2.WRITE, b"\x01\x02\x03\x04\x05\x06\x07\x08", response=False)
        await asyncio.sleep(2.0)
        assert room.heard == []


@in_virtual_time
async def test_oxyii_opens_with_its_key_and_wedges_on_files_over_a_small_link() -> None:
    async with bench("viatom_oxyii", "oximeter") as room, room.client() as client:
        ring = room.peripheral
        assert isinstance(ring, ViatomOxyII)

        async def ask(command: viatom_oxyii.Command) -> list[viatom_oxyii.Reply]:
            room.heard.clear()
            await client.write_gatt_char(
                viatom_oxyii.WRITE, viatom_oxyii.encode_command(command), response=False
            )
            await asyncio.sleep(0.3)
            replies = framed(viatom_oxyii.ViatomOxyIIFramer(), room, viatom_oxyii.NOTIFY)
            return [one for one in replies if isinstance(one, viatom_oxyii.Reply)]

        live = viatom_oxyii.Command(opcode=viatom_oxyii.Opcode.LIVE, sequence=3)
        await room.subscribe(client, viatom_oxyii.NOTIFY)
        assert await ask(live) == []
        assert await ask(viatom_oxyii.authenticate(1_700_000_000)) == []
        (reply,) = await ask(live)
        assert reply.sequence == 3
        values = viatom_oxyii.decode_live(reply.content)
        truth = room.body.patient.value(Vital.SPO2_PERCENT, 0.0)
        assert values.spo2_percent == pytest.approx(truth, abs=3)
        assert len(values.ppg) == 100
        (info,) = await ask(viatom_oxyii.Command(opcode=viatom_oxyii.Opcode.DEVICE_INFO))
        assert viatom_oxyii.decode_info(info.content).serial_number.startswith("25")
        (files,) = await ask(viatom_oxyii.Command(opcode=viatom_oxyii.Opcode.FILE_LIST))
        assert viatom_oxyii.decode_file_list(files.content) == ()
        # A host that has not asked for a large link.
        for connection in ring.connections:
            connection.att_mtu = 247
        assert await ask(viatom_oxyii.Command(opcode=viatom_oxyii.Opcode.FILE_LIST)) == []
        assert ring.wedged
        assert await ask(live) == []
