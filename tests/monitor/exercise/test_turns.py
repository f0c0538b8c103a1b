from monitor.exercise.turns import TurnMerger
from tests.monitor.exercise.made import repetition


def test_two_turns_are_one_repetition() -> None:
    merger = TurnMerger(2, longest_pause_s=2.0)
    turns = [repetition(at_s=2.5 * i, rom_deg=40.0 + i) for i in range(6)]
    whole = [one for one in map(merger.add, turns) if one is not None]
    assert [one.index for one in whole] == [1, 2, 3]
    assert (whole[0].start_ns, whole[0].end_ns) == (turns[0].start_ns, turns[1].end_ns)
    assert whole[0].rom_deg == 41.0
    assert whole[0].sparc is None


def test_a_turn_that_nothing_follows_is_forgotten() -> None:
    merger = TurnMerger(2, longest_pause_s=2.0)
    assert merger.add(repetition(at_s=0.0)) is None
    assert merger.add(repetition(at_s=20.0)) is None
    assert merger.add(repetition(at_s=22.5)) is not None


def test_one_turn_is_handed_on() -> None:
    turn = repetition()
    assert TurnMerger(1, longest_pause_s=0.0).add(turn) is turn
