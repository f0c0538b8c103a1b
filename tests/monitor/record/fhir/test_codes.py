"""The table of codes covers what a session can have."""

from monitor.record.fhir.codes import LOINC_CODES, MDC_CODES, OUR_CODES, SIGNS, has_check_digit
from monitor.sensors import SensorRole


def test_a_device_of_every_role_can_leave_the_station() -> None:
    assert {role.value for role in SensorRole} <= set(OUR_CODES)


def test_every_loinc_code_has_its_check_digit() -> None:
    assert all(map(has_check_digit, LOINC_CODES))


def test_a_body_temperature_is_coded_as_the_profile_asks() -> None:
    sign = SIGNS["body_temperature_cel"]
    assert [code for _, code in sign.codings] == ["150364", "8310-5"]
    assert (sign.unit, sign.profile) == ("Cel", "http://hl7.org/fhir/StructureDefinition/bodytemp")
    assert MDC_CODES["150364"] == "MDC_TEMP_BODY"
