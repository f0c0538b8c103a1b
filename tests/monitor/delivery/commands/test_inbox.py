import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.delivery.commands.inbox import (
    CommandInbox,
    Confirmed,
    Response,
    Run,
    SnapshotWanted,
    Step,
)
from monitor.delivery.commands.validation import UserDirectory
from monitor.delivery.errors import CommandRefusedError
from monitor.outputs import CommandReply
from monitor.store.errors import StoreUnavailableError
from monitor.store.store import Store
from monitor.store.writer import StoreWriter

BASE = "kinewatch/v1/north/room-2/s/s7f3/cmd/"
NOW_NS = 1_795_316_400_000_000_000
LATER = "2026-11-22T03:00:30Z"
EARLIER = "2026-11-22T02:59:30Z"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreWriter]:
    async with StoreWriter(tmp_path / "s.sqlite") as opened:
        yield opened


def desk_of(store: StoreWriter) -> CommandInbox:
    users = UserDirectory(roles={"therapist-1": "therapist", "assistant-1": "assistant"})
    return CommandInbox(session_id="s7f3", store=store, users=users, now_ns=lambda: 7, utc_ns=lambda: NOW_NS)


async def take(inbox: CommandInbox, verb: str, **fields: Any) -> Step | None:
    head = {"cmd_id": "c1", "expires_at": LATER, "actor": "therapist-1", "verb": verb}
    return await inbox.receive(BASE + verb, json.dumps(head | fields).encode())


def reply(*, accepted: bool = True, reason: str = "", **details: Any) -> CommandReply:
    return CommandReply(
        at_ns=9,
        command_id="c1",
        verb="acknowledge",
        actor="therapist-1",
        accepted=accepted,
        reason=reason,
        details=details,
    )


async def test_a_command_is_run_once_and_answered_the_same_each_time(store: StoreWriter) -> None:
    inbox = desk_of(store)
    step = await take(inbox, "ack", alert_id="G2-1")
    assert isinstance(step, Run)
    assert step.command.verb == "acknowledge"
    assert await take(inbox, "ack", alert_id="G2-1") is None  # it is being run
    answer = inbox.finish(reply(alert_id="G2-1"))
    assert answer == Response(
        session_id="s7f3", cmd_id="c1", verb="ack", result="accepted", details={"alert_id": "G2-1"}
    )
    assert inbox.finish(reply()) is None
    assert await take(inbox, "ack", alert_id="G2-1") == answer
    assert await take(desk_of(store), "ack", alert_id="G2-1") == answer  # and after a restart


async def test_a_refusal_is_an_answer_too(store: StoreWriter) -> None:
    inbox = desk_of(store)
    assert isinstance(await take(inbox, "ack", alert_id="G9-9"), Run)
    answer = inbox.finish(reply(accepted=False, reason="no such alert"))
    assert answer is not None
    assert (answer.result, answer.reason) == ("rejected", "no such alert")
    step = await take(inbox, "resume", cmd_id="c2")
    assert isinstance(step, Run)
    refused = inbox.refuse(step.command, CommandRefusedError("rejected", "the session is ending"))
    assert refused is not None
    assert (refused.cmd_id, refused.verb, refused.reason) == ("c2", "resume", "the session is ending")


async def test_a_command_cut_off_by_a_restart_is_not_run_again(store: StoreWriter) -> None:
    assert isinstance(await take(desk_of(store), "pause", for_s=60), Run)
    answer = await take(desk_of(store), "pause", for_s=60)
    assert isinstance(answer, Response)
    assert answer.result == "rejected"
    assert "restart" in answer.reason


async def test_too_late_and_unknown_people(store: StoreWriter) -> None:
    inbox = desk_of(store)
    late = await take(inbox, "ack", alert_id="a", expires_at=EARLIER)
    stranger = await take(inbox, "ack", alert_id="a", actor="mallory")
    assert isinstance(late, Response)
    assert isinstance(stranger, Response)
    assert (late.result, stranger.result) == ("expired", "rejected")
    assert isinstance(await take(inbox, "ack", alert_id="a"), Run)  # neither has used up the id


