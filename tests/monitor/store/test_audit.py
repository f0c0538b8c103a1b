import dataclasses
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store import audit
from monitor.store.rows import AuditEntry
from monitor.store.store import Store


def chain(texts: list[tuple[str, str, str]]) -> list[AuditEntry]:
    made: list[AuditEntry] = []
    previous = audit.GENESIS
    for number, (actor, action, detail) in enumerate(texts, start=1):
        digest = audit.digest_of(
            entry=number,
            at_utc_ns=number,
            actor=actor,
            action=action,
            subject="s",
            detail=detail,
            previous=previous,
        )
        made.append(
            AuditEntry(
                entry=number,
                at_utc_ns=number,
                actor=actor,
                action=action,
                subject="s",
                detail=detail,
                previous=previous,
                digest=digest,
            )
        )
        previous = digest
    return made


texts = st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1, max_size=8)


@given(texts)
def test_an_untouched_chain_holds(listed: list[tuple[str, str, str]]) -> None:
    assert audit.first_break(chain(listed)) is None


@given(texts, st.data())
def test_any_change_is_found_where_it_is(listed: list[tuple[str, str, str]], data: st.DataObject) -> None:
    entries = chain(listed)
    index = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from(["actor", "action", "subject", "detail", "previous", "digest"]))
    changed = dataclasses.replace(entries[index], **{name: getattr(entries[index], name) + "x"})
    entries[index] = changed
    assert audit.first_break(entries) == changed


@given(texts, st.data())
def test_a_removed_entry_is_missed(listed: list[tuple[str, str, str]], data: st.DataObject) -> None:
    entries = chain([*listed, ("last", "", "")])
    del entries[data.draw(st.integers(0, len(entries) - 2))]
    assert audit.first_break(entries) is not None


def test_the_store_keeps_the_chain_over_restarts(tmp_path: Path) -> None:
    for boot in range(3):
        with Store(tmp_path / "s.sqlite") as store:
            assert store.audit_head()[0] == 2 * boot
            store.audit(actor="therapist-1", action="limit", subject="s7f3", detail={"old": 90, "new": 92})
            last = store.audit(actor="therapist-1", action="ack", subject="s7f3", detail={})
            assert store.audit_head() == (last.entry, last.digest)
            assert store.audit_break() is None
    with Store(tmp_path / "s.sqlite") as store:
        assert [entry.action for entry in store.audit_entries()] == ["limit", "ack"] * 3
        assert store.audit_entries()[0].previous == audit.GENESIS


def test_sql_cannot_change_it_by_mistake_and_is_caught_on_purpose(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        for number in range(4):
            store.audit(actor="a", action="ack", subject="s", detail={"number": number})
    raw = sqlite3.connect(path)
    for statement in ("UPDATE audit SET actor = 'b' WHERE entry = 2", "DELETE FROM audit WHERE entry = 2"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.execute("DROP TRIGGER audit_is_not_changed")
    raw.execute("UPDATE audit SET actor = 'b' WHERE entry = 2")
    raw.commit()
    raw.close()
    with Store(path) as store:
        broken = store.audit_break()
        assert broken is not None
        assert broken.entry == 2
