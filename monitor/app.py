"""The composition root: builds a session's parts, runs them together, and ends them in the right order.

The order of the end: no more inputs, the queue is drained, delivery gets a last chance to be confirmed, the
store is closed, the recording gets its last word. Whatever was not confirmed stays in the outbox and goes out
when the station runs again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from importlib.metadata import version
from pathlib import Path

from monitor import canonical_json
from monitor.clock import iso_utc
from monitor.cut_off import end_cut_off_sessions
from monitor.errors import MonitorError, RunFailedError
from monitor.record.recorded import facts_of_recording
from monitor.record.render.report import write_report
from monitor.record.rows import stored_record
from monitor.recording.header import Header
from monitor.recording.recorder import Recorder
from monitor.service import Ports, Service, SessionConfig
from monitor.signals_version import SIGNALS_VERSION
from monitor.store.errors import StoreError
from monitor.store.writer import StoreWriter

log = logging.getLogger(__name__)

RECORDING_NAME = "recording.mcap"
STORE_NAME = "station.sqlite"

# At the end nobody is held up by a disk for longer than this.
ENDED_WITHIN_S = 5.0


@asynccontextmanager
async def running(
    setting: SessionConfig, around: Ports, store: StoreWriter | None = None
) -> AsyncIterator[Service]:
    """One session, from the first input to the last confirmation; `store` is open already, or opened here.

    Raises:
        RunFailedError: the folder, the store or the recording cannot be had.
        ExceptionGroup: a part of the service failed.
    """
    if store is None:
        async with (
            opened_store(setting.store_path, around) as opened,
            running(setting, around, opened) as service,
        ):
            yield service
        return
    make_folder(setting.folder)
    header = _header(setting, utc_ns=around.utc_ns())
    async with _record_at_the_end(setting, around, store):
        with Recorder(setting.folder / RECORDING_NAME, header) as recorder:
            service = Service(setting, around, recorder, store)
            about = {"plan": header.plan, "station": header.station, "versions": header.versions}
            restored = await store.submit(partial(end_cut_off_sessions, start=service.start_of_session()))
            await store.submit(lambda opened: opened.begin_session(setting.session_id, about))
            service.restore(restored)
            watchdog = nullcontext() if around.on_trouble is None else service.watchdog(around.on_trouble)
            with watchdog:
                async with asyncio.TaskGroup() as group:
                    delivery = group.create_task(service.deliver(), name="delivery")
                    tasks = [group.create_task(work, name=name) for name, work in service.work()]
                    try:
                        yield service
                    finally:
                        await _ended(tasks)
                        await asyncio.shield(_last_words(service, store))
                        await _ended([delivery])
                        head = await asyncio.shield(_audit_head(store))
                        await asyncio.to_thread(partial(recorder.close, **head))


def opened_store(path: Path, around: Ports) -> StoreWriter:
    """The station's store, to be entered before anything else: who has it is the only one at work here."""
    return StoreWriter(path, hold=around.hold, utc_ns=around.utc_ns)


@asynccontextmanager
async def _record_at_the_end(
    setting: SessionConfig, around: Ports, store: StoreWriter
) -> AsyncIterator[None]:
    """When the recording is closed, make the session's record of it: into the store, and as a report."""
    try:
        yield
    finally:
        with around.hold():
            await asyncio.shield(_keep_record(setting, store))


async def _keep_record(setting: SessionConfig, store: StoreWriter) -> None:
    """A record that cannot be made now can be made of the recording later: that is said, and no more."""
    try:
        facts = await asyncio.to_thread(facts_of_recording, setting.folder / RECORDING_NAME)
        await store.submit_within(lambda opened: opened.records.keep(stored_record(facts)), ENDED_WITHIN_S)
        await asyncio.to_thread(write_report, facts, setting.folder)
    except MonitorError as exc:
        log.warning("the session's record was not made (%s); `kinewatch report` makes it again", exc)


async def _last_words(service: Service, store: StoreWriter) -> None:
    await service.finish()
    counters = {"frames": service.frames, "spot_readings": service.readings_kept}
    # Whole: what the session came to can be read without replaying its recording.
    summary = {**canonical_json.plain(service.session.summary()), **counters}
    session_id = service.setting.session_id
    try:
        await store.submit_within(lambda opened: opened.end_session(session_id, summary), ENDED_WITHIN_S)
    except StoreError as exc:
        log.error("the end of the session is not stored: %s; the next start will find it cut off", exc)  # noqa: TRY400


async def _audit_head(store: StoreWriter) -> dict[str, str]:
    """The audit's head, kept where whoever shortens the audit's file does not look."""
    try:
        entry, digest = await store.submit_within(lambda opened: opened.audit_head(), ENDED_WITHIN_S)
    except StoreError as exc:
        log.error("the recording's end has no word of the audit: %s", exc)  # noqa: TRY400
        return {}
    return {"audit_entry": str(entry), "audit_digest": digest}


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def make_folder(folder: Path) -> None:
    """The session's folder, readable for this user alone.

    Raises:
        RunFailedError: it cannot be made, or a session is in it already.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise RunFailedError(f"{folder}: the folder cannot be made ({exc.strerror}); name another") from exc
    if (folder / RECORDING_NAME).exists():
        raise RunFailedError(f"{folder} already holds a session; name another folder")


def _header(setting: SessionConfig, *, utc_ns: int) -> Header:
    return Header(
        session_id=setting.session_id,
        started_utc=iso_utc(utc_ns),
        versions={
            **{name: version(name) for name in ("kinewatch", "numpy", "scipy", "vqf")},
            "signals": str(SIGNALS_VERSION),
        },
        plan=setting.plan.model_dump(mode="json"),
        station=setting.station.model_dump(mode="json"),
    )
