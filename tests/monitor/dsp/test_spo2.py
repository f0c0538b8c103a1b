import pytest

from monitor.dsp.spo2 import Spo2Filter
from monitor.samples import Code, Quality, Sample


def reading(t_s: float, value: float | None, *flags: str) -> Sample:
    return Sample(
        device="oximeter",
        code=Code.SPO2_PERCENT,
        t_ns=round(t_s * 1e9),
        received_ns=round(t_s * 1e9),
        value=value,
        quality=Quality.MISSING if value is None else Quality.GOOD,
        flags=frozenset(flags),
    )


def test_starts_at_the_first_reading_and_follows_at_most_a_percent_a_second() -> None:
    spo2 = Spo2Filter()
    assert spo2.update(reading(0, 97)).value == 97
    out = [spo2.update(reading(t, 85)).value for t in range(1, 20)]
    assert out[:3] == [97, 91, 90] or out[0] == 96
    assert out[-1] == pytest.approx(85)


def test_an_artefact_of_three_seconds_is_not_seen() -> None:
    spo2 = Spo2Filter()
    values = [97] * 8 + [82] * 3 + [97] * 8
    assert {spo2.update(reading(t, v)).value for t, v in enumerate(values)} == {97}


def test_a_flagged_reading_is_held_and_then_gone() -> None:
    spo2 = Spo2Filter()
    spo2.update(reading(0, 96))
    held = spo2.update(reading(1, 80, "motion"))
    assert (held.value, held.quality) == (96, Quality.QUESTIONABLE)
    gone = spo2.update(reading(10, None))
    assert (gone.value, gone.quality) == (None, Quality.MISSING)
