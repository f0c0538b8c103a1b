"""A&D UA-651BLE and UA-1200BLE."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.blood_pressure import BloodPressureCuff
from protocols.ble import and_medical


class AndMedical(BloodPressureCuff):
    """Comes for a few seconds after each reading, wants its clock set within 5 s, and hangs up when done.

    A host that connects and does not ask for readings makes it show E10.
    """

    family = "and_medical"
    title = "A&D UA-651BLE, UA-1200BLE"
    bonds = True
    advice = "hold START until the display shows Pr"
    # It hangs up by itself; this is for the day it does not.
    silence_completes_s = 15.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name; the service is every cuff's."""
        return advertisement.name.startswith(and_medical.NAME_PREFIXES)
