"""Function tests in a session: by commands, with sensors by role, refused in a sentence."""

from collections.abc import Mapping

import pytest

from monitor.outputs import CommandReply, FunctionTestEnded, FunctionTestEvent, Output
from monitor.sensors import SensorConfig, SensorRole
from monitor.session.function_tests import FunctionTests, placement_of
from tests.support import chairs
from tests.support.session_bench import START_NS as SESSION_START_NS
from tests.support.session_bench import SessionBench
from tests.support.walks import NS_PER_S, START_NS

THIGH = SensorConfig(device="thigh", family="movella_dot", role=SensorRole.IMU_THIGH_RIGHT)
FIVE: Mapping[str, str | float] = {
    "action": "prepare",
    "name": "five_times_sit_to_stand",
    "chair_height_cm": 45,
    "arms_used": "no",
    "trial": 1,
}


def command(at_ns: int, role: str = "assistant", **arguments: object):  # type: ignore[no-untyped-def]
    from monitor.inputs import Command

    return Command(
        received_ns=at_ns,
        command_id=f"c{at_ns}-{arguments.get('action')}",
        verb="test",
        actor="a",
        role=role,
        arguments=arguments,  # type: ignore[arg-type]
    )


def replies(outputs: list[Output]) -> list[CommandReply]:
    return [output for output in outputs if isinstance(output, CommandReply)]


class TestPlacement:
    def test_by_role(self) -> None:
        assert placement_of(THIGH) == "thigh_right"

    def test_by_option_of_a_joints_sensor(self) -> None:
        sensor = SensorConfig(
            device="t", family="x", role=SensorRole.IMU_PROXIMAL, options={"placement": "thigh_left"}
        )
        assert placement_of(sensor) == "thigh_left"

    @pytest.mark.parametrize("option", ["knee", 3, True])
    def test_what_is_no_placement_is_none(self, option: str | int) -> None:
        sensor = SensorConfig(
            device="t", family="x", role=SensorRole.IMU_PROXIMAL, options={"placement": option}
        )
        assert placement_of(sensor) is None


def test_five_stands_by_commands_and_samples() -> None:
    tests = FunctionTests([THIGH])
    plan = chairs.rises(6)
    tests.carry_out(command(START_NS, **FIVE), START_NS)
    outputs: list[Output] = []
    started = False
    for block in chairs.blocks(plan):
        if not started and int(block.t_ns[0]) >= START_NS + round(1.5 * NS_PER_S):
            _, said = tests.carry_out(
                command(int(block.t_ns[0]), action="start"), START_NS + 3 * NS_PER_S // 2
            )
            outputs += said
            started = True
        outputs += tests.imu(block)
    ended = next(output for output in outputs if isinstance(output, FunctionTestEnded))
    figures = {value.name: value.value for value in ended.values}
    assert figures["stands"] == 5
    assert figures["total"] == pytest.approx(plan[4].sitting_s - 1.5, abs=0.25)
    assert tests.running is None


class TestSession:
    def bench(self) -> SessionBench:
        return SessionBench()

    def test_a_walk_by_taps_from_prepare_to_the_rest_of_the_last_length(self) -> None:
        bench = self.bench()
        start = SESSION_START_NS
        said = bench.session.feed(
            command(
                start,
                action="prepare",
                name="six_minute_walk",
                course_m=30,
                oxygen_l_min=0,
                aid="none",
                shoes="trainers",
                trial=1,
            )
        )
        assert replies(said)[0].accepted, replies(said)[0].reason
        assert any(isinstance(output, FunctionTestEvent) and output.what == "prepare" for output in said)
        said = bench.session.feed(command(start + NS_PER_S, action="start"))
        assert replies(said)[0].details["state"] == "running"
        for lap in range(1, 11):
            bench.session.feed(command(start + (1 + 30 * lap) * NS_PER_S, action="lap"))
        said = bench.session.feed(command(start + 400 * NS_PER_S, action="partial", metres=12.5))
        ended = [output for output in said if isinstance(output, FunctionTestEnded)]
        assert [output.state for output in ended] == ["finished", "finished"]
        distances = [{v.name: v.value for v in output.values}["distance"] for output in ended]
        assert distances == [None, 312.5]
        prompts = [o.at_ns for o in said if isinstance(o, FunctionTestEvent) and o.what == "prompt"]
        assert prompts == [start + round((1 + s) * NS_PER_S) for s in (345,)]

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            ({"action": "start"}, "no test is prepared"),
            ({"action": "dance"}, "action: expected one of prepare"),
            ({}, "action: is missing"),
            ({"action": "prepare", "name": "walk"}, "no function test is called 'walk'"),
            (dict(FIVE), "needs thigh_left or thigh_right"),
            ({"action": "prepare", "name": "gait", "trial": 1}, "gait"),
            ({"action": "prepare", "name": "single_leg_stance"}, "eyes open or closed"),
        ],
    )
    def test_what_cannot_be_done_is_refused_in_a_sentence(
        self, arguments: dict[str, object], reason: str
    ) -> None:
        said = self.bench().session.feed(command(SESSION_START_NS, **arguments))
        assert not replies(said)[0].accepted
        assert reason.lower() in replies(said)[0].reason.lower()

    def test_a_patient_may_not(self) -> None:
        said = self.bench().session.feed(command(SESSION_START_NS, role="patient", action="start"))
        assert not replies(said)[0].accepted

    def test_void_needs_a_reason(self) -> None:
        bench = self.bench()
        prepared = {"action": "prepare", "name": "tandem_stance", "eyes": "open", "side": "left"}
        bench.session.feed(command(SESSION_START_NS, **prepared, shoes="none", trial=1))
        bench.session.feed(command(SESSION_START_NS + 1, action="start"))
        said = bench.session.feed(command(SESSION_START_NS + 2, action="void"))
        assert "reason" in replies(said)[0].reason
        said = bench.session.feed(command(SESSION_START_NS + 3, action="void", reason="held on"))
        assert replies(said)[0].details["state"] == "void"
