"""Every built-in scenario through the session's core: what must fire fires in time, and nothing else does."""

from functools import cache
from statistics import median

import pytest

from monitor.alerts.rules import RULES
from monitor.alerts.transition import Transition
from monitor.cli.demo.summary import DemoResult, summarise
from monitor.plan.pack import PackName, load_pack
from simulators.scenario.loader import ExpectedAlert, built_in, load
from tests.support.core_run import CoreRun, run_core

NAMES = built_in()
SCENARIOS = {name: load(name) for name in NAMES}


@cache
def core_run(name: str) -> CoreRun:
    """Each scenario runs once for all tests."""
    return run_core(SCENARIOS[name])


def answers(transition: Transition, alert: ExpectedAlert) -> bool:
    """Whether this is the alert that the scenario expects."""
    return (
        transition.rule_id == alert.rule
        and alert.after_s <= transition.at_ns / 1e9 <= alert.before_s
        and (alert.priority is None or transition.priority.value == alert.priority)
        and (alert.device is None or alert.device in transition.sources)
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_must_fire_fires_in_time(name: str) -> None:
    fired = core_run(name).fired
    for alert in SCENARIOS[name].expect.alerts:
        assert any(answers(one, alert) for one in fired), (
            f"{alert.event or alert.rule} not answered; fired: "
            f"{[(one.rule_id, one.priority.value, one.at_ns / 1e9, one.sources) for one in fired]}"
        )


@pytest.mark.parametrize("name", NAMES)
def test_nothing_else_fires(name: str) -> None:
    expect = SCENARIOS[name].expect
    known = {alert.rule for alert in expect.alerts} | set(expect.allowed)
    assert not known & set(expect.near), "a rule cannot be expected and be only near"
    assert {one.rule_id for one in core_run(name).fired} - known == set()


@pytest.mark.parametrize("name", NAMES)
def test_commands_are_taken_or_refused_as_expected(name: str) -> None:
    assert tuple(one.verb for one in core_run(name).refusals) == SCENARIOS[name].expect.refused


@pytest.mark.parametrize("name", [name for name in NAMES if SCENARIOS[name].expect.repetitions is not None])
def test_repetitions_and_range_are_those_of_the_body(name: str) -> None:
    run, expect = core_run(name), SCENARIOS[name].expect
    assert expect.repetitions is not None
    true = [one for done in run.truth.sets for one in done.repetitions]
    # The scenario's own statement and the truth of its body must be the same thing.
    assert tuple(len(done.repetitions) for done in run.truth.sets) == expect.repetitions
    partial = [one for one in run.repetitions if "partial" in one.flags]
    whole = [one for one in run.repetitions if "partial" not in one.flags]
    if expect.repetitions_within:
        assert abs(len(run.repetitions) - len(true)) <= expect.repetitions_within
    else:
        assert [done.repetitions for done in run.sets] == [
            sum(not one.partial for one in done.repetitions) for done in run.truth.sets
        ]
        assert len(partial) == sum(one.partial for one in true)
    measured = median(one.range_of_motion_deg for one in whole if not one.flags)
    assert measured == pytest.approx(
        median(one.rom_deg for one in true if not one.partial), abs=expect.rom_within_deg
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_demo_of_it_would_say_that_all_is_right(name: str) -> None:
    run = core_run(name)
    summary = summarise(
        DemoResult(
            scenario=name,
            truth=run.truth,
            summary=run.session.summary(),
            times=(),
            received=frozenset(),
            replay_identical=True,
            session_s=run.scenario.duration_s,
            wall_s=1.0,
            recording=None,
            report=None,
        )
    )
    assert summary["ok"], summary


def test_every_rule_is_shown_in_both_directions() -> None:
    rules = {rule.rule_id for rule in RULES}
    fires = {alert.rule for one in SCENARIOS.values() for alert in one.expect.alerts}
    near = {rule for one in SCENARIOS.values() for rule in one.expect.near}
    assert rules - fires == set(), "no scenario makes these rules fire"
    assert rules - near == set(), "no scenario comes near these rules without firing"
    assert (fires | near) - rules == set(), "no such rule"


@pytest.mark.parametrize("pack", [pack for pack in PackName if pack is not PackName.GENERAL])
def test_what_a_pack_says_differently_is_shown_in_it_in_both_directions(pack: PackName) -> None:
    of_pack = [one for one in SCENARIOS.values() if one.pack == pack]
    fires = {alert.rule for one in of_pack for alert in one.expect.alerts}
    near = {rule for one in of_pack for rule in one.expect.near}
    changed = set(load_pack(pack).rules)
    assert changed - fires == set()
    assert changed - near == set()


def test_the_library_is_large_and_every_scenario_says_what_it_shows() -> None:
    assert len(NAMES) >= 20
    for name, scenario in SCENARIOS.items():
        assert scenario.name == name
        expect = scenario.expect
        assert expect.alerts or expect.near or expect.repetitions, f"{name} shows nothing"
    seeds = [scenario.seed for scenario in SCENARIOS.values()]
    assert len(set(seeds)) == len(seeds)
