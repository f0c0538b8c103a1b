import pytest

from monitor.alerts.transition import Priority
from monitor.delivery.health import DeliveryHealth, local_alarm
from monitor.inputs import DeliveryStatus


def health(*, connected: bool = True, **ages: float) -> DeliveryHealth:
    return DeliveryHealth(
        connected=connected,
        open_events=len(ages),
        oldest_unconfirmed_s={Priority(name): age for name, age in ages.items()},
    )


@pytest.mark.parametrize(
    ("ages", "priority", "rings"),
    [
        ({}, None, False),
        ({"high": 9.9, "medium": 29.9, "low": 9999.0}, None, False),
        ({"high": 10.0}, Priority.HIGH, True),
        ({"medium": 30.0}, Priority.MEDIUM, False),
        ({"high": 11.0, "medium": 300.0}, Priority.HIGH, True),
        ({"high": 1.0, "medium": 31.0}, Priority.MEDIUM, False),
    ],
)
def test_the_station_calls_out_when_nobody_confirms(
    ages: dict[str, float], priority: Priority | None, rings: bool
) -> None:
    alarm = local_alarm(health(**ages))
    assert (alarm.priority if alarm else None, bool(alarm and alarm.rings)) == (priority, rings)


def test_it_says_why() -> None:
    here, away = local_alarm(health(high=12.0)), local_alarm(health(high=12.0, connected=False))
    assert here is not None
    assert away is not None
    assert "12 s: no answer from a therapist" in here.sentence
    assert "no connection to the broker" in away.sentence


def test_the_same_for_the_sessions_rules() -> None:
    assert health(high=3.5).as_input(7) == DeliveryStatus(
        received_ns=7, connected=True, oldest_unconfirmed_high_s=3.5, oldest_unconfirmed_medium_s=None
    )
