"""What `kinewatch check` says of the station around its devices."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devices.adapter.radio import Radio
from devices.errors import RadioProblem, RadioUnavailableError
from monitor.app import STORE_NAME
from monitor.cli.check import station as module
from monitor.cli.check.finding import Finding
from monitor.cli.check.station import check_station, session_runs
from monitor.config import Station
from monitor.errors import RunFailedError
from monitor.store.store import Store

pytestmark = pytest.mark.broker


def station(folder: Path) -> Station:
    return Station.model_validate(
        {
            "station": {"clinic": "north", "station": "gym", "sessions_folder": str(folder)},
            "devices": [{"device": "strap", "family": "heart_rate", "role": "heart_rate_strap"}],
        }
    )


async def found(
    one: Station, radio: module.RadioOf, on_finding: Callable[[Finding], None] = lambda _: None
) -> dict[str, Finding]:
    findings = await check_station(
        one, listen_s=0.1, try_s=0.1, on_finding=on_finding, progress=lambda _: None, radio=radio
    )
    return {finding.subject: finding for finding in findings}


@asynccontextmanager
async def no_radio(_: Station) -> AsyncIterator[Radio]:
    raise RunFailedError("no radio") from RadioUnavailableError(RadioProblem.POWERED_OFF)
    yield Radio()


@asynccontextmanager
async def forbidden(_: Station) -> AsyncIterator[Radio]:
    pytest.fail("nobody touches the radio")
    yield Radio()


async def test_without_a_radio_the_rest_is_said_all_the_same(tmp_path: Path) -> None:
    shown: list[str] = []
    findings = await found(station(tmp_path), no_radio, lambda one: shown.append(one.subject))
    assert shown == list(findings) == ["disk", "clock", "broker", "test alert", "adapter"]
    assert findings["adapter"].found == "the Bluetooth adapter is switched off"
    assert findings["adapter"].advice == "switch it on (bluetoothctl power on)"
    assert findings["test alert"].is_ok


async def test_a_running_session_keeps_its_sensors(tmp_path: Path) -> None:
    with Store(tmp_path / STORE_NAME):
        findings = await found(station(tmp_path), forbidden)
    assert not findings["devices"].is_ok
    assert "a session is running on this station" in findings["devices"].found
    assert "end it first" in findings["devices"].advice


def test_looking_for_a_session_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    assert not session_runs(folder)
    assert not folder.exists()
    with Store(folder / STORE_NAME):
        assert session_runs(folder)
    assert not session_runs(folder)
