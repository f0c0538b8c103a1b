"""The therapist's screen: alerts worst first, each with a key that stays its own; nothing old looks live."""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from monitor.cli.main import main
from monitor.cli.screens.feed_view import FeedView, is_proposal, local_time
from monitor.cli.screens.watch_view import render
from monitor.delivery.receiver.events import (
    AlertReceived,
    BrokerState,
    GapFound,
    MessageReceived,
    SessionEnded,
    StationFresh,
    StationStale,
)
from protocols.mqtt.messages import AlertMessage, LatestMessage, LatestValue, ReplyMessage, SessionMessage

T = "2026-11-22T03:00:00.000Z"
HEAD: dict[str, Any] = {"id": "01HZZZZZZZZZZZZZZZZZZZZZZZ", "boot": 1, "seq": 1, "t": T, "sent": T}


def alert(alert_id: str, *, state: str = "firing", priority: str = "medium", seq: int = 1) -> AlertReceived:
    message = AlertMessage(
        **{**HEAD, "seq": seq},
        alert_id=alert_id,
        condition="spo2_low",
        kind="physiological",
        priority=priority,
        rule_id="G1",
        rule_version=1,
        phase="exercise",
        message=f"SpO2 88 % ({alert_id})",
        advice="Pause.",
        first_offending=T,
        state=state,
        presence="on",
        change="raised",
    )
    return AlertReceived(station="gym-1", session_id="s1", message=message, is_late=False)


def latest(value: float | None, *, code: str = "spo2_percent", t: str = T) -> MessageReceived:
    values = {code: LatestValue(value=value, unit="%", q="good" if value else "missing", t=t)}
    message = LatestMessage(**HEAD, phase="exercise", values=values, set_number=2, repetitions=4)
    return MessageReceived(station="gym-1", session_id="s1", message=message)


def screen(board: FeedView) -> str:
    console = Console(file=StringIO(), width=120)
    console.print(render(board, width=120, height=40))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_vitals_and_where_the_patient_is() -> None:
    board = FeedView()
    board.update(BrokerState(is_connected=True))
    board.update(latest(96))
    assert "96" in screen(board)
    assert "set 2, repetition 4" in screen(board)


@pytest.mark.parametrize(
    ("t", "words"),
    [
        ("2026-11-22T02:59:52.000Z", "231 mmHg   "),
        ("2026-11-22T02:59:05.000Z", "231 mmHg (55 s ago)"),
        ("2026-11-22T02:50:00.000Z", "231 mmHg (10 min ago)"),
    ],
)
def test_an_old_reading_says_how_old_it_is(t: str, words: str) -> None:
    board = FeedView()
    board.update(latest(231, code="systolic_mmhg", t=t))
    assert words in screen(board)


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [("speed_km_h", 4.5, "speed 4.5 km/h"), ("body_temperature_cel", 36.8, "temperature 36.8 °C")],
)
def test_a_machine_and_a_thermometer_have_a_place_where_there_is_one(
    code: str, value: float, words: str
) -> None:
    board = FeedView()
    board.update(latest(97.0))
    assert words.split(maxsplit=1)[0] not in screen(board)
    board.update(latest(value, code=code))
    assert words in screen(board)


def test_a_stale_station_has_no_numbers() -> None:
    board = FeedView()
    board.update(latest(96))
    assert board.update(StationStale(station="gym-1", reason="nothing heard for 3 s")) is not None
    assert "96" not in screen(board)
    assert "nothing heard for 3 s" in screen(board)
    board.update(StationFresh(station="gym-1"))
    assert "96" in screen(board)


def test_a_screen_that_hears_nothing_says_so() -> None:
    board = FeedView()
    assert "no broker" in (board.update(BrokerState(is_connected=False, problem="nobody answers")) or "")
    assert "hears nothing: nobody answers" in screen(board)


def test_the_worst_is_first_and_every_alert_keeps_its_key() -> None:
    board = FeedView()
    board.update(alert("A", priority="low"))
    board.update(alert("B", priority="medium"))
    keys = {row.message.alert_id: row.number for row in board.rows()}
    board.update(alert("C", priority="high"))
    rows = board.rows()
    assert [row.message.alert_id for row in rows] == ["C", "B", "A"]
    assert {row.message.alert_id: row.number for row in rows if row.message.alert_id != "C"} == keys
    assert len({row.number for row in rows}) == 3


def test_an_alert_that_is_over_gives_its_key_free() -> None:
    board = FeedView()
    board.update(alert("A"))
    first = board.rows()[0].number
    board.update(alert("A", state="resolved", seq=2))
    assert board.rows() == []
    board.update(alert("B", seq=3))
    assert board.rows()[0].number == first


def test_an_old_message_does_not_bring_an_alert_back_to_an_earlier_state() -> None:
    board = FeedView()
    board.update(alert("A", state="acknowledged", seq=5))
    board.update(alert("A", state="firing", seq=4))
    assert "acknowledged" in screen(board)


