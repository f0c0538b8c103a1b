"""The board and its screen: what a glance shows, and what must never look live."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from devices.frames import LinkState
from monitor.alerts.transition import AlertState, Priority
from monitor.cli.demo.messages import clock_text, narrate
from monitor.cli.screens.assistant_keys import KEY_HELP_ITEMS
from monitor.cli.screens.live_view import LiveView, render
from monitor.cli.screens.session_view import SessionView
from monitor.exercise.phases import Phase
from monitor.outputs import (
    CalibrationReported,
    CommandReply,
    DeviceStatus,
    JointAngleUpdate,
    PhaseChanged,
    RepetitionCounted,
    SetEnded,
    VitalUpdate,
)
from monitor.samples import Code, Quality
from monitor.sensors import SensorRole
from tests.support.alert_transitions import transition

NS = 1_000_000_000


def vital(value: float | None, *, at_s: float = 10, quality: Quality = Quality.GOOD) -> VitalUpdate:
    return VitalUpdate(
        at_ns=int(at_s * NS),
        t_ns=int(at_s * NS),
        code=Code.SPO2_PERCENT,
        value=value,
        unit="%",
        quality=quality,
        age_s=0.0,
        source="oximeter",
    )


def device(link: LinkState | None, role: SensorRole = SensorRole.OXIMETER) -> DeviceStatus:
    return DeviceStatus(
        at_ns=NS,
        device=role.value,
        role=role,
        link=link,
        reason="",
        reconnects=0,
        decode_failures=0,
        rssi_dbm=-60,
        battery_percent=55,
    )


def repetition(number: int, *flags: str) -> RepetitionCounted:
    return RepetitionCounted(
        at_ns=5 * NS,
        exercise="knee_extension",
        set_number=1,
        repetition=number,
        repetition_target=10,
        t_start_ns=3 * NS,
        t_end_ns=5 * NS,
        range_of_motion_deg=76.4,
        minimum_deg=12,
        maximum_deg=88.4,
        flags=flags,
    )


def screen(board: SessionView) -> str:
    console = Console(file=StringIO(), width=120, force_terminal=False)
    console.print(render(board))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def board(**more: object) -> SessionView:
    return SessionView(start_ns=0, title="test", **more)  # type: ignore[arg-type]


def test_a_fresh_value_is_shown_with_its_quality() -> None:
    shown = board()
    shown.update(vital(97))
    assert "97" in screen(shown)
    assert "good" in screen(shown)


def test_a_value_that_stands_still_loses_its_number() -> None:
    shown = board()
    shown.update(vital(97))
    shown.now_ns = 16 * NS
    assert "97" not in screen(shown)
    assert "stale" in screen(shown)
    assert "6 s" in screen(shown)


def test_a_missing_value_is_no_number() -> None:
    shown = board()
    shown.update(vital(97))
    shown.update(vital(None, at_s=11, quality=Quality.MISSING))
    assert "97" not in screen(shown)
    assert "missing" in screen(shown)


def test_an_alert_shows_how_far_it_has_come_and_goes_when_it_is_over() -> None:
    shown = board()
    shown.update(transition(seq=1, to_state=AlertState.FIRING, priority=Priority.HIGH))
    assert "waiting" in screen(shown)
    assert "!!!" in screen(shown)
    line = shown.present_alerts()[0]
    line.published_ms = 3.0
    assert "sent, not confirmed" in screen(shown)
    line.confirmed_ms = 5.0
    assert "at the therapist" in screen(shown)
    shown.update(transition(seq=2, to_state=AlertState.RESOLVED, priority=Priority.HIGH))
    assert "no active alert" in screen(shown)


def test_the_worst_alert_stands_first() -> None:
    shown = board()
    for seq, priority in enumerate((Priority.LOW, Priority.HIGH, Priority.MEDIUM), start=1):
        shown.update(transition(seq=seq, alert_id=f"X-{seq}", to_state=AlertState.FIRING, priority=priority))
    order = [line.transition.priority for line in shown.present_alerts()]
    assert order == [Priority.HIGH, Priority.MEDIUM, Priority.LOW]


def test_movement_is_shown() -> None:
    shown = board()
    shown.update(CalibrationReported(at_ns=NS, joint="knee", state="still", message="Sit still"))
    assert "Sit still" in screen(shown)
    shown.update(repetition(3))
    at_ns = 5 * NS
    shown.update(
        JointAngleUpdate(
            at_ns=at_ns, t_ns=at_ns, joint="knee", angle_deg=45.2, quality=Quality.GOOD, confidence=1
        )
    )
    text = screen(shown)
    assert "45 deg" in text
    assert "3 of 10" in text
    assert "76 deg" in text


def test_an_angle_that_stands_still_loses_its_number() -> None:
    shown = board()
    shown.update(
        JointAngleUpdate(at_ns=NS, t_ns=NS, joint="knee", angle_deg=45.2, quality=Quality.GOOD, confidence=1)
    )
    shown.now_ns = 3 * NS
    assert "45" not in screen(shown)
    assert "stale" in screen(shown)


def test_a_cuff_that_waits_is_no_lost_device() -> None:
    shown = board()
    shown.update(device(LinkState.SEARCHING, SensorRole.CUFF))
    shown.update(device(LinkState.BACKING_OFF))
    shown.update(device(None, SensorRole.HEART_RATE_STRAP))
    text = screen(shown)
    assert "awaits a reading" in text
    assert "backing off" in text
    assert "not seen yet" in text


def test_only_moves_of_a_link_are_news() -> None:
    shown = board()
    assert shown.update(device(LinkState.LIVE)) is not None
    assert shown.update(device(LinkState.LIVE)) is None


def test_the_local_alarm_is_on_the_screen() -> None:
    shown = board()
    shown.local_alarm = "high alert unconfirmed for 12 s. Call the therapist."
    assert "Call the therapist" in screen(shown)


def test_the_log_keeps_the_newest_lines() -> None:
    shown = board()
    for second in range(40):
        shown.note(second * NS, f"line {second}")
    assert "line 39" in screen(shown)
    assert "line 1\n" not in screen(shown)


def test_the_live_view_draws_and_lets_the_terminal_go() -> None:
    out = StringIO()
    with LiveView(board(), Console(file=out, force_terminal=True, width=100)) as view:
        view.draw()
    assert "vital signs" in out.getvalue()


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            PhaseChanged(at_ns=0, from_phase=Phase.BEFORE, to_phase=Phase.EXERCISE, reason="begin"),
            "phase: exercise (begin)",
        ),
        (repetition(2, "too_fast"), "set 1, repetition 2 of 10: 76 deg (too fast)"),
        (
            replace(repetition(2), range_error_deg=2.8, tempo_s=(1.21, 0.3, 1.38)),
            "set 1, repetition 2 of 10: 76 deg +-3, 1.2-0.3-1.4 s",
        ),
        (
            SetEnded(
                at_ns=0,
                exercise="x",
                set_number=1,
                set_target=3,
                repetitions=10,
                repetition_target=10,
                range_of_motion_deg=70.0,
                t_start_ns=0,
                t_end_ns=1,
                symmetry_percent=-13.3,
                symmetry_detectable=True,
            ),
            "set 1 of 3 over: 10 of 10 repetitions, 70 deg, left-right -13 %",
        ),
        (
            SetEnded(
                at_ns=0,
                exercise="x",
                set_number=1,
                set_target=3,
                repetitions=9,
                repetition_target=10,
                range_of_motion_deg=None,
                t_start_ns=0,
                t_end_ns=1,
            ),
            "set 1 of 3 over: 9 of 10 repetitions",
        ),
        (
            SetEnded(
                at_ns=0,
                exercise="x",
                set_number=1,
                set_target=3,
                repetitions=8,
                repetition_target=10,
                range_of_motion_deg=77.2,
                t_start_ns=0,
                t_end_ns=1,
                unseen_s=6.3,
            ),
            "set 1 of 3 over: 8 of 10 repetitions, 77 deg, not seen for 6 s",
        ),
        (
            CommandReply(
                at_ns=0, command_id="1", verb="begin", actor="eve", accepted=False, reason="not ready"
            ),
            "begin by eve refused: not ready",
        ),
        (CommandReply(at_ns=0, command_id="1", verb="begin", actor="eve", accepted=True), None),
        (vital(97), None),
        (transition(seq=1, to_state=AlertState.PENDING), None),
    ],
)
def test_narration(output: object, words: str | None) -> None:
    assert narrate(output) == words  # type: ignore[arg-type]


def test_the_clock_counts_from_the_start_and_never_below() -> None:
    assert clock_text(187 * NS, 0) == "03:07"
    assert clock_text(0, NS) == "00:00"


def test_a_machine_has_rows_as_soon_as_there_is_one_with_the_digits_that_count() -> None:
    board = SessionView(start_ns=0, title="session", now_ns=10 * NS)
    without = StringIO()
    Console(file=without, width=110).print(render(board))
    assert "speed" not in without.getvalue()
    speed = VitalUpdate(
        at_ns=10 * NS,
        t_ns=10 * NS,
        code=Code.SPEED_KM_H,
        value=4.5,
        unit="km/h",
        quality=Quality.GOOD,
        age_s=0.0,
        source="belt",
    )
    board.update(speed)
    shown = StringIO()
    Console(file=shown, width=110).print(render(board))
    assert "4.5" in shown.getvalue()
    assert "km/h" in shown.getvalue()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 20), (120, 50)])
@pytest.mark.parametrize("alerts", [0, 1, 3, 25])
def test_the_newest_line_the_worst_alert_and_the_keys_are_on_every_screen(
    width: int, height: int, alerts: int
) -> None:
    shown = board(keys=KEY_HELP_ITEMS, local_alarm="high alert unconfirmed for 12 s. Call the therapist.")
    shown.update(vital(97, at_s=20))
    shown.update(repetition(3))
    for role in (SensorRole.OXIMETER, SensorRole.HEART_RATE_STRAP, SensorRole.CUFF):
        shown.update(device(LinkState.LIVE, role))
    for seq in range(1, alerts + 1):
        priority = Priority.HIGH if seq == alerts else Priority.LOW
        shown.update(transition(seq=seq, alert_id=f"X-{seq}", to_state=AlertState.FIRING, priority=priority))
    for second in range(40):
        shown.note(second * NS, f"line {second}")
    console = Console(file=StringIO(), width=width, height=height)
    console.print(render(shown, width=width, height=height))
    rows = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(rows) == height
    assert max(len(row) for row in rows) <= width
    text = "\n".join(rows)
    assert "line 39" in text
    assert "Ctrl-C leave" in rows[-1]
    assert "Call the therapist" in text
    assert ("!!!" in text) is (alerts > 0)
    assert "97" in text or alerts == 25


def test_what_is_typed_stands_where_the_keys_were() -> None:
    shown = board(keys=KEY_HELP_ITEMS, prompt="note: he is tired_  (Enter; Esc gives up)")
    assert "he is tired_" in screen(shown)
    assert "Ctrl-C leave" not in screen(shown)


def test_the_prescribed_rest_is_counted_down_and_its_end_said_once() -> None:
    shown = board(rests_s={"knee_extension": 60.0})
    ended = SetEnded(
        at_ns=10 * NS,
        exercise="knee_extension",
        set_number=1,
        set_target=3,
        repetitions=10,
        repetition_target=10,
        range_of_motion_deg=70.0,
        t_start_ns=0,
        t_end_ns=1,
    )
    shown.update(ended)
    shown.now_ns = 45 * NS
    assert "25 s left" in screen(shown)
    assert not shown.rest_is_over()
    shown.now_ns = 70 * NS
    assert shown.rest_is_over()
    assert not shown.rest_is_over()
    shown.update(replace(ended, at_ns=80 * NS))
    shown.update(
        PhaseChanged(at_ns=90 * NS, from_phase=Phase.REST, to_phase=Phase.EXERCISE, reason="set_started")
    )
    assert shown.rest_left_s is None
    shown.update(replace(ended, at_ns=100 * NS, set_number=3))
    assert shown.rest_left_s is None
