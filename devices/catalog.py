"""All drivers, in the order in which they are offered an advertisement: the particular first."""

from devices.and_medical import AndMedical
from devices.berrymed import BerryMed
from devices.beurer import Beurer
from devices.blood_pressure import BloodPressureCuff
from devices.cms50d_bt import Cms50dBt
from devices.driver import DeviceConfig, Driver
from devices.errors import UnknownFamilyError
from devices.heart_rate import HeartRateStrap
from devices.jks50f import Jks50f
from devices.jumper import Jumper
from devices.metamotion import MetaMotion
from devices.microlife import Microlife
from devices.mightysat import MightySat
from devices.movella_dot import MovellaDot
from devices.movesense import Movesense
from devices.nonin import Nonin
from devices.omron import Omron
from devices.omron_memory import OmronMemory
from devices.pc60fw import Pc60Fw
from devices.polar_pmd import PolarPmd
from devices.pulse_oximeter import PulseOximeter
from devices.qardioarm import QardioArm
from devices.sensortag import SensorTag
from devices.thingy52 import Thingy52
from devices.viatom_bp2 import ViatomBp2
from devices.viatom_o2 import ViatomO2
from devices.viatom_oxyii import ViatomOxyII
from devices.witmotion import WitMotion
from devices.yonker import Yonker
from devices.yuwell import Yuwell

DRIVERS: tuple[type[Driver], ...] = (
    # Pulse oximeters with a protocol of their own.
    Nonin,
    BerryMed,
    ViatomO2,
    ViatomOxyII,
    Pc60Fw,
    Jumper,
    MightySat,
    Cms50dBt,
    Jks50f,
    Yuwell,
    # Cuffs, the general ones below.
    ViatomBp2,
    AndMedical,
    OmronMemory,
    Omron,
    Beurer,
    QardioArm,
    Microlife,
    Yonker,
    # IMUs.
    WitMotion,
    MovellaDot,
    MetaMotion,
    Movesense,
    Thingy52,
    SensorTag,
    PolarPmd,
    # Any product that keeps a profile, after every family that has its own driver for it.
    PulseOximeter,
    BloodPressureCuff,
    HeartRateStrap,
)


def driver_for(config: DeviceConfig) -> Driver:
    """A driver for one configured device.

    Raises:
        UnknownFamilyError: no driver serves its family.
        OptionError: its options do not fit.
    """
    for driver in DRIVERS:
        if driver.family == config.family:
            return driver(config)
    raise UnknownFamilyError(config.family, tuple(sorted(driver.family for driver in DRIVERS)))
