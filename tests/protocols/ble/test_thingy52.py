import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.thingy52 import Euler, Heading, Quaternion, RawMotion, Tap, decode_raw
from tests.support.refusals import does_not_fit, refused


def test_scales_are_those_of_the_firmware() -> None:
    raw = RawMotion(acc_raw=(1024, -512, 0), gyr_raw=(32, -64, 0), mag_raw=(16, -8, 0))
    assert raw.acc_g == (1.0, -0.5, 0.0)
    assert raw.gyr_deg_s == (1.0, -2.0, 0.0)
    assert raw.mag_ut == (1.0, -0.5, 0.0)
    assert Quaternion(wxyz_raw=(2**30, 0, -(2**29), 0)).quaternion_wxyz == (1.0, 0.0, -0.5, 0.0)
    assert Euler(angles_raw=(65536, -32768, 65536 * 180)).euler_deg == (1.0, -0.5, 180.0)
    assert Heading(heading_raw=65536 * 359).heading_deg == 359.0


def test_one_lying_still_feels_one_g_in_the_firmwares_scale() -> None:
    raw = decode_raw(bytes.fromhex("f3ffbdff02fceaff0500f6ff000000000000"))
    assert sum(axis**2 for axis in raw.acc_g) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("message", "size"),
    [
        ("configuration", 9),
        ("tap", 2),
        ("orientation", 1),
        ("quaternion", 16),
        ("pedometer", 8),
        ("raw", 18),
        ("euler", 12),
        ("rotation_matrix", 18),
        ("heading", 4),
        ("gravity", 12),
    ],
)
def test_each_characteristic_has_its_length(message: str, size: int) -> None:
    assert refused(f"thingy52.{message}", "00" * (size - 1)) == (Damage.TOO_SHORT, size - 1)
    assert refused(f"thingy52.{message}", "00" * (size + 1)) == (Damage.TOO_LONG, size)


def test_there_are_four_orientations() -> None:
    assert refused("thingy52.orientation", "04") == (Damage.UNKNOWN_CODE, 0)


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("thingy52.tap", Tap(direction=256, count=0))
    does_not_fit("thingy52.heading", Heading(heading_raw=2**31))
    does_not_fit("thingy52.raw", RawMotion(acc_raw=(32768, 0, 0), gyr_raw=(0, 0, 0), mag_raw=(0, 0, 0)))
