from dataclasses import replace

import pytest

from monitor.exercise.series import is_series
from tests.monitor.exercise.made import repetition

S = 1_000_000_000


def test_three_alike_in_a_row_are_a_series() -> None:
    three = [repetition(at_s=3.0 * i) for i in range(3)]
    assert is_series(three, least=3)
    assert not is_series(three[:2], least=3)
    assert is_series(three[:2], least=2)


@pytest.mark.parametrize("change", ["range", "partial", "pause", "gap"])
def test_what_is_handled_or_pauses_is_none(change: str) -> None:
    three = [repetition(at_s=3.0 * i) for i in range(3)]
    last = three[-1]
    three[-1] = {
        "range": replace(last, rom_deg=3.0 * last.rom_deg),
        "partial": replace(last, partial=True),
        "pause": replace(last, start_ns=last.start_ns + 20 * S, end_ns=last.end_ns + 20 * S),
        "gap": replace(last, interrupted=True),
    }[change]
    assert not is_series(three, least=3)
