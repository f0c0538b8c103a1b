"""Whole trials in the core: what each protocol gives for a known performance."""

from collections.abc import Iterator, Mapping

import pytest

from monitor.function.definition import definition
from monitor.function.errors import TrialCommandError
from monitor.function.life_cycle import TrialState
from monitor.function.placement import Placement
from monitor.function.result import TrialMark, TrialOutput, TrialPrompt, TrialResult
from monitor.function.trial import Trial
from monitor.samples import Code, ImuBlock, Sample
from simulators.movement.walking import Foot, Leg
from tests.support import chairs
from tests.support.walks import NS_PER_S, START_NS, Walk

CONDITIONS: Mapping[str, str | float] = {
    "chair_height_cm": 45,
    "arms_used": "no",
    "trial": 1,
    "course_m": 30,
    "oxygen_l_min": 0,
    "aid": "none",
    "shoes": "trainers",
    "pace": "usual",
    "eyes": "open",
    "side": "left",
    "support": "nothing",
}
THIGH = frozenset({Placement.THIGH_RIGHT})


def at(seconds: float) -> int:
    return START_NS + round(seconds * NS_PER_S)


def trial_of(name: str, worn: frozenset[Placement] = frozenset(), **other: str | float) -> Trial:
    test = definition(name)
    said = {c.name: {**CONDITIONS, **other}[c.name] for c in test.conditions}
    return Trial(test, worn=worn, conditions=said)


def on_chair(trial: Trial, stream: Iterator[ImuBlock], *, go_s: float = 1.5) -> TrialResult:
    started = False
    for block in stream:
        if not started and int(block.t_ns[0]) >= at(go_s):
            trial.start(at(go_s))
            started = True
        outputs = trial.imu(Placement.THIGH_RIGHT, block) + trial.tick(int(block.t_ns[-1]))
        for output in outputs:
            if isinstance(output, TrialResult):
                return output
    return trial.result(int(block.t_ns[-1]))


def spo2(value: float, t_s: float) -> Sample:
    return Sample(device="oximeter", code=Code.SPO2_PERCENT, t_ns=at(t_s), received_ns=at(t_s), value=value)


class TestChair:
    def test_five_stands_end_with_the_fifth_sitting(self) -> None:
        plan = chairs.rises(7)
        result = on_chair(trial_of("five_times_sit_to_stand", THIGH), chairs.blocks(plan))
        assert result.state is TrialState.FINISHED
        assert result.value("total") == pytest.approx(plan[4].sitting_s - 1.5, abs=0.25)
        assert result.value("stands") == 5
        assert result.conditions["chair_height_cm"] == 45

    def test_a_start_before_the_first_sample_takes_the_pose_from_the_first_ones(self) -> None:
        trial = trial_of("five_times_sit_to_stand", THIGH)
        trial.start(at(0.0))
        results = [
            output
            for block in chairs.blocks(chairs.rises(5))
            for output in trial.imu(Placement.THIGH_RIGHT, block)
            if isinstance(output, TrialResult)
        ]
        assert [result.value("stands") for result in results] == [5]

    def test_who_manages_three_has_no_total_and_a_reason(self) -> None:
        trial = trial_of("five_times_sit_to_stand", THIGH)
        on_chair(trial, chairs.blocks(chairs.rises(3)))
        stopped = trial.stop(at(40.0), "tired")[-1]
        assert isinstance(stopped, TrialResult)
        assert stopped.state is TrialState.STOPPED
        assert stopped.reason == "tired"
        total = next(value for value in stopped.values if value.name == "total")
        assert total.value is None
        assert total.missing == "3 of 5 stands"

    def test_half_stands_do_not_count(self) -> None:
        plan = chairs.rises(2)
        low = chairs.Rise(leaving_s=plan[-1].sitting_s + 0.5, angle_deg=45.0)
        last = chairs.rises(3, begin_s=low.sitting_s + 0.5)
        result = on_chair(trial_of("five_times_sit_to_stand", THIGH), chairs.blocks([*plan, low, *last]))
        assert result.value("stands") == 5
        assert result.value("incomplete_stands") == 1
        assert result.value("total") == pytest.approx(last[-1].sitting_s - 1.5, abs=0.25)

    def test_thirty_seconds_count_the_stand_that_the_bell_interrupts(self) -> None:
        plan = chairs.rises(20)
        result = on_chair(trial_of("chair_stand_30_s", THIGH), chairs.blocks(plan))
        bell_s = 31.5
        half_way = sum(rise.leaving_s + 0.5 * rise.up_s < bell_s for rise in plan)
        assert result.state is TrialState.FINISHED
        assert result.value("stands") == half_way

    def test_with_arms_the_count_is_none(self) -> None:
        trial = trial_of("chair_stand_30_s", THIGH, arms_used="yes")
        assert on_chair(trial, chairs.blocks(chairs.rises(20))).value("stands") == 0


