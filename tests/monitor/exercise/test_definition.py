import pytest

from monitor.exercise.definition import RepetitionDefinition


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("min_amplitude_deg", 0.0),
        ("min_amplitude_deg", 100.0),
        ("target_low_deg", -1.0),
        ("target_low_deg", 95.0),
        ("partial_fraction", 0.0),
        ("partial_fraction", 1.5),
        ("min_duration_s", 0.0),
    ],
)
def test_refuses_what_no_movement_can_meet(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=key):
        RepetitionDefinition(**{"target_low_deg": 60.0, "target_high_deg": 90.0, key: value})
