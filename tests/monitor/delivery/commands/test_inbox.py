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
    users = UserDirectory(roles={"therapist-1": "therapist"})
    return CommandInbox(store=store, users=users, now_ns=lambda: 7, utc_ns=lambda: NOW_NS)


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


async def test_a_confirmation_counts_however_late_but_only_from_people_we_know(store: StoreWriter) -> None:
    inbox = desk_of(store)
    assert await take(inbox, "received", ids=["m1", "m2"], expires_at=EARLIER) == Confirmed(
        ids=("m1", "m2"), actor="therapist-1"
    )
    stranger = await take(inbox, "received", ids=["m1"], actor="mallory")
    assert isinstance(stranger, Response)
    assert stranger.result == "rejected"


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
