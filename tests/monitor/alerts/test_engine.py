"""The engine's promises: cadence, silence, folding, latching, commands, the end of a session."""

from itertools import pairwise

import pytest
from hypothesis import Phase as HypothesisPhase
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts.engine import AlertEngine
from monitor.alerts.errors import NotPossibleError, UnknownAlertError
from monitor.alerts.life_cycle import ACTIVE, TRANSITIONS
from monitor.alerts.observations import (
    Context,
    Observation,
    Rating,
    Scale,
    SensorSeen,
    Symptom,
)
from monitor.alerts.transition import AlertKind, AlertState, Priority, Transition
from monitor.canonical_json import encode
from monitor.exercise.phases import Phase
from monitor.plan.roles import change_limit
from monitor.samples import Code, Quality
from tests.support.alert_bench import Bench, in_order, pressure, sample, samples

NS_PER_S = 1_000_000_000
# Random sessions are long; shrinking one takes minutes and says little that its seed does not.
EXAMPLES = settings(
    max_examples=20, deadline=None, phases=[HypothesisPhase.explicit, HypothesisPhase.generate]
)


def at(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def fired(code: Code, text: str, *rules: str) -> Bench:
    bench = Bench(only=rules)
    bench.feed(samples(code, text))
    return bench


# -- a random session ---------------------------------------------------------------------------------------


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    """Two minutes of everything, gaps and poor stretches included."""
    out: list[Observation] = []
    for code, low, high in (
        (Code.SPO2_PERCENT, 80, 99),
        (Code.HEART_RATE_PER_MIN, 40, 175),
        (Code.PULSE_RATE_PER_MIN, 40, 175),
    ):
        t_s = draw(st.floats(0, 5))
        while t_s < 120:
            value = draw(st.integers(low, high))
            length = draw(st.integers(1, 30))
            quality = draw(st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.QUESTIONABLE, Quality.POOR]))
            if draw(st.integers(0, 5)):
                out += [sample(code, value, t_s + n, quality=quality) for n in range(length)]
            t_s += length
    for t_s in draw(st.lists(st.floats(0, 120), max_size=4)):
        out += pressure(draw(st.integers(100, 260)), draw(st.integers(60, 120)), t_s)
    for t_s in draw(st.lists(st.floats(0, 120), max_size=3)):
        out.append(Rating(received_ns=at(t_s), scale=Scale.RPE, value=draw(st.integers(6, 20))))
    phases = [Phase.EXERCISE, Phase.REST, Phase.EXERCISE, Phase.RECOVERY]
    times = sorted(draw(st.lists(st.floats(0, 120), max_size=4)))
    for t_s, phase in zip(times, phases, strict=False):
        out.append(Context(received_ns=at(t_s), phase=phase, set_active=phase is Phase.EXERCISE))
    out += [SensorSeen(device="thigh", received_ns=at(t / 2)) for t in range(draw(st.integers(0, 240)))]
    return in_order(out)


def run(items: list[Observation], looks_s: list[float]) -> list[Transition]:
    """The engine over `items`, looked at also at `looks_s`."""
    bench = Bench()
    ticks = sorted(at(t) for t in looks_s)
    for item in items:
        while ticks and ticks[0] <= item.received_ns:
            bench.note(bench.engine.evaluate([], ticks.pop(0)))
        bench.feed([item])
    for tick in ticks:
        bench.note(bench.engine.evaluate([], tick))
    bench.feed([], until_s=200)
    return bench.transitions


@pytest.mark.untraced
@EXAMPLES
@given(observations(), st.lists(st.floats(0, 200), max_size=60))
def test_how_often_anybody_looks_changes_nothing(items: list[Observation], looks_s: list[float]) -> None:
    assert [encode(one) for one in run(items, looks_s)] == [encode(one) for one in run(items, [])]


@pytest.mark.untraced
@EXAMPLES
@given(observations())
def test_every_transition_is_a_move_of_the_table_and_the_chain_has_no_gap(items: list[Observation]) -> None:
    transitions = run(items, [])
    assert [one.seq for one in transitions] == list(range(1, len(transitions) + 1))
    assert all(a.at_ns <= b.at_ns for a, b in pairwise(transitions))
    moves = {(state, target) for (state, _), target in TRANSITIONS.items()}
    states: dict[str, AlertState] = {}
    for one in transitions:
        assert (one.from_state, one.to_state) in moves
        assert states.get(one.alert_id, AlertState.PENDING) is one.from_state
        states[one.alert_id] = one.to_state
        assert one.at_ns >= one.first_offending_ns
        assert one.advice
        assert one.message
        assert "None" not in one.message


