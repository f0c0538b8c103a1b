import math

import pytest

from monitor.motion.goniometer_values import quality_of_error
from monitor.samples import Quality


@pytest.mark.parametrize(
    ("error_deg", "quality"),
    [(2.0, Quality.GOOD), (7.0, Quality.QUESTIONABLE), (20.0, Quality.POOR), (math.inf, Quality.MISSING)],
)
def test_quality_of_an_expected_error(error_deg: float, quality: Quality) -> None:
    assert quality_of_error(error_deg) is quality
