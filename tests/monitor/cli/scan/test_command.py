"""`kinewatch scan` on virtual hardware, and as a person calls it."""

import asyncio
import json
import tomllib

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason

from devices.adapter.advertisement import Advertisement
from devices.adapter.radio import Radio
from devices.adapter.scanner import ScanResult
from devices.errors import RadioUnavailableError
from monitor.cli.main import main
from monitor.cli.scan import command as scan
from monitor.cli.scan.command import listened
from monitor.cli.scan.rows import ScanRow, station_toml
from monitor.config import Station
from protocols.ble import omron_advertisement
from simulators.radio.fault_hooks import HookPoint
from tests.monitor.cli.check.test_devices import CUFF, IMUS, OXIMETER, STRAP, Gym, gym
from tests.support.virtual_time import in_virtual_time


async def rows_of(here: Gym, *, try_s: float | None = None) -> dict[str, ScanRow]:
    radio = Radio(here.air.client_backend, here.air.scanner_backend)
    rows = await listened(radio, seconds=5.0, try_s=try_s, progress=here.told.append)
    return {row.found.advertisement.address: row for row in rows}


def heard(family: str | None = "pulse_oximeter", **changes: object) -> ScanResult:
    facts: dict[str, object] = {
        "address": "C0:00:00:00:00:01",
        "received_ns": 0,
        "rssi_dbm": -60,
        "name": "Ox 1",
    }
    return ScanResult(advertisement=Advertisement(**(facts | changes)), family=family)  # type: ignore[arg-type]


@in_virtual_time
async def test_each_sensor_is_named_with_its_driver_and_strength_and_is_not_connected_to() -> None:
    async with gym(OXIMETER, STRAP, *IMUS) as here:
        rows = await rows_of(here)
        assert {address: row.found.family for address, row in rows.items()} == {
            one.address: one.family for one in here.world.devices
        }
        assert all("dBm" in row.line and row.tried is None for row in rows.values())
        assert here.told[0] == "listening for 5 s"
        # Each is said as soon as it is heard, and once.
        assert sorted(line.split()[0] for line in here.told[1:]) == sorted(rows)


@in_virtual_time
async def test_tried_sensors_show_battery_and_a_reading_and_cuffs_are_left_alone() -> None:
    measure = {"at_s": 0.0, "do": "measure", "device": "cuff"}
    async with gym({**OXIMETER, "battery_percent": 7}, IMUS[0], IMUS[1], CUFF, timeline=[measure]) as here:
        await asyncio.sleep(60.0)
        rows = await rows_of(here, try_s=20.0)
        oximeter = rows[here.address("oximeter")]
        assert "battery 7 %, SpO2" in oximeter.line
        assert "charge it" in oximeter.advice
        assert "motion at 100 Hz" in rows[here.address("thigh")].line
        assert rows[here.address("cuff")].tried is None
        facts = oximeter.facts
        assert (facts["battery_percent"], facts["family"]) == (7.0, "pulse_oximeter")
        assert json.loads(json.dumps(facts)) == facts


@in_virtual_time
async def test_without_an_adapter_it_says_so() -> None:
    async with gym(OXIMETER) as here:
        reason = BleakBluetoothNotAvailableReason.POWERED_OFF
        here.fail(HookPoint.SCAN, lambda: BleakBluetoothNotAvailableError("no", reason))
        with pytest.raises(RadioUnavailableError, match="switch it on"):
            await rows_of(here)


@pytest.mark.parametrize(
    ("found", "advice"),
    [
        (heard(), ""),
        (heard(rssi_dbm=-93), "too weak: bring it nearer"),
        (heard(None), "no driver would take it"),
        (heard("omron"), "pair it first: hold the Bluetooth button for 3 to 5 s until a P blinks"),
    ],
)
def test_advice_without_a_connection(found: ScanResult, advice: str) -> None:
    assert ScanRow(found=found).advice == advice


def test_what_a_cuff_says_of_its_readings_is_shown() -> None:
    data = omron_advertisement.ManufacturerData(
        format=1,
        users=1,
        status=omron_advertisement.Status.PAIRING_MODE | omron_advertisement.Status.TIME_NOT_SET,
        content=bytes.fromhex("b80003"),
    )
    payload = omron_advertisement.encode_manufacturer_data(data)
    found = heard("omron", manufacturer_data={omron_advertisement.COMPANY: payload})
    line = ScanRow(found=found).line
    assert "user 1 has 3 readings waiting, in pairing mode, its clock is not set" in line
    one = omron_advertisement.ManufacturerData(
        format=1, users=1, status=omron_advertisement.Status(0), content=bytes.fromhex("b80001")
    )
    payload = omron_advertisement.encode_manufacturer_data(one)
    found = heard("omron", manufacturer_data={omron_advertisement.COMPANY: payload})
    assert "user 1 has 1 reading waiting" in ScanRow(found=found).line
    damaged = heard("omron", manufacturer_data={omron_advertisement.COMPANY: b"\x77"})
    assert "waiting" not in ScanRow(found=damaged).line


def test_the_lines_for_station_toml_are_a_station() -> None:
    addresses = [f"C0:00:00:00:00:0{n}" for n in range(1, 7)]
    names = ["Ox 1", "Ox 1", "WT901", "WT902", "", "Phone"]
    families = ["pulse_oximeter", "pulse_oximeter", "witmotion", "witmotion", "blood_pressure", None]
    found = [
        heard(family, address=address, name=name)
        for address, name, family in zip(addresses, names, families, strict=True)
    ]
    text = station_toml(found)
    station = Station.model_validate(
        {"station": {"clinic": "north", "station": "gym"}, **tomllib.loads(text)}
    )
    assert [one.device for one in station.devices] == ["ox-1", "ox-1-2", "wt901", "wt902", "blood-pressure"]
    assert [one.role for one in station.devices] == [
        *("oximeter", "oximeter", "imu_proximal", "imu_distal", "cuff")
    ]
    assert [one.address for one in station.devices] == addresses[:5]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "C0:00:00:00:00:01   -60 dBm  pulse_oximeter     Ox 1\n"),
        (["--toml"], 'family = "pulse_oximeter"'),
        (["--json"], '"rssi_dbm": -60'),
        (["--all"], "no driver would take it"),
    ],
)
def test_results_go_to_stdout_and_progress_to_stderr(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def rows(*_: object, **__: object) -> list[ScanRow]:
        return [ScanRow(found=heard()), ScanRow(found=heard(None, address="C0:00:00:00:00:02", name=""))]

    monkeypatch.setattr(scan, "listened", rows)
    assert main(["scan", *words]) == 0
    printed = capsys.readouterr()
    assert said in printed.out
    assert ("00:02" in printed.out) is ("--all" in words)
    assert printed.err == ""


def test_nothing_heard_is_no_failure_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def rows(*_: object, **__: object) -> list[ScanRow]:
        return [ScanRow(found=heard(None))]

    monkeypatch.setattr(scan, "listened", rows)
    assert main(["scan", "--seconds", "3"]) == 0
    assert "no supported sensor heard in 3 s (1 other devices): switch one on" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["scan", "--help"], ["check", "--help"]])
def test_help_has_an_example_and_the_exit_codes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert f"example: kinewatch {words[0]}" in printed
    assert "exit codes: 0" in printed


@pytest.mark.parametrize("words", [["--seconds", "0"], ["--seconds", "never"], ["--bogus"]])
def test_wrong_use_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["scan", *words])
    assert left.value.code == 2