class TestSixMinutes:
    def walked(self) -> Trial:
        trial = trial_of("six_minute_walk")
        trial.start(at(0.0))
        return trial

    def test_distance_is_laps_and_the_rest_of_the_last(self) -> None:
        trial = self.walked()
        for length in range(12):
            trial.lap(at(28.0 * (length + 1)))
        trial.tick(at(360.0))
        assert trial.state is TrialState.FINISHED
        assert trial.result(at(360.0)).value("distance") is None
        trial.partial_length(14.0)
        assert trial.result(at(400.0)).value("distance") == 12 * 30 + 14
        assert trial.result(at(400.0)).value("time") == 360.0

    def test_a_word_every_minute_and_before_the_end(self) -> None:
        trial = self.walked()
        said: list[TrialOutput] = []
        for second in range(0, 361, 7):
            said += trial.tick(at(float(second)))
        said += trial.tick(at(361.0))
        prompts = [output for output in said if isinstance(output, TrialPrompt)]
        assert [round((p.at_ns - START_NS) / NS_PER_S) for p in prompts] == [60, 120, 180, 240, 300, 345]

    def test_the_result_does_not_depend_on_when_time_is_looked_at(self) -> None:
        often, once = self.walked(), self.walked()
        for second in range(400):
            often.tick(at(float(second)))
        once.tick(at(399.0))
        assert often.result(at(400.0)) == once.result(at(400.0))

    def test_a_rest_is_kept_with_its_time_and_the_clock_runs_on(self) -> None:
        trial = self.walked()
        trial.rest(at(250.0), "breathless")
        trial.go_on(at(280.0))
        trial.tick(at(360.0))
        marks = [(mark.what, (mark.at_ns - START_NS) / NS_PER_S) for mark in trial.result(at(361.0)).marks]
        assert ("rest: breathless", 250.0) in marks
        assert ("goes on", 280.0) in marks
        assert marks[-1] == ("end", 360.0)

    def test_a_saturation_of_79_for_ten_seconds_lets_the_person_rest(self) -> None:
        trial = self.walked()
        outputs: list[TrialOutput] = []
        for second in range(100, 109):
            outputs += trial.vital(spo2(79.0, second))
        assert outputs == []
        outputs += trial.vital(spo2(79.0, 110.0))
        assert any(isinstance(output, TrialPrompt) for output in outputs)
        assert trial.state is TrialState.RESTING
        assert trial.result(at(111.0)).value("spo2_nadir") == 79.0

    def test_a_good_value_between_begins_the_ten_seconds_anew(self) -> None:
        trial = self.walked()
        for second in range(100, 120):
            trial.vital(spo2(81.0 if second == 109 else 79.0, second))
        assert trial.state is TrialState.RUNNING


