"""Polar's control point: the published commands, answers, settings, and each damage."""

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.polar_pmd import Measurement
from protocols.ble.polar_pmd_control import (
    START_ACC_200_HZ_8_G,
    START_ECG,
    ErrorCode,
    Features,
    Opcode,
    Request,
    Response,
    Setting,
    SettingKind,
    decode_features,
    decode_response,
    decode_settings,
    encode_request,
    encode_settings,
)
from tests.support.refusals import does_not_fit, refused


def test_the_published_commands() -> None:
    assert encode_request(START_ECG).hex() == "02000001820001010e00"
    assert encode_request(START_ACC_200_HZ_8_G).hex() == "0202020108000001c80001011000"
    assert encode_request(Request(opcode=Opcode.STOP, measurement=Measurement.ACC)).hex() == "0302"
    assert encode_request(Request(opcode=Opcode.GET_SETTINGS, measurement=Measurement.ACC)).hex() == "0102"


def test_settings_to_choose_from() -> None:
    data = bytes.fromhex("0004190032006400c8000101100002030200040008000401030501cdcccc3d")
    assert decode_settings(data) == (
        Setting(kind=SettingKind.RATE_HZ, values=(25, 50, 100, 200)),
        Setting(kind=SettingKind.RESOLUTION_BITS, values=(16,)),
        Setting(kind=SettingKind.RANGE, values=(2, 4, 8)),
        Setting(kind=SettingKind.CHANNELS, values=(3,)),
        Setting(kind=SettingKind.FACTOR, values=(pytest.approx(0.1),)),
    )


def test_answers() -> None:
    assert decode_response(bytes.fromhex("f0020000")).error is ErrorCode.SUCCESS
    assert decode_response(bytes.fromhex("f0020063")).error == 0x63
    answer = decode_response(bytes.fromhex("f00102000100010119"))
    assert (answer.more, answer.parameters.hex()) == (True, "00010119")


def test_what_a_sensor_can_stream() -> None:
    features = decode_features(bytes.fromhex("0f05"))
    assert features == Features(bits=5, size=1)
    assert [m for m in Measurement if features.supports(m)] == [Measurement.ECG, Measurement.ACC]


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("request", "02", (Damage.TOO_SHORT, 1)),
        ("request", "0400", (Damage.UNKNOWN_CODE, 0)),
        ("request", "0204", (Damage.UNKNOWN_CODE, 0)),
        ("request", "030200", (Damage.TOO_LONG, 2)),
        ("request", "020000", (Damage.TOO_SHORT, 3)),
        ("request", "02000601", (Damage.UNKNOWN_CODE, 2)),
        ("request", "0200000182", (Damage.TOO_SHORT, 5)),
        ("response", "f00200", (Damage.TOO_SHORT, 3)),
        ("response", "0f020000", (Damage.HEADER, 0)),
        ("response", "f002000002", (Damage.VALUE, 4)),
        ("settings", "00" * 513, (Damage.TOO_LONG, 512)),
        ("features", "0f", (Damage.TOO_SHORT, 1)),
        ("features", "f005", (Damage.HEADER, 0)),
        ("features", "0f" + "00" * 17, (Damage.TOO_LONG, 17)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"polar_pmd_control.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    rate = Setting(kind=SettingKind.RATE_HZ, values=(1 << 16,))
    many = (Setting(kind=SettingKind.FACTOR, values=(1.0,) * 126),)
    assert len(encode_settings(many)) == 506
    does_not_fit("polar_pmd_control.settings", (rate,))
    does_not_fit("polar_pmd_control.settings", many * 2)
    longest = (*many, Setting(kind=SettingKind.RATE_HZ, values=(25, 50)))
    assert len(encode_settings(longest)) == 512
    request = Request(opcode=Opcode.START, measurement=Measurement.ECG, settings=longest)
    does_not_fit("polar_pmd_control.request", request)
    stop = Request(opcode=Opcode.STOP, measurement=Measurement.ECG, settings=START_ECG.settings)
    does_not_fit("polar_pmd_control.request", stop)
    does_not_fit("polar_pmd_control.response", Response(opcode=1, measurement=0, error=256))
    does_not_fit("polar_pmd_control.response", Response(opcode=1, measurement=0, error=0, parameters=b"\x01"))
    does_not_fit(
        "polar_pmd_control.response",
        Response(opcode=1, measurement=0, error=0, more=False, parameters=bytes(508)),
    )
    does_not_fit("polar_pmd_control.features", Features(bits=256, size=1))
    does_not_fit("polar_pmd_control.features", Features(bits=0, size=17))
