import pytest

from protocols.ble.bluest import (
    ACC,
    ACC_GYR,
    MOTION,
    QUATERNION,
    Advertisement,
    Quaternions,
    decode_acc_gyr,
    decode_advertisement,
    decode_motion,
    decode_vector,
    encode_quaternion,
)
from protocols.ble.codec.errors import Damage
from tests.support.refusals import does_not_fit, refused


def test_the_characteristic_begins_with_the_mask_of_its_features() -> None:
    assert MOTION == "00e00000-0001-11e1-ac36-0002a5d5c51b"
    assert QUATERNION == "00000100-0001-11e1-ac36-0002a5d5c51b"
    assert ACC == "00800000-0001-11e1-ac36-0002a5d5c51b"
    assert ACC_GYR == "00c00000-0001-11e1-ac36-0002a5d5c51b"


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
        ("bluest.vector", "00" * 9, (Damage.TOO_LONG, 8)),
        ("bluest.acc_gyr", "00" * 13, (Damage.TOO_SHORT, 13)),
        ("bluest.advertisement", "0102000000", (Damage.TOO_SHORT, 5)),
        ("bluest.advertisement", "020200000000", (Damage.UNKNOWN_CODE, 0)),
        ("bluest.advertisement", "010200000000c001", (Damage.VALUE, 6)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


def test_one_to_three_quaternions_fit() -> None:
    assert len(encode_quaternion(Quaternions(timestamp=0, xyz_raw=((0, 0, 0),) * 3))) == 20
    does_not_fit("bluest.quaternion", Quaternions(timestamp=0, xyz_raw=()))
    does_not_fit("bluest.quaternion", Quaternions(timestamp=0, xyz_raw=((0, 0, 0),) * 4))


def test_fewer_features_are_shorter() -> None:
    assert decode_vector(bytes.fromhex("0900" + "0100feffe803")).xyz == (1, -2, 1000)
    both = decode_acc_gyr(bytes.fromhex("0900" + "0100feffe803" + "040005000600"))
    assert (both.acc_mg, both.gyr_0_1_deg_s) == ((1, -2, 1000), (4, 5, 6))


def test_the_advertisement_says_what_the_board_can_send() -> None:
    """The mask is big-endian there; the vendor's page has the table."""
    tile = decode_advertisement(bytes.fromhex("010200e00100c0010203 0405".replace(" ", "")))
    assert (tile.device, tile.features) == (2, 0x00E0_0100)
    assert tile.address == bytes.fromhex("c00102030405")
    assert decode_advertisement(bytes.fromhex("018000000000")) == Advertisement(device=0x80, features=0)
    does_not_fit("bluest.advertisement", Advertisement(device=1, features=0, address=b""))
    does_not_fit("bluest.advertisement", Advertisement(device=256, features=0))
