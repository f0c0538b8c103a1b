"""All drivers, in the order in which they are offered an advertisement: the particular first."""

from devices.drivers.and_medical import AndMedical
from devices.drivers.berrymed import BerryMed
from devices.drivers.beurer import Beurer
from devices.drivers.blood_pressure import BloodPressureCuff
from devices.drivers.bluest import BlueSt
from devices.drivers.cms50d_bt import Cms50dBt
from devices.drivers.colmi_ring import ColmiRing
from devices.drivers.concept2_pm5 import Concept2Pm5
from devices.drivers.cycling_power import CyclingPower
from devices.drivers.cycling_speed_cadence import CyclingSpeedCadence
from devices.drivers.driver import DeviceConfig, Driver
from devices.drivers.fitness_machine import FitnessMachine
from devices.drivers.fitshow import FitShow
from devices.drivers.fora import Fora
from devices.drivers.health_thermometer import HealthThermometer
from devices.drivers.heart_rate import HeartRateStrap
from devices.drivers.jks50f import Jks50f
from devices.drivers.jumper import Jumper
from devices.drivers.metamotion import MetaMotion
from devices.drivers.microlife import Microlife
from devices.drivers.mightysat import MightySat
from devices.drivers.movella_dot import MovellaDot
from devices.drivers.movesense import Movesense
from devices.drivers.nonin import Nonin
from devices.drivers.omron import Omron
from devices.drivers.omron_memory import OmronMemory
from devices.drivers.pc60fw import Pc60Fw
from devices.drivers.polar_pmd import PolarPmd
from devices.drivers.pulse_oximeter import PulseOximeter
from devices.drivers.qardioarm import QardioArm
from devices.drivers.running_speed_cadence import RunningSpeedCadence
from devices.drivers.sensortag import SensorTag
from devices.drivers.thingy52 import Thingy52
from devices.drivers.viatom_bp2 import ViatomBp2
from devices.drivers.viatom_o2 import ViatomO2
from devices.drivers.viatom_oxyii import ViatomOxyII
from devices.drivers.walkingpad import WalkingPad
from devices.drivers.witmotion import WitMotion
from devices.drivers.yonker import Yonker
from devices.drivers.yuwell import Yuwell
from devices.errors import UnknownFamilyError

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
    # Its service looks like the Nordic UART.
    ColmiRing,
    # Cuffs, the general ones below.
    ViatomBp2,
    AndMedical,
    OmronMemory,
    Omron,
    Beurer,
    QardioArm,
    Microlife,
    Yonker,
    Fora,
    # IMUs.
    WitMotion,
    MovellaDot,
    MetaMotion,
    Movesense,
    Thingy52,
    SensorTag,
    PolarPmd,
    BlueSt,
    # Machines: a treadmill relays a strap's rate as well, and is no strap.
    Concept2Pm5,
    WalkingPad,
    FitShow,
    FitnessMachine,
    # Any product that keeps a profile, after every family that has its own driver for it.
    PulseOximeter,
    BloodPressureCuff,
    HealthThermometer,
    HeartRateStrap,
    # Straps that count steps are straps.
    CyclingPower,
    CyclingSpeedCadence,
    RunningSpeedCadence,
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
