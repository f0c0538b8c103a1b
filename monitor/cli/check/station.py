"""Is the station ready: disk, clock, broker, delivery; then adapter and devices."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from devices.adapter.radio import Radio
from devices.errors import DeviceError
from monitor.alerts.transition import AlertKind, AlertState, Priority, Transition
from monitor.app import STORE_NAME
from monitor.cli.broker_access import BrokerAccess, broker_of
from monitor.cli.check.device_finding import adapter_problem
from monitor.cli.check.devices import adapter_and_devices
from monitor.cli.check.finding import Finding
from monitor.cli.radio_access import radio_of
from monitor.clock import anchor_now, now_ns
from monitor.config import Station
from monitor.delivery import mqtt
from monitor.delivery.broker.login_file import read_login
from monitor.delivery.errors import DeliveryError
from monitor.delivery.publish.publisher import Publisher
from monitor.delivery.receiver.client import TherapistFeed
from monitor.errors import MonitorError, RunFailedError
from monitor.store.errors import StoreBusyError, StoreError
from monitor.store.lock import locked_station
from monitor.store.writer import StoreWriter
from protocols.mqtt.topics import StationTopics

# A day of sessions is some hundred megabytes; below this a day is not safe.
FREE_BYTES_WANTED = 1_000_000_000

# No wall clock that is right says less: kinewatch was written then.
EARLIEST_YEAR = 2026

# A therapist's application that is there confirms within a second.
CONFIRMED_WITHIN_S = 10.0


RadioOf = Callable[[Station], AbstractAsyncContextManager[Radio]]


async def check_station(
    station: Station,
    *,
    listen_s: float,
    try_s: float,
    on_finding: Callable[[Finding], None],
    progress: Callable[[str], None],
    radio: RadioOf = radio_of,
) -> list[Finding]:
    """Every subject in turn, the quick ones first; `progress` hears what is being waited for."""
    findings: list[Finding] = []

    def note(finding: Finding) -> None:
        findings.append(finding)
        on_finding(finding)

    folder = station.station.sessions_folder
    note(disk(folder))
    note(clock(datetime.now(UTC)))
    # First of all: a session that runs must lose neither its broker nor its name at one.
    try:
        with locked_station(folder / STORE_NAME):
            await _check_parts(station, note, listen_s=listen_s, try_s=try_s, progress=progress, radio=radio)
    except StoreBusyError:
        note(SESSION_RUNS)
    except StoreError as exc:
        note(Finding(subject="store", is_ok=False, found=str(exc), advice="name another folder"))
    return findings


async def _check_parts(
    station: Station,
    note: Callable[[Finding], None],
    *,
    listen_s: float,
    try_s: float,
    progress: Callable[[str], None],
    radio: RadioOf,
) -> None:
    progress("sending a test alert")
    try:
        async with broker_of(station) as access:
            note(await broker(access))
            note(await delivery(station, access))
    except* MonitorError as group:
        for exc in group.exceptions:
            note(Finding(subject="broker", is_ok=False, found=str(exc)))
    try:
        async with radio(station) as own:
            async for finding in adapter_and_devices(
                station, own, listen_s=listen_s, try_s=try_s, progress=progress
            ):
                note(finding)
    except RunFailedError as exc:
        if not isinstance(exc.__cause__, DeviceError):
            raise
        note(adapter_problem(exc.__cause__))


SESSION_RUNS = Finding(
    subject="session",
    is_ok=False,
    found="a session is running on this station; its broker, delivery and devices are not touched",
    advice="end it first; a check would take its sensors and its place at the broker away from it",
)


def disk(folder: Path) -> Finding:
    """Whether sessions can be written, and for how long."""
    subject = "disk"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"kinewatch")
        free = shutil.disk_usage(folder).free
    except (OSError, ValueError) as exc:
        return Finding(
            subject=subject,
            is_ok=False,
            found=f"{folder} cannot be written ({getattr(exc, 'strerror', None) or exc})",
            advice="name another station.sessions_folder",
        )
    found = f"{folder}, {free / 1e9:.1f} GB free"
    if free < FREE_BYTES_WANTED:
        return Finding(subject=subject, is_ok=False, found=found, advice="make room before the next session")
    return Finding(subject=subject, is_ok=True, found=found)


def clock(now: datetime) -> Finding:
    """Whether the wall clock can be right at all."""
    found = now.isoformat(timespec="seconds")
    if now.year < EARLIEST_YEAR:
        return Finding(
            subject="clock",
            is_ok=False,
            found=found,
            advice="the wall clock is wrong; let it be set over NTP",
        )
    return Finding(subject="clock", is_ok=True, found=found)


async def broker(access: BrokerAccess) -> Finding:
    """Whether the station can log in."""
    at = access.broker()
    try:
        async with mqtt.connected(at, client_id=mqtt.random_client_id()):
            return Finding(subject="broker", is_ok=True, found=f"logged in at {at.address}")
    except DeliveryError as exc:
        return Finding(
            subject="broker",
            is_ok=False,
            found=str(exc),
            advice="a session would run, and its alerts wait until the broker is back",
        )


async def delivery(station: Station, access: BrokerAccess) -> Finding:
    """A test alert, end to end: stored, published, confirmed by a therapist's application.

    With the embedded broker the application is our own; a clinic's broker needs one that is running.
    """
    confirmed_after_s = await _test_alert(station, access)
    if confirmed_after_s is None:
        return Finding(
            subject="test alert",
            is_ok=False,
            found=f"not confirmed within {CONFIRMED_WITHIN_S:g} s",
            advice="start `kinewatch watch` at the therapist's, with a login that station.people names; "
            "if it runs, the broker may take the alert and forward it to nobody: look whether its access "
            "rules let this station publish and the therapist subscribe (Mosquitto acknowledges what it "
            "forbids)",
        )
    return Finding(
        subject="test alert", is_ok=True, found=f"confirmed after {confirmed_after_s * 1000:.0f} ms"
    )


async def _test_alert(station: Station, access: BrokerAccess) -> float | None:
    names = station.station
    anchor = anchor_now(monotonic_ns=now_ns, utc_ns=time.time_ns)
    session_id = f"check-{anchor.utc_ns // 1_000_000_000}"
    with tempfile.TemporaryDirectory(prefix="kinewatch-check-") as folder:
        async with StoreWriter(Path(folder) / "check.sqlite") as store:
            sender = Publisher(
                broker=access.broker,
                topics=StationTopics(clinic=names.clinic, station=f"{names.station}"),
                session_id=session_id,
                store=store,
                anchor=lambda: anchor,
                roles={person.name: person.role.value for person in station.people},
                on_command=lambda _: None,
                is_announced=False,
            )
            work: list[Awaitable[None]] = [sender.run()]
            work += [_feed(names.clinic, name, path).run() for name, path in access.logins.items()]
            async with _in_background(work):
                began_s = time.perf_counter()
                for seq, (before, after) in enumerate(
                    [(AlertState.INACTIVE, AlertState.FIRING), (AlertState.FIRING, AlertState.RESOLVED)], 1
                ):
                    await sender.accept(_test_transition(seq, before, after))
                try:
                    async with asyncio.timeout(CONFIRMED_WITHIN_S):
                        await sender.settled()
                except TimeoutError:
                    return None
                return time.perf_counter() - began_s


def _feed(clinic: str, name: str, login: Path) -> TherapistFeed:
    at = read_login(login).broker
    return TherapistFeed(
        broker=lambda: at,
        clinic=clinic,
        actor=name,
        on_event=lambda _: None,
    )


def _test_transition(seq: int, before: AlertState, after: AlertState) -> Transition:
    at_ns = now_ns()
    return Transition(
        seq=seq,
        alert_id="test-1",
        rule_id="TEST",
        rule_version=1,
        condition="test",
        kind=AlertKind.TECHNICAL,
        priority=Priority.LOW,
        from_state=before,
        to_state=after,
        at_ns=at_ns,
        first_offending_ns=at_ns,
        phase="before",
        message="Test alert of kinewatch check",
        advice="Nothing to do.",
    )


@asynccontextmanager
async def _in_background(work: list[Awaitable[None]]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
