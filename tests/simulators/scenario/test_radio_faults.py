from simulators.faults.failure_modes import FAILURE_MODES
from simulators.faults.kinds import FAULTS, Layer
from simulators.faults.schedule import Fault
from simulators.scenario.radio_faults import RADIO_FAULTS, Target


def test_every_radio_fault_of_the_table_can_be_done_and_no_other() -> None:
    named = {name for name, kind in FAULTS.items() if kind.layer is Layer.RADIO}
    assert named == set(RADIO_FAULTS)


def test_every_recorded_failure_mode_has_a_name_in_scenarios() -> None:
    assert {mode.name for mode in FAILURE_MODES} <= set(FAULTS)


def test_every_fault_says_what_it_is() -> None:
    for name, kind in FAULTS.items():
        assert kind.name == name
        assert kind.meaning
        target = Target(address="C0:00:00:00:00:01", numbers=dict.fromkeys(kind.numbers, 0.5))
        if kind.layer is Layer.RADIO:
            assert isinstance(RADIO_FAULTS[name](target), Fault)


def test_every_number_of_a_fault_reaches_it() -> None:
    for name, kind in FAULTS.items():
        if kind.layer is not Layer.RADIO:
            continue
        for number in kind.numbers:
            one = RADIO_FAULTS[name](Target(address="C0:00:00:00:00:01", numbers={number: 2.0}))
            other = RADIO_FAULTS[name](Target(address="C0:00:00:00:00:01", numbers={number: 3.0}))
            assert one != other, f"{name} ignores {number}"
