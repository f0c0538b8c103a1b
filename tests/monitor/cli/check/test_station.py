"""What `kinewatch check` says of the station around its devices."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devices.adapter.radio import Radio
from devices.errors import RadioProblem, RadioUnavailableError
from monitor.app import STORE_NAME
from monitor.cli.broker_access import BrokerAccess
from monitor.cli.check import station as module
from monitor.cli.check.finding import Finding
from monitor.cli.check.station import check_station
from monitor.config import Station
from monitor.delivery.receiver.client import TherapistFeed
from monitor.errors import RunFailedError
from monitor.store.store import Store
from tests.support.mqtt_broker import mqtt_broker
from tests.support.stations import login, running

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


async def test_a_running_session_keeps_its_broker_its_name_and_its_sensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "broker_of", lambda _: pytest.fail("nobody touches the broker"))
    with Store(tmp_path / STORE_NAME):
        findings = await found(station(tmp_path), forbidden)
    assert list(findings) == ["disk", "clock", "session"]
    assert not findings["session"].is_ok
    assert "a session is running on this station" in findings["session"].found
    assert "end it first" in findings["session"].advice


async def test_an_unusable_folder_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    findings = await found(station(tmp_path / "file" / "sessions"), forbidden)
    assert not findings["disk"].is_ok
    assert not findings["store"].is_ok


async def test_a_check_leaves_nothing_at_the_broker(tmp_path: Path) -> None:
    """Neither a retained alert, nor a word of the station's, nor a session that would queue for ever."""
    async with mqtt_broker() as broker:
        access = BrokerAccess(broker=login(broker))

        async def confirm() -> None:
            feed = TherapistFeed(
                broker=login(broker), clinic="north", actor="therapist-1", on_event=lambda _: None
            )
            await feed.run()

        people = {"people": [{"name": "therapist-1", "role": "therapist"}]}
        one = Station.model_validate(station(tmp_path).model_dump(mode="json") | people)
        async with running(confirm()):
            assert (await module.delivery(one, access)).is_ok
        assert broker.retained == {}
        assert not any(topic.endswith(("/status", "/session")) for topic in broker.topics())
        assert all(client.is_clean for client in broker.seen)
