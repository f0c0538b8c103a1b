import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.user_data import Consent, Opcode, RegisterUser, Result, UserResponse, encode_control_point
from tests.support.refusals import does_not_fit, refused

CONTROL_POINT = "user_data.control_point"


def test_requests_are_opcode_index_code() -> None:
    assert encode_control_point(RegisterUser(consent_code=0x1234)).hex() == "013412"
    assert encode_control_point(Consent(user_index=2, consent_code=9999)).hex() == "02020f27"


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("", (Damage.TOO_SHORT, 0)),
        ("04", (Damage.UNKNOWN_CODE, 0)),
        ("0134", (Damage.TOO_SHORT, 2)),
        ("0300", (Damage.TOO_LONG, 1)),
        ("011027", (Damage.VALUE, 1)),  # 10000
        ("02011027", (Damage.VALUE, 2)),
        ("2001", (Damage.TOO_SHORT, 2)),
        ("200106", (Damage.UNKNOWN_CODE, 1)),
        ("20020102", (Damage.TOO_LONG, 3)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(CONTROL_POINT, frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit(CONTROL_POINT, RegisterUser(consent_code=10_000))
    does_not_fit(CONTROL_POINT, Consent(user_index=256, consent_code=0))
    does_not_fit(CONTROL_POINT, UserResponse(request=Opcode.CONSENT, result=Result.SUCCESS, user_index=1))
    does_not_fit("user_data.user_index", 256)
    does_not_fit("user_data.database_change_increment", 2**32)