class TestWalks:
    def test_ten_metres_between_two_taps(self) -> None:
        walk = Walk(course=[Leg(length_m=14.0)])
        trial = trial_of(
            "ten_metre_walk", frozenset({Placement.FOOT_LEFT, Placement.FOOT_RIGHT}), course_m=10
        )
        trial.start(at(1.0))
        both = zip(walk.blocks(Foot.LEFT), walk.blocks(Foot.RIGHT), strict=True)
        tapped = 0
        for left, right in both:
            trial.imu(Placement.FOOT_LEFT, left)
            trial.imu(Placement.FOOT_RIGHT, right)
            for number, tap_s in enumerate((3.7, 12.2)):
                if tapped == number and int(left.t_ns[-1]) >= at(tap_s):
                    trial.lap(at(tap_s))
                    tapped += 1
        result = trial.result(at(20.0))
        assert result.state is TrialState.FINISHED
        assert result.value("speed") == pytest.approx(10.0 / 8.5)
        assert result.value("cadence") == pytest.approx(120.0 / 1.1, abs=2.0)

    def test_a_walk_of_both_feet(self) -> None:
        walk = Walk(course=[Leg(length_m=30.0)])
        trial = trial_of("gait", frozenset({Placement.FOOT_LEFT, Placement.FOOT_RIGHT}))
        trial.start(at(0.5))
        for left, right in zip(walk.blocks(Foot.LEFT), walk.blocks(Foot.RIGHT), strict=True):
            trial.imu(Placement.FOOT_LEFT, left)
            trial.imu(Placement.FOOT_RIGHT, right)
        result = next(o for o in trial.lap(walk_end(walk)) if isinstance(o, TrialResult))
        assert result.value("steps") == len(walk.stances) - 2
        assert result.value("step_time_symmetry") == pytest.approx(0.0, abs=2.0)


def test_a_foot_at_50_hz_is_counted_like_one_at_100() -> None:
    walk = Walk(course=[Leg(length_m=20.0)])
    trial = trial_of("gait", frozenset({Placement.FOOT_LEFT}))
    trial.start(at(0.5))
    for block in walk.blocks(Foot.LEFT, samples=10):
        half = ImuBlock(
            device=block.device,
            t_ns=block.t_ns[::2],
            acc_m_s2=block.acc_m_s2[::2],
            gyr_rad_s=block.gyr_rad_s[::2],
            received_ns=block.received_ns,
        )
        trial.imu(Placement.FOOT_LEFT, half)
    result = next(o for o in trial.lap(walk_end(walk)) if isinstance(o, TrialResult))
    assert result.value("steps") == 2 * (len(walk.of(Foot.LEFT)) - 1)


def walk_end(walk: Walk) -> int:
    return at(walk.stances[-1].initial_contact_s + 3.0)


class TestStance:
    def test_the_tap_ends_it(self) -> None:
        trial = trial_of("single_leg_stance")
        trial.start(at(0.0))
        trial.lap(at(7.25))
        assert trial.result(at(8.0)).value("held") == pytest.approx(7.25)

    def test_a_minute_is_the_most(self) -> None:
        trial = trial_of("single_leg_stance")
        trial.start(at(0.0))
        trial.tick(at(75.0))
        assert trial.result(at(75.0)).value("held") == 60.0


class TestVoid:
    def test_a_void_trial_keeps_its_values_and_says_why(self) -> None:
        trial = trial_of("single_leg_stance")
        trial.start(at(0.0))
        trial.lap(at(7.0))
        result = trial.void(at(9.0), "held the rail")[-1]
        assert isinstance(result, TrialResult)
        assert (result.state, result.reason) == (TrialState.VOID, "held the rail")
        assert result.end_ns == at(7.0)

    def test_a_refused_command_changes_nothing(self) -> None:
        trial = trial_of("single_leg_stance")
        for refused in (
            lambda: trial.lap(at(1.0)),
            lambda: trial.stop(at(1.0), "x"),
            lambda: trial.rest(at(1.0)),
        ):
            with pytest.raises(TrialCommandError):
                refused()
        assert trial.state is TrialState.READY
        assert trial.start(at(2.0)) == [TrialMark(at_ns=at(2.0), what="start")]