@pytest.mark.untraced
@EXAMPLES
@given(observations())
def test_physiological_alerts_are_never_told_before_their_delay(items: list[Observation]) -> None:
    for one in run(items, []):
        if one.from_state is AlertState.PENDING and one.rule_id not in (
            "G1",
            "G10",
        ):  # area, repeated reading
            assert one.at_ns - one.first_offending_ns >= round(one.confirm_s * NS_PER_S)


@pytest.mark.untraced
@EXAMPLES
@given(observations(), st.sampled_from([Quality.POOR, Quality.MISSING, None]))
def test_without_good_data_nothing_physiological_fires_or_clears(
    items: list[Observation], quality: Quality | None
) -> None:
    bench = Bench()
    # The random session's last sample may lie at 149 s, and counts until it is stale.
    bench.feed(items, until_s=160)
    told = len(bench.transitions)
    if quality is not None:
        value = None if quality is Quality.MISSING else 70.0
        for t_s in range(160, 320):
            for code in (Code.SPO2_PERCENT, Code.HEART_RATE_PER_MIN, Code.PULSE_RATE_PER_MIN):
                bench.feed([sample(code, value, t_s, quality=quality)])
    bench.feed([], until_s=400)
    for one in bench.transitions[told:]:
        if one.kind is AlertKind.PHYSIOLOGICAL:
            assert one.to_state in (AlertState.FIRING, AlertState.LATCHED)
            assert one.from_state is one.to_state  # only reminders
    silent = {one.sources[0] for one in bench.transitions if one.rule_id == "T1"}
    assert {"oximeter", "strap"} <= silent