def test_what_else_is_told() -> None:
    board = FeedView()
    gap = GapFound(station="gym-1", session_id="s1", boot=1, after_seq=7)
    assert "after 7 are missing" in (board.update(gap) or "")
    reply = ReplyMessage(**HEAD, cmd_id="c1", verb="ack", result="rejected", reason="no such alert")
    told = board.update(MessageReceived(station="gym-1", session_id="s1", message=reply))
    assert told is not None
    assert "no such alert" in told
    assert "session is over" in (board.update(SessionEnded(station="gym-1")) or "")
    assert "no session" in screen(board)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--broker", "mqtts://broker.example"], "needs --clinic and --user"),
        (["--login", "absent.json"], "cannot be read"),
        (["--broker", "mqtt://broker.example", "--clinic", "c", "--user", "u"], "TLS"),
        (
            ["--broker", "mqtts://b.example", "--clinic", "c", "--user", "u", "--password-env", "KW_NONE"],
            "the environment has no KW_NONE",
        ),
    ],
)
def test_wrong_use(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = [str(tmp_path / word) if word == "absent.json" else word for word in words]
    assert main(["watch", *words]) == 2
    assert sentence in capsys.readouterr().err


# -- one screen, many sessions ------------------------------------------------------------------------------


def session(session_id: str, plan_id: str) -> MessageReceived:
    message = SessionMessage(**HEAD, session_id=session_id, plan_id=plan_id, started=T)
    return MessageReceived(station="gym-1", session_id=None, message=message)


def test_sessions_follow_each_other_on_a_screen_that_stays_open() -> None:
    board = FeedView()
    board.update(session("s1", "patient-7"))
    board.update(latest(96))
    board.update(SessionEnded(station="gym-1"))
    assert "96" not in screen(board)
    assert "no session" in screen(board)
    assert "patient-8" in (board.update(session("s2", "patient-8")) or "")
    board.update(replace(latest(93), session_id="s2"))
    assert "93" in screen(board)
    assert "patient-8" in screen(board)
    assert "no session" not in screen(board).splitlines()[1]
    assert [one.session_id for one in board.sessions()] == ["s2"]


def test_the_last_patients_alert_says_whose_it_is_and_when_it_began() -> None:
    board = FeedView()
    board.update(session("s1", "patient-7"))
    board.update(alert("G12-1", state="latched", priority="high"))
    board.update(SessionEnded(station="gym-1"))
    board.update(session("s2", "patient-8"))
    mine = replace(alert("G12-1", state="firing"), session_id="s2")
    line = board.update(mine)
    assert line is not None
    assert "patient-8" in line
    assert local_time(T) in line
    rows = board.rows()
    assert [(row.session.session_id, row.patient, row.is_earlier) for row in rows] == [
        ("s1", "patient-7", True),
        ("s2", "patient-8", False),
    ]
    shown = screen(board)
    assert "earlier session, patient-7" in shown
    assert local_time(T) in shown
    # The same alert id of two sessions has two numbers, and each goes to its own session.
    numbered = board.numbered()
    assert {one.session.session_id for one in numbered.values()} == {"s1", "s2"}
    assert {one.alert_id for one in numbered.values()} == {"G12-1"}


def test_a_clinic_that_nobody_speaks_for_is_said_and_is_not_calm() -> None:
    board = FeedView(clinic="nroth")
    board.update(BrokerState(is_connected=True), now_ns=0)
    assert "no active alert" not in screen(board)
    assert board.silence(now_ns=2_000_000_000) == ""
    assert "'nroth'" in board.silence(now_ns=4_000_000_000)
    console = Console(file=StringIO(), width=120)
    console.print(render(board, width=120, height=40, now_ns=4_000_000_000))
    assert "is that its name" in console.file.getvalue()  # type: ignore[attr-defined]
    board.update(latest(96))
    assert board.silence(now_ns=4_000_000_000) == ""


def test_answers_to_what_was_asked_are_told() -> None:
    board = FeedView()
    details = {
        "limit": "spo2_low_percent",
        "old": 90.0,
        "new": 88.0,
        "in_force": False,
        "confirm_within_s": 60,
    }
    proposal = ReplyMessage(**HEAD, cmd_id="c1", verb="limit", result="accepted", details=details)
    told = board.update(MessageReceived(station="gym-1", session_id="s1", message=proposal))
    assert told == "gym-1: limit spo2_low_percent: 90 -> 88; y takes it, within 60 s"
    assert is_proposal(proposal)
    closed = ReplyMessage(**HEAD, cmd_id="c2", verb="override", result="accepted")
    assert "override accepted" in (
        board.update(MessageReceived(station="gym-1", session_id="s1", message=closed)) or ""
    )


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 20), (200, 60)])
@pytest.mark.parametrize("alerts", [0, 1, 4, 30])
def test_the_newest_line_and_the_keys_are_on_every_screen(width: int, height: int, alerts: int) -> None:
    board = FeedView()
    for number in range(1, 5):
        board.update(replace(session(f"s{number}", f"patient-{number}"), station=f"gym-{number}"))
        board.update(replace(latest(96), station=f"gym-{number}", session_id=f"s{number}"))
    for number in range(alerts):
        board.update(alert(f"A-{number}", priority="high" if number == alerts - 1 else "low"))
    board.note("the newest line")
    console = Console(file=StringIO(), width=width, height=height)
    console.print(render(board, width=width, height=height))
    rows = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(rows) == height
    assert max(len(row) for row in rows) <= width
    assert any(row.startswith("the newest line") for row in rows)
    assert "Ctrl-C leave" in rows[-1]
    assert ("!!!" in "".join(rows)) is (alerts > 0)
