"""Every output has one canonical line."""

import json
from typing import get_args

import pytest

from monitor.exercise.phases import Phase
from monitor.outputs import TYPE_NAMES, CommandReply, Output, PhaseChanged, VitalUpdate, as_record, to_json
from monitor.samples import Code, Quality


def vital(value: float | None) -> VitalUpdate:
    return VitalUpdate(
        at_ns=2,
        t_ns=1,
        code=Code.SPO2_PERCENT,
        value=value,
        unit="%",
        quality=Quality.MISSING if value is None else Quality.GOOD,
        age_s=0.5,
        source="oximeter",
        flags=("motion",),
    )


def test_every_output_has_a_name() -> None:
    assert set(TYPE_NAMES) == set(get_args(Output))
    assert len(set(TYPE_NAMES.values())) == len(TYPE_NAMES)


@pytest.mark.parametrize("value", [97.0, None])
def test_a_line_is_canonical(value: float | None) -> None:
    line = to_json(vital(value))
    assert "\n" not in line
    assert line == json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"))
    assert json.loads(line) == as_record(vital(value))
    assert json.loads(line)["type"] == "vital"
    assert json.loads(line)["flags"] == ["motion"]


def test_enums_and_mappings_are_plain() -> None:
    moved = PhaseChanged(at_ns=1, from_phase=Phase.BEFORE, to_phase=Phase.EXERCISE, reason="begin")
    assert as_record(moved)["to_phase"] == "exercise"
    reply = CommandReply(
        at_ns=1, command_id="c", verb="end", actor="a", accepted=True, details={"b": 1, "a": None}
    )
    assert '"details":{"a":null,"b":1}' in to_json(reply)