@pytest.mark.untraced
@EXAMPLES
@given(
    st.lists(
        st.tuples(st.floats(20, 600), st.sampled_from(["acknowledge", "pause", "resume", "pause all"])),
        max_size=12,
    )
)
def test_nobody_can_silence_a_high_alert_for_more_than_two_minutes(actions: list[tuple[float, str]]) -> None:
    bench = Bench(only=["G2", "T4"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x5 84x12"))
    stream = samples(Code.SPO2_PERCENT, "84x600", start_s=17)
    for at_s, action in sorted(actions):
        while stream and stream[0].received_ns <= at(at_s):
            bench.feed([stream.pop(0)])
        try:
            if action == "acknowledge":
                bench.note(bench.engine.acknowledge("G2-1", actor="t", now_ns=at(at_s)))
            elif action == "resume":
                bench.note(bench.engine.resume(actor="t", now_ns=at(at_s)))
            else:
                rule = "G2" if action == "pause" else None
                bench.note(bench.engine.pause(actor="t", for_s=1e6, now_ns=at(at_s), rule_id=rule))
        except NotPossibleError:
            pass
    bench.feed(stream)
    loud = [one.at_ns for one in bench.transitions if one.to_state is AlertState.FIRING]
    loud.append(at(617))
    assert all(b - a <= 121 * NS_PER_S + 30 * NS_PER_S for a, b in pairwise(loud))
    silences = [
        b.at_ns - a.at_ns
        for a, b in pairwise(bench.transitions)
        if a.from_state is AlertState.FIRING and a.to_state in (AlertState.ACKNOWLEDGED, AlertState.PAUSED)
        if b.to_state is AlertState.FIRING
    ]
    assert all(silence <= 120 * NS_PER_S for silence in silences)


# -- acknowledging ------------------------------------------------------------------------------------------


def test_an_acknowledged_high_alert_fires_again_while_its_condition_lasts() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 84x20", "G2")
    bench.note(bench.engine.acknowledge("G2-1", actor="therapist-1", now_ns=at(24)))
    bench.feed(samples(Code.SPO2_PERCENT, "84x150", start_s=25))
    assert bench.lines == [
        "10.000 G2-1 firing high",
        "24.000 G2-1 acknowledged high",
        "144.000 G2-1 firing high",
        "174.000 G2-1 firing high",
    ]
    assert bench.transitions[1].actor == "therapist-1"


def test_an_acknowledged_alert_that_clears_is_resolved_even_if_it_latches() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 84x20", "G2")
    bench.note(bench.engine.acknowledge("G2-1", actor="t", now_ns=at(24)))
    bench.feed(samples(Code.SPO2_PERCENT, "95x40", start_s=25))
    assert bench.lines[-1] == "55.000 G2-1 resolved high"


def test_acknowledging_twice_does_not_lengthen_the_silence() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 84x20", "G2")
    bench.note(bench.engine.acknowledge("G2-1", actor="t", now_ns=at(24)))
    with pytest.raises(NotPossibleError, match="acknowledged") as refused:
        bench.engine.acknowledge("G2-1", actor="t", now_ns=at(100))
    assert refused.value.subject == "G2-1"


def test_acknowledging_what_does_not_exist() -> None:
    with pytest.raises(UnknownAlertError) as refused:
        Bench().engine.acknowledge("G1-7", actor="t", now_ns=0)
    assert refused.value.alert_id == "G1-7"


def test_acknowledging_a_low_alert_does_not_mute_a_high_one_or_another_condition() -> None:
    bench = Bench(only=["T4", "G2", "G4"])
    bench.feed([sample(Code.BATTERY_PERCENT, 15, 1, device="strap")])
    bench.note(bench.engine.acknowledge("T4-1", actor="t", now_ns=at(2)))
    bench.feed(
        in_order(
            samples(Code.SPO2_PERCENT, "84x40", start_s=3),
            samples(Code.HEART_RATE_PER_MIN, "150x40", start_s=3),
        )
    )
    assert bench.lines == [
        "1.000 T4-1 firing low",
        "2.000 T4-1 acknowledged low",
        "8.000 G2-1 firing high",
        "18.000 G4-1 firing medium",
        "38.000 G2-1 firing high",
    ]


@pytest.mark.parametrize("refused", ["pause", "pause unknown", "acknowledge unknown", "acknowledge twice"])
def test_what_time_has_brought_is_told_although_a_command_is_refused(refused: str) -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 84x100", "G2")
    bench.note(bench.engine.acknowledge("G2-1", actor="t", now_ns=at(105)))
    bench.feed(samples(Code.SPO2_PERCENT, "84x120", start_s=105))
    engine, late = bench.engine, at(225.5)
    if refused == "pause":
        bench.note(engine.pause(actor="t", for_s=60, now_ns=at(224.5), rule_id="G2"))
    commands = {
        "pause": lambda: engine.pause(actor="t", for_s=60, now_ns=late, rule_id="G2"),
        "pause unknown": lambda: engine.pause(actor="t", for_s=60, now_ns=late, rule_id="G99"),
        "acknowledge unknown": lambda: engine.acknowledge("G99-1", actor="t", now_ns=late),
    }
    if refused == "acknowledge twice":
        # The silence ends at 225 s: this one is a new one, and the next is refused.
        bench.note(engine.acknowledge("G2-1", actor="t", now_ns=late))
        commands[refused] = lambda: engine.acknowledge("G2-1", actor="t", now_ns=late)
    with pytest.raises((NotPossibleError, UnknownAlertError)):
        commands[refused]()
    assert engine.next_due_ns is not None
    if refused != "acknowledge twice":  # there time has brought nothing
        assert engine.next_due_ns == engine.now_ns == late  # at once, not when a timer is due
    bench.note(engine.evaluate([], late + 1))
    moves = [(one.from_state, one.to_state) for one in bench.transitions]
    assert (AlertState.ACKNOWLEDGED, AlertState.FIRING) in moves
    assert [one.seq for one in bench.transitions] == list(range(1, len(moves) + 1))


def test_a_worse_finding_ends_the_silence() -> None:
    bench = Bench(only=["T4"])
    bench.feed([sample(Code.BATTERY_PERCENT, 15, 1, device="strap")])
    bench.note(bench.engine.acknowledge("T4-1", actor="t", now_ns=at(2)))
    bench.feed([sample(Code.BATTERY_PERCENT, 9, 3, device="strap")])
    assert bench.lines[-1] == "3.000 T4-1 firing medium"


def test_a_new_symptom_ends_the_silence_of_the_one_before() -> None:
    bench = Bench(only=["G12"])
    bench.feed([Symptom(received_ns=at(1), symptom="dizzy", actor="patient")])
    bench.note(bench.engine.acknowledge("G12-1", actor="t", now_ns=at(2)))
    bench.feed([Symptom(received_ns=at(9), symptom="chest pain", actor="patient")])
    assert bench.lines[-1] == "9.000 G12-1 firing high"
    assert "chest pain" in bench.transitions[-1].message


# -- pausing ------------------------------------------------------------------------------------------------


def test_a_pause_silences_and_ends_by_itself() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 88x20", "G1")
    bench.note(bench.engine.pause(actor="a-1", for_s=30, now_ns=at(25), rule_id="G1"))
    bench.feed(samples(Code.SPO2_PERCENT, "88x40", start_s=25))
    assert bench.lines == [
        "20.000 G1-1 firing medium",
        "25.000 G1-1 paused medium",
        "55.000 G1-1 firing medium",
    ]
    assert bench.transitions[1].actor == "a-1"


def test_what_is_confirmed_during_a_pause_is_told_as_paused_and_fires_afterwards() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5", "G1")
    bench.note(bench.engine.pause(actor="a-1", for_s=60, now_ns=at(5), rule_id="G1"))
    bench.feed(samples(Code.SPO2_PERCENT, "88x80", start_s=5))
    assert bench.lines == ["20.000 G1-1 paused medium", "65.000 G1-1 firing medium"]


def test_a_paused_alert_that_clears_waits_for_a_person_when_it_latches() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 84x10", "G2")
    bench.note(bench.engine.pause(actor="a-1", for_s=100, now_ns=at(15)))
    bench.feed(samples(Code.SPO2_PERCENT, "95x40", start_s=16), until_s=50)
    assert bench.lines[-1] == "46.000 G2-1 latched high"


def test_acknowledging_a_paused_alert_counts_the_silence_from_the_pause() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 84x10", "G2")
    bench.note(bench.engine.pause(actor="a-1", for_s=100, now_ns=at(15), rule_id="G2"))
    bench.note(bench.engine.acknowledge("G2-1", actor="a-1", now_ns=at(100)))
    bench.feed(samples(Code.SPO2_PERCENT, "84x100", start_s=100), until_s=150)
    assert bench.lines[2:4] == ["100.000 G2-1 acknowledged high", "135.000 G2-1 firing high"]


def test_resuming_ends_the_pause() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 88x20", "G1")
    bench.note(bench.engine.pause(actor="a-1", for_s=200, now_ns=at(25)))
    bench.note(bench.engine.resume(actor="a-1", now_ns=at(28)))
    assert bench.lines[-1] == "28.000 G1-1 firing medium"
    with pytest.raises(UnknownAlertError):
        bench.engine.acknowledge("G2-1", actor="t", now_ns=at(29))


def test_resuming_one_rule_leaves_the_others_paused() -> None:
    bench = Bench(only=["G1", "G4"])
    bench.feed(
        in_order(samples(Code.SPO2_PERCENT, "88x20"), samples(Code.HEART_RATE_PER_MIN, "150x20")), until_s=20
    )
    bench.note(bench.engine.pause(actor="a-1", for_s=200, now_ns=at(20)))
    bench.note(bench.engine.resume(actor="a-1", now_ns=at(22), rule_id="G4"))
    assert bench.lines[-1] == "22.000 G4-1 firing medium"
    assert {one.rule_id: one.state for one in bench.engine.active()} == {
        "G1": AlertState.PAUSED,
        "G4": AlertState.FIRING,
    }


def test_pauses_that_make_no_sense() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5", "G1")
    with pytest.raises(NotPossibleError, match="no such rule"):
        bench.engine.pause(actor="a", for_s=10, now_ns=at(5), rule_id="G77")
    bench.engine.pause(actor="a", for_s=10, now_ns=at(5))
    with pytest.raises(NotPossibleError, match="paused already"):
        bench.engine.pause(actor="a", for_s=10, now_ns=at(6))


# -- overriding, starting, ending ---------------------------------------------------------------------------


def test_only_an_override_closes_a_symptom() -> None:
    bench = Bench(only=["G12"])
    bench.feed([Symptom(received_ns=at(1), symptom="pallor", actor="assistant-1")])
    with pytest.raises(NotPossibleError, match="reason"):
        bench.engine.override("G12-1", actor="t", reason="  ", now_ns=at(2))
    bench.note(bench.engine.override("G12-1", actor="therapist-1", reason="seen, well", now_ns=at(3)))
    assert bench.lines[-1] == "3.000 G12-1 resolved high"
    assert bench.transitions[-1].reason == "seen, well"
    bench.feed([], until_s=100)
    assert bench.engine.active() == ()


def test_an_override_is_not_for_alerts_that_close_by_themselves() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 88x20", "G1")
    with pytest.raises(NotPossibleError, match="acknowledge it"):
        bench.engine.override("G1-1", actor="t", reason="x", now_ns=at(25))


def test_the_rest_gate_blocks_the_start_until_the_therapist_overrides() -> None:
    bench = Bench(only=["G10"])
    bench.feed(pressure(185, 90, 10))
    reasons, told = bench.engine.attempt_start(now_ns=at(20))
    assert reasons == ("blood pressure 185/90: repeat after a minute",)
    assert told == []
    bench.feed(pressure(186, 90, 80))
    reasons, told = bench.engine.attempt_start(now_ns=at(90))
    assert "G10-1 is firing" in reasons
    assert [one.reason for one in told] == ["start attempted"]
    bench.note(bench.engine.override("G10-1", actor="t", reason="known, on medication", now_ns=at(95)))
    assert bench.engine.attempt_start(now_ns=at(96)) == ((), [])
    bench.feed(pressure(190, 90, 160), until_s=300)
    assert bench.engine.active() == ()


def test_a_fast_heart_at_rest_makes_the_start_wait() -> None:
    bench = Bench(only=["G10"])
    bench.feed([sample(Code.HEART_RATE_PER_MIN, 110, 1)])
    assert bench.engine.attempt_start(now_ns=at(2))[0] == ("heart rate 110 /min at rest",)
    bench.feed([sample(Code.HEART_RATE_PER_MIN, 90, 3)])
    assert bench.engine.attempt_start(now_ns=at(4))[0] == ()


def test_nothing_goes_up_while_a_medium_or_high_alert_is_present() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 88x20", "G1", "T5", "T4")
    bench.context(Phase.REST, 25)
    assert bench.engine.attempt_start(now_ns=at(25))[0] == ("G1-1 is firing",)
    low = Bench(only=["T4"], phase=Phase.REST)
    low.feed([sample(Code.BATTERY_PERCENT, 15, 1, device="strap")])
    assert low.engine.attempt_start(now_ns=at(2))[0] == ()


def test_the_end_of_a_session_keeps_what_nobody_has_seen() -> None:
    bench = Bench(only=["G2", "G4", "T4", "G6"])
    bench.feed([sample(Code.BATTERY_PERCENT, 15, 1, device="strap")])
    bench.feed(samples(Code.SPO2_PERCENT, "84x20", start_s=2))
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "150x4", start_s=19))
    bench.context(Phase.ENDED, 23)
    ended = bench.lines[-2:]
    assert ended == ["23.000 G2-1 latched high", "23.000 T4-1 resolved low"]
    bench.feed(samples(Code.SPO2_PERCENT, "70x60", start_s=24))
    reminders = bench.transitions[-2:]
    assert {one.to_state for one in reminders} == {AlertState.LATCHED}
    bench.note(bench.engine.acknowledge("G2-1", actor="t", now_ns=at(90)))
    assert bench.engine.active() == ()
    assert bench.engine.next_due_ns is None


