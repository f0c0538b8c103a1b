"""Function tests of a session in its record."""

import json

from monitor.function.result import MeasuredValue
from monitor.outputs import FunctionTestEnded, to_json
from monitor.record.facts import NotRecorded
from monitor.record.gather.function_tests import FunctionTestLog
from monitor.record.gather.times import SessionTime

NS_PER_S = 1_000_000_000


def ended(state: str, distance_m: float | None, reason: str | None = None) -> FunctionTestEnded:
    return FunctionTestEnded(
        at_ns=370 * NS_PER_S,
        test="six_minute_walk",
        protocol_version=1,
        state=state,
        begin_ns=10 * NS_PER_S,
        values=(
            MeasuredValue(
                name="distance",
                value=distance_m,
                unit="m",
                missing=None if distance_m is not None else "the rest of the last length was not entered",
            ),
            MeasuredValue(name="spo2_nadir", value=88.0, unit="%"),
        ),
        conditions={"aid": "none", "course_m": 30.0},
        placements=(),
        reason=reason,
    )


def log(*results: FunctionTestEnded) -> FunctionTestLog:
    time = SessionTime()
    time.seen(0)
    found = FunctionTestLog(time)
    for result in results:
        found.ended(json.loads(to_json(result)))
    return found


def test_the_last_word_on_a_trial_holds() -> None:
    facts = log(ended("finished", None), ended("finished", 374.0)).facts()
    assert not isinstance(facts, NotRecorded)
    assert len(facts) == 1
    assert facts[0].valid
    assert facts[0].t_s == 10.0
    assert facts[0].measures == (("distance", 374.0, "m", None), ("spo2_nadir", 88.0, "%", None))
    assert facts[0].remarks == ("aid: none", "course m: 30.0")


def test_what_was_not_measured_says_why_and_a_void_trial_does_not_count() -> None:
    facts = log(ended("void", None, "turned too early")).facts()
    assert not isinstance(facts, NotRecorded)
    assert not facts[0].valid
    assert facts[0].remarks[:2] == ("void", "turned too early")
    assert facts[0].remarks[-1] == "no distance: the rest of the last length was not entered"


def test_without_a_trial_the_record_says_so() -> None:
    assert isinstance(log().facts(), NotRecorded)
