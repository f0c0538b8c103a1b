"""Canary names in every field of the settings never appear in any artefact, nor does a radio's address."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from monitor.inputs import Command
from monitor.record.facts import SessionFacts, without_free_text
from monitor.record.formats import FORMATS
from monitor.record.gather.session import session_facts
from monitor.recording.reader import Item, RecordedInput, Recording
from tests.support.recorded_session import Recorded

CANARY = "Zenobia-Quastenflosser"
# What a record is made of: the pseudonym, places, the sensors' own names, words of the product.
SHOWN = {
    "clinic",
    "station",
    "device",
    "family",
    "role",
    "arm",
    "patient_id",
    "pack",
    "joint",
    "side",
    "signal",
    "limit",
}


def poisoned(value: Any, key: str = "") -> Any:
    """The settings with the canary wherever a text is, or could be."""
    if isinstance(value, dict):
        return {name: poisoned(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one, key) for one in value]
    if key not in SHOWN and (value is None or isinstance(value, str)):
        return CANARY
    return value


@pytest.fixture(scope="module")
def facts(golden: Recorded) -> SessionFacts:
    recording = Recording(golden.path)
    station = poisoned(dict(recording.header.station))
    plan = dict(recording.header.plan)
    loosened = {"limit": "pain_stop", "value": 9.0, "therapist": CANARY, "reason": f"asked by {CANARY}"}
    plan["loosened"] = [loosened]

    def items() -> Iterator[Item]:
        for item in recording.items(raw=False):
            if isinstance(item, RecordedInput) and isinstance(item.value, Command):
                yield RecordedInput(value=replace(item.value, actor=CANARY))
            else:
                yield item

    return session_facts(replace(recording.header, plan=plan, station=station), items())


def test_the_poison_is_everywhere(golden: Recorded) -> None:
    station = poisoned(golden.station.model_dump(mode="json"))
    assert str(station).count(CANARY) > 20
    assert CANARY in str(station["people"])
    assert CANARY in str(station["broker"])


@pytest.mark.parametrize("name", FORMATS)
def test_no_artefact_names_anybody(facts: SessionFacts, golden: Recorded, name: str) -> None:
    one = FORMATS[name]
    if not one.is_installed():
        pytest.skip(f"{name} needs the extra `record`; `make test-record` has it")
    addresses = [str(device.address) for device in golden.station.devices if device.address]
    for free_text in (facts, without_free_text(facts)):
        for file, content in one.files(free_text):
            assert CANARY.encode() not in content, file
            assert CANARY.lower().encode() not in content, file
            for address in addresses:
                assert address.encode() not in content, file


def test_people_have_a_code_and_a_role(facts: SessionFacts) -> None:
    assert facts.people
    for person in facts.people:
        assert person.code.startswith(f"{person.role}-")


def test_a_loosened_limit_is_marked(facts: SessionFacts) -> None:
    assert [limit.name for limit in facts.limits if limit.loosened_from_pack] == ["pain_stop"]
