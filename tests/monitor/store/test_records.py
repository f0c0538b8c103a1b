"""Session records in the store: kept whole, listed, corrected beside, and beside a running service."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.store.beside import StoreBeside
from monitor.store.database import migrations
from monitor.store.errors import StoreUnavailableError
from monitor.store.record_rows import AlertRow, ExerciseRow, RecordRow, StoredRecord
from monitor.store.store import Store

DAY_NS = 86_400 * 10**9


def stored(session_id: str, *, patient_id: str = "p-1", day: int = 1) -> StoredRecord:
    row = RecordRow(
        session_id=session_id,
        patient_id=patient_id,
        clinic="north",
        station="gym-2",
        pack="general",
        plan_version="abc",
        started_utc_ns=day * DAY_NS,
        duration_s=600.0,
        is_complete=True,
        has_ended=True,
        sets_done=3,
        sets_prescribed=3,
        repetitions_done=30,
        repetitions_prescribed=30,
        alerts=1,
        alerts_high=0,
        messages_unconfirmed=0,
        completeness_percent=98.0,
        recovery_fall_per_min=17.0,
    )
    exercise = ExerciseRow(
        position=1,
        exercise="knee",
        joint="knee",
        side="left",
        load=None,
        sets_done=3,
        sets_prescribed=3,
        repetitions_done=30,
        repetitions_prescribed=30,
        range_best_deg=80.0,
        range_error_deg=2.8,
        detectable_change_deg=7.8,
        range_goal_deg=78.0,
        exertion=13.0,
        exertion_scale="rpe",
    )
    alert = AlertRow(
        alert_id="G1-1",
        rule="G1",
        priority="medium",
        kind="physiological",
        firings=1,
        confirmed_after_ms=12.0,
        acknowledged_after_s=6.0,
        resolved_after_s=60.0,
        by_artefact=False,
        verdict=None,
    )
    return StoredRecord(
        row=row, exercises=(exercise,), alerts=(alert,), facts=f'{{"session":"{session_id}"}}'
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "station.sqlite") as opened:
        yield opened


def test_a_record_is_kept_whole(store: Store) -> None:
    record = stored("s-1")
    store.records.keep(record)
    assert store.records.facts("s-1") == record.facts
    assert store.records.rows() == [record.row]
    assert store.records.exercises_of_patient("p-1") == [(record.row, record.exercises[0])]
    assert len(store.records.alarms(0, 9 * DAY_NS)) == 1


def test_keeping_it_again_replaces_it(store: Store) -> None:
    store.records.keep(stored("s-1"))
    later = replace(stored("s-1"), facts="{}", alerts=())
    store.records.keep(later)
    assert store.records.facts("s-1") == "{}"
    assert store.records.alarms(0, 9 * DAY_NS) == []


def test_newest_first_by_patient_and_time(store: Store) -> None:
    for number, patient in enumerate(("p-1", "p-2", "p-1"), start=1):
        store.records.keep(stored(f"s-{number}", patient_id=patient, day=number))
    assert [row.session_id for row in store.records.rows()] == ["s-3", "s-2", "s-1"]
    assert [row.session_id for row in store.records.rows(patient_id="p-1")] == ["s-3", "s-1"]
    assert [row.session_id for row in store.records.rows(since_utc_ns=2 * DAY_NS, limit=1)] == ["s-3"]
    assert store.records.match("s-") == ["s-1", "s-2", "s-3"]
    assert store.records.facts("unknown") is None


def test_corrections_only_grow(store: Store, tmp_path: Path) -> None:
    store.records.keep(stored("s-1"))
    store.records.amend("s-1", at_utc_ns=1, actor="a", fact_id="rating-1", correction="14", reason="typed 4")
    with StoreBeside(tmp_path / "station.sqlite", utc_ns=lambda: 2) as beside:
        assert beside.amend("s-1", actor="b", fact_id="rating-1", correction="15", reason="again") == 2
    assert [(one.actor, one.correction) for one in store.records.amendments("s-1")] == [
        ("a", "14"),
        ("b", "15"),
    ]
    assert store.audit_entries()[-1].action == "amend"
    assert store.audit_break() is None
    connection = sqlite3.connect(tmp_path / "station.sqlite")
    for statement in ("DELETE FROM amendments", "UPDATE amendments SET correction = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_beside_a_running_service_one_can_read_and_write(store: Store, tmp_path: Path) -> None:
    store.records.keep(stored("s-1"))
    with StoreBeside(tmp_path / "station.sqlite") as beside:
        beside.audit(actor="me", action="export", subject="s-1", detail={})
        beside.records.keep(stored("s-2", day=2))
        assert len(beside.records.rows()) == 2
    store.audit(actor="service", action="x", subject="y", detail={})
    assert store.audit_break() is None


def test_a_store_of_version_1_is_led_on(tmp_path: Path) -> None:
    path = tmp_path / "station.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(f"{migrations()[0]}\nPRAGMA user_version = 1;")
    connection.close()
    with StoreBeside(path) as beside:
        beside.records.keep(stored("s-1"))
        assert len(beside.records.rows()) == 1


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="does not exist"):
        StoreBeside(tmp_path / "station.sqlite")
    assert list(tmp_path.iterdir()) == []