async def test_a_confirmation_counts_only_from_a_therapist_and_in_time(store: StoreWriter) -> None:
    inbox = desk_of(store)
    assert await take(inbox, "received", ids=["m1", "m2"]) == Confirmed(
        session_id="s7f3", ids=("m1", "m2"), actor="therapist-1"
    )
    for others, result in (
        ({"actor": "mallory"}, "rejected"),
        ({"actor": "assistant-1"}, "rejected"),
        ({"expires_at": EARLIER}, "expired"),
        ({"expires_at": "2036-11-22T03:00:00Z"}, "rejected"),
    ):
        answer = await take(inbox, "received", ids=["m1"], **others)
        assert isinstance(answer, Response)
        assert answer.result == result


async def test_a_command_for_another_session_is_not_run_in_this_one(store: StoreWriter) -> None:
    inbox = desk_of(store)
    topic = "kinewatch/v1/north/room-2/s/yesterday/cmd/ack"
    fields = {"cmd_id": "c1", "expires_at": LATER, "actor": "therapist-1", "verb": "ack", "alert_id": "G12-1"}
    answer = await inbox.receive(topic, json.dumps(fields).encode())
    assert isinstance(answer, Response)
    assert (answer.result, answer.session_id) == ("rejected", "yesterday")
    assert "does not run here any more" in answer.reason


class DeadStore(Store):
    """A store whose disk takes no command."""

    def take_command(self, *args: Any, **others: Any) -> Any:
        raise StoreUnavailableError(self.path, "cannot be used")


async def test_on_a_dead_disk_what_warns_is_run_once_and_what_loosens_is_refused(tmp_path: Path) -> None:
    async with StoreWriter(tmp_path / "s.sqlite", open_store=DeadStore) as store:
        inbox = desk_of(store)
        assert isinstance(await take(inbox, "symptom", symptom="dizzy"), Run)
        assert await take(inbox, "symptom", symptom="dizzy") is None
        inbox.finish(reply())
        again = await take(inbox, "symptom", symptom="dizzy")
        assert isinstance(again, Response)
        assert again.result == "accepted"
        refused = await take(inbox, "pause", cmd_id="c2", for_s=60)
        assert isinstance(refused, Response)
        assert (refused.result, "disk" in refused.reason) == ("rejected", True)


async def test_a_snapshot_is_answered_when_it_is_done(store: StoreWriter) -> None:
    inbox = desk_of(store)
    wanted = await take(inbox, "snapshot", boot=3, after_seq=17)
    assert wanted == SnapshotWanted(session_id="s7f3", cmd_id="c1", boot=3, after_seq=17)
    assert isinstance(wanted, SnapshotWanted)
    done = inbox.finish_snapshot(wanted)
    assert (done.result, done.verb) == ("done", "snapshot")
    assert await take(inbox, "snapshot", boot=3, after_seq=17) == done


async def test_what_cannot_be_read_is_answered_if_somebody_can_be(store: StoreWriter) -> None:
    inbox = desk_of(store)
    answer = await inbox.receive(BASE + "reboot", b'{"cmd_id":"c7","verb":"reboot"}')
    assert isinstance(answer, Response)
    assert (answer.cmd_id, answer.session_id, answer.verb, answer.result) == (
        "c7",
        "s7f3",
        "reboot",
        "rejected",
    )
    assert await inbox.receive(BASE + "ack", b"garbage") is None
    assert await inbox.receive("kinewatch/v1/north/room-2/status", b'{"cmd_id":"c7"}') is None
    assert await inbox.receive("elsewhere", b'{"cmd_id":"c7"}') is None


async def test_everything_is_in_the_audit(store: StoreWriter) -> None:
    inbox = desk_of(store)
    await take(inbox, "ack", alert_id="G2-1")
    inbox.finish(reply(alert_id="G2-1"))
    entries = await store.submit(lambda opened: opened.audit_entries())
    assert [(entry.actor, entry.action, entry.subject) for entry in entries] == [
        ("therapist-1", "ack", "s7f3")
    ]
    assert json.loads(entries[0].detail)["did"] == {"alert_id": "G2-1"}
