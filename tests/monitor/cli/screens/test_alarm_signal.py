"""When alerts sound."""

from monitor.cli.screens.alarm_signal import AlarmSignal

S = 1_000_000_000


def heard(signal: AlarmSignal, waiting: list[tuple[str, str]], seconds: range) -> list[tuple[int, str]]:
    due = [(second, signal.due(waiting, now_ns=second * S)) for second in seconds]
    return [(second, priority) for second, priority in due if priority is not None]


def test_what_is_new_sounds_at_once_and_again_while_nobody_answers() -> None:
    signal = AlarmSignal()
    assert heard(signal, [("A", "high")], range(31)) == [
        (0, "high"),
        (10, "high"),
        (20, "high"),
        (30, "high"),
    ]
    assert heard(signal, [], range(31, 60)) == []


def test_a_medium_one_sounds_more_rarely_and_a_low_one_once() -> None:
    assert heard(AlarmSignal(), [("A", "medium")], range(60)) == [
        (0, "medium"),
        (25, "medium"),
        (50, "medium"),
    ]
    assert heard(AlarmSignal(), [("A", "low")], range(60)) == [(0, "low")]


def test_a_second_alert_and_one_that_has_risen_sound_at_once() -> None:
    signal = AlarmSignal()
    assert signal.due([("A", "low")], now_ns=0) == "low"
    assert signal.due([("A", "low"), ("B", "medium")], now_ns=S) == "medium"
    assert signal.due([("A", "high"), ("B", "medium")], now_ns=2 * S) == "high"
    assert signal.due([("A", "high"), ("B", "medium")], now_ns=3 * S) is None