# -- limits, order, determinism -----------------------------------------------------------------------------


def test_a_changed_limit_holds_at_once() -> None:
    bench = fired(Code.SPO2_PERCENT, "98x5 91x10", "G1")
    limits = change_limit(bench.situation.limits, "spo2_low_percent", 93, role="assistant", reason="")
    bench.note(bench.engine.change_limits(limits, now_ns=at(15)))
    bench.feed(samples(Code.SPO2_PERCENT, "91x20", start_s=15))
    assert bench.lines == ["29.000 G1-1 firing medium"]
    assert bench.transitions[0].limit == 93


def test_the_therapists_list_is_worst_first() -> None:
    bench = Bench(only=["T4", "G2", "G4", "T1"])
    bench.feed([sample(Code.BATTERY_PERCENT, 15, 1, device="strap")])
    bench.feed(
        in_order(
            samples(Code.HEART_RATE_PER_MIN, "150x40", start_s=2),
            samples(Code.SPO2_PERCENT, "84x40", start_s=2),
        )
    )
    assert [one.rule_id for one in bench.engine.active()] == ["G2", "G4", "T4", "T1", "T1"]
    shown = bench.engine.active()[0]
    assert shown.priority is Priority.HIGH
    assert shown.state in ACTIVE
    assert shown.message == "SpO2 84 %, at or below 85 %"


def test_a_restart_in_the_middle_of_a_delay_continues_it() -> None:
    """A crash 7 s into the 15 s of G1: the recording is fed again, and the alert comes when it would have."""
    stream = samples(Code.SPO2_PERCENT, "98x5 88x40")
    whole = Bench(only=["G1"])
    whole.feed(stream)
    recorded = [one for one in stream if one.received_ns <= at(12)]
    restarted = Bench(only=["G1"])
    restarted.feed(recorded)
    assert restarted.transitions == []
    restarted.feed(stream[len(recorded) :])
    assert restarted.transitions == whole.transitions


def test_time_never_goes_back() -> None:
    bench = Bench(only=["G1"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x5 88x20"), until_s=30)
    bench.engine.evaluate([], at(10))
    assert bench.engine.now_ns == at(30)


def test_an_engine_without_sensors_still_takes_reports() -> None:
    bench = Bench(sensors=[])
    assert isinstance(bench.engine, AlertEngine)
    bench.feed([Symptom(received_ns=at(1), symptom="stop", actor="patient")])
    assert bench.lines == ["1.000 G12-1 firing high"]
