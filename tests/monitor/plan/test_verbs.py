"""One row a verb: the wire's commands, the session's verbs and their arguments are the same."""

from typing import get_args

import pytest

from monitor.plan.roles import Role
from monitor.plan.verbs import OF_WIRE, VERBS, Verb, may, wire_name
from protocols.mqtt.commands import AnyCommand, CommandMessage
from protocols.mqtt.enums import ACTIVE, WireAlertState

# What every command has.
ENVELOPE = set(CommandMessage.model_fields) | {"verb"}
# A confirmation of receipt is no request; a page's snapshot says from where on.
NO_VERB = {"received"}
DELIVERY_ONLY = {"snapshot": {"boot", "after_seq"}}


def wire_commands() -> dict[str, set[str]]:
    union = get_args(AnyCommand)[0] if not hasattr(AnyCommand, "__args__") else AnyCommand
    classes = [one for one in get_args(union) if isinstance(one, type)] or list(
        get_args(get_args(AnyCommand)[0])
    )
    return {one.model_fields["verb"].default: set(one.model_fields) - ENVELOPE for one in classes}


def test_every_command_of_the_wire_is_a_verb_and_every_verb_a_command() -> None:
    assert set(wire_commands()) - NO_VERB == set(OF_WIRE)
    assert set(VERBS) == set(Verb)


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.TEST])
def test_every_argument_is_a_field_of_the_wire_command_and_the_other_way_round(verb: Verb) -> None:
    row = VERBS[verb]
    fields = wire_commands()[row.wire] - DELIVERY_ONLY.get(row.wire, set())
    assert fields == set(row.arguments)


def test_who_may_what() -> None:
    assert may("therapist", "override")
    assert not may("assistant", "override")
    assert not may("stranger", "symptom")
    assert not may("therapist", "reboot")
    assert all(may(Role.THERAPIST, verb) for verb in VERBS)


def test_names_over_the_wire() -> None:
    assert wire_name("rating") == "rpe"
    assert wire_name("reboot") == "reboot"


def test_the_states_on_the_wire_are_the_stations_own() -> None:
    from monitor.alerts import life_cycle
    from monitor.alerts.transition import AlertState

    assert {state.value for state in WireAlertState} == {state.value for state in AlertState}
    assert {state.value for state in ACTIVE} == {state.value for state in life_cycle.ACTIVE}
