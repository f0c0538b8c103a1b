"""QardioArm and QardioArm 2."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.blood_pressure import BloodPressureCuff
from protocols.ble import qardioarm


class QardioArm(BloodPressureCuff):
    """Reports the pressure while it inflates; its last report is the reading.

    It is started at the cuff, never from here.
    """

    family = "qardioarm"
    title = "QardioArm, QardioArm 2"

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name; the service is every cuff's."""
        return advertisement.name.startswith(qardioarm.NAME_PREFIXES)
