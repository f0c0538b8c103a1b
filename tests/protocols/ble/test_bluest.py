import pytest

from protocols.ble.bluest import MOTION, QUATERNION, Quaternions, decode_motion, encode_quaternion
from protocols.ble.errors import Damage
from tests.support.refusals import does_not_fit, refused


def test_the_characteristic_begins_with_the_mask_of_its_features() -> None:
    assert MOTION == "00e00000-0001-11e1-ac36-0002a5d5c51b"
    assert QUATERNION == "00000100-0001-11e1-ac36-0002a5d5c51b"


def test_motion_is_timestamp_acceleration_rate_field() -> None:
    motion = decode_motion(bytes.fromhex("0900" + "0100feff0300" + "040005000600" + "0700f8ff0900"))
    assert motion.timestamp == 9
    assert motion.acc_mg == (1, -2, 3)
    assert motion.gyr_0_1_deg_s == (4, 5, 6)
    assert motion.mag_mg == (7, -8, 9)


def test_w_completes_the_quaternion() -> None:
    (first, second) = Quaternions(timestamp=0, xyz_raw=((6000, 0, 0), (10000, 10000, 0))).quaternions_wxyz
    assert first == pytest.approx((0.8, 0.6, 0.0, 0.0))
    assert second[0] == 0.0, "rounding on the wire may make the rest longer than 1"


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("bluest.motion", "00" * 19, (Damage.TOO_SHORT, 19)),
        ("bluest.quaternion", "00" * 7, (Damage.TOO_SHORT, 7)),
        ("bluest.quaternion", "00" * 9, (Damage.VALUE, 9)),
        ("bluest.quaternion", "00" * 26, (Damage.TOO_LONG, 20)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


def test_one_to_three_quaternions_fit() -> None:
    assert len(encode_quaternion(Quaternions(timestamp=0, xyz_raw=((0, 0, 0),) * 3))) == 20
    does_not_fit("bluest.quaternion", Quaternions(timestamp=0, xyz_raw=()))
    does_not_fit("bluest.quaternion", Quaternions(timestamp=0, xyz_raw=((0, 0, 0),) * 4))
