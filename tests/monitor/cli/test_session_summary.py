"""What `run` says at the end: everything that was, and what nobody has confirmed."""

from dataclasses import replace
from io import StringIO

from monitor.alerts.transition import AlertKind, AlertState, Priority
from monitor.cli.session_summary import print_session
from monitor.exercise.phases import Phase
from monitor.samples import Code
from monitor.session.summary import AlertResult, SetResult, Summary, VitalStatistics

NS = 1_000_000_000
START_NS = 100 * NS

EMPTY = Summary(session_id="4f1c2a9b", phase=Phase.BEFORE, sets=(), vitals={}, alerts=(), open_alerts=0)
ALERT = AlertResult(
    alert_id="G1-1",
    rule_id="G1",
    condition="spo2_low",
    kind=AlertKind.PHYSIOLOGICAL,
    priority=Priority.MEDIUM,
    first_offending_ns=START_NS + 60 * NS,
    fired_ns=START_NS + 70 * NS,
    fired_after_s=10.0,
    acknowledged_ns=START_NS + 95 * NS,
    resolved_ns=None,
    state=AlertState.ACKNOWLEDGED,
    message="SpO2 88 %, below 90 %",
    firings=(),
)
SET = SetResult(
    exercise="knee_extension",
    set_number=1,
    repetitions=9,
    repetition_target=10,
    partial=2,
    too_fast=1,
    range_of_motion_deg=76.4,
    t_start_ns=0,
    t_end_ns=NS,
    unseen_s=6.3,
)


def printed(summary: Summary, *, unconfirmed: int = 0) -> str:
    out = StringIO()
    print_session(summary, out, start_ns=START_NS, unconfirmed=unconfirmed)
    return out.getvalue()


def test_a_session_in_which_nothing_was_says_so() -> None:
    text = printed(EMPTY)
    assert "session 4f1c2a9b: phase before" in text
    for words in ("no set was done", "no vital sign was measured", "no alert"):
        assert words in text
    assert "confirmed by no therapist" not in text


def test_sets_vitals_alerts_and_what_waits() -> None:
    statistics = VitalStatistics(minimum=88.0, mean=95.4, maximum=98.0, samples=100)
    vitals = {"during": {Code.SPO2_PERCENT: statistics}}
    other = replace(ALERT, alert_id="G9-1", acknowledged_ns=None)
    text = printed(
        replace(EMPTY, sets=(SET,), vitals=vitals, alerts=(ALERT, other), open_alerts=2), unconfirmed=3
    )
    for words in (
        "knee extension",
        "9 of 10",
        "76 deg",
        "2 too short, 1 too fast, not seen for 6 s",
        "88  95  98",
        "01:10",
        "01:35",
        "nobody",
        "2 alerts are not over",
        "3 messages are confirmed by no therapist; the next session sends them",
    ):
        assert words in text, words
