"""Every family and message by name and by characteristic, for the command line and for tests of them all.

A table, written out. Loading it loads no format: each row names a module (`viatom_o2`), and the module's
`decode_realtime` and `encode_realtime` are looked up when `viatom_o2.realtime` is first used. Characteristics
are named constants of that module.
"""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from protocols.ble.codec.assigned_numbers import short_number, uuid16
from protocols.ble.codec.framing import Framer
from protocols.ble.codec.value import value


class Direction(StrEnum):
    """Who sends it."""

    FROM_DEVICE = "from device"
    TO_DEVICE = "to device"
    BOTH = "both"
    PART = "part"  # of another message, of a file or of the device's memory


class Kind(StrEnum):
    """What the family is."""

    PULSE_OXIMETER = "pulse oximeter"
    CUFF = "cuff"
    HEART_RATE = "heart rate"
    MOTION = "motion"
    EXERCISE_MACHINE = "exercise machine"
    THERMOMETER = "thermometer"
    SERVICE = "service"


@value(kw_only=False)
class Message:
    """One message of the wire.

    `characteristics` are names of constants in the message's module; `envelope` is the message whose content
    this one is, and `envelope_field` the field of it that holds this one's bytes.
    """

    name: str
    direction: Direction
    characteristics: tuple[str, ...] = ()
    envelope: str | None = None
    envelope_field: str = "content"

    @property
    def module(self) -> ModuleType:
        """The format's module."""
        return import_module(f"protocols.ble.{self.name.partition('.')[0]}")

    @property
    def decode(self) -> Callable[[bytes], Any]:
        """From bytes to the measurement; raises only `DecodeError`."""
        function: Callable[[bytes], Any] = getattr(self.module, f"decode_{self.name.partition('.')[2]}")
        return function

    @property
    def encode(self) -> Callable[[Any], bytes]:
        """From the measurement to bytes; raises `EncodeError`."""
        function: Callable[[Any], bytes] = getattr(self.module, f"encode_{self.name.partition('.')[2]}")
        return function

    @property
    def uuids(self) -> tuple[str, ...]:
        """The full UUIDs of the characteristics that carry it."""
        found: list[str] = []
        for constant in self.characteristics:
            content = getattr(self.module, constant)
            found += (content,) if isinstance(content, str) else content
        return tuple(found)


@value
class Family:
    """Devices that speak alike.

    `framers` are classes, `module.Class`; `vectors` is how many published frames its tests hold.
    """

    name: str
    title: str
    kind: Kind
    messages: tuple[Message, ...] = ()
    framers: tuple[str, ...] = ()
    vectors: int = 0
    experimental: bool = False

    @property
    def framer_classes(self) -> tuple[type[Framer[Any]], ...]:
        """The framers of its streams."""
        found = []
        for path in self.framers:
            module, _, name = path.partition(".")
            found.append(getattr(import_module(f"protocols.ble.{module}"), name))
        return tuple(found)


def _from(name: str, *characteristics: str) -> Message:
    return Message(name, Direction.FROM_DEVICE, characteristics)


def _to(name: str, *characteristics: str) -> Message:
    return Message(name, Direction.TO_DEVICE, characteristics)


def _both(name: str, *characteristics: str) -> Message:
    return Message(name, Direction.BOTH, characteristics)


def _part(name: str, envelope: str | None = None, field: str = "content") -> Message:
    return Message(name, Direction.PART, (), envelope, field)


FAMILIES: Final = (
    Family(
        name="pulse_oximeter",
        title="Pulse Oximeter Service: ChoiceMMed and any other oximeter that keeps to it",
        kind=Kind.PULSE_OXIMETER,
        messages=(
            _from("pulse_oximeter.continuous", "CONTINUOUS"),
            _from("pulse_oximeter.spot_check", "SPOT_CHECK"),
            _from("pulse_oximeter.features", "FEATURES"),
            _both("record_access.control_point", "CONTROL_POINT"),
        ),
        vectors=38,
    ),
    Family(
        name="blood_pressure",
        title="Blood Pressure Service: boso medicus and any other cuff that keeps to it",
        kind=Kind.CUFF,
        messages=(
            _from("blood_pressure.measurement", "MEASUREMENT"),
            _from("blood_pressure.intermediate_cuff_pressure", "INTERMEDIATE_CUFF_PRESSURE"),
            _from("blood_pressure.feature", "FEATURE"),
            _from("prefixed_blood_pressure.measurement"),
        ),
        vectors=30,
    ),
    Family(
        name="beurer",
        title="Beurer BM54, BM57, BM64, BM85, BC54, Sanitas SBM69, Medisana BU570: the service's format",
        kind=Kind.CUFF,
        vectors=5,
    ),
    Family(
        name="enhanced_blood_pressure",
        title="Enhanced Blood Pressure (Blood Pressure Service 1.1)",
        kind=Kind.CUFF,
        messages=(
            _from("enhanced_blood_pressure.measurement", "MEASUREMENT"),
            _from("enhanced_blood_pressure.intermediate_cuff_pressure", "INTERMEDIATE_CUFF_PRESSURE"),
            _from("enhanced_blood_pressure.record", "RECORD"),
        ),
        experimental=True,
    ),
    Family(
        name="heart_rate",
        title="Heart Rate Service",
        kind=Kind.HEART_RATE,
        messages=(
            _from("heart_rate.measurement", "MEASUREMENT"),
            _from("heart_rate.body_sensor_location", "BODY_SENSOR_LOCATION"),
            _to("heart_rate.control_point", "CONTROL_POINT"),
        ),
        vectors=57,
    ),
    Family(
        name="services",
        title="Battery, Device Information, Current Time and User Data Services, and the number types",
        kind=Kind.SERVICE,
        messages=(
            _from("battery.level", "LEVEL"),
            _from("device_information.text", "TEXTS"),
            _from("device_information.system_id", "SYSTEM_ID"),
            _from("device_information.pnp_id", "PNP_ID"),
            _both("current_time.current_time", "CURRENT_TIME"),
            _both("current_time.local_time_information", "LOCAL_TIME_INFORMATION"),
            _both("date_time.date_time", "DATE_TIME"),
            _both("user_data.user_index", "USER_INDEX"),
            _both("user_data.database_change_increment", "DATABASE_CHANGE_INCREMENT"),
            _both("user_data.control_point", "CONTROL_POINT"),
            _part("ieee11073.sfloat"),
            _part("ieee11073.float"),
        ),
        vectors=34,
    ),
    Family(
        name="nonin",
        title="Nonin 3230, 3231, WristOx2 3150",
        kind=Kind.PULSE_OXIMETER,
        messages=(
            _from("nonin.continuous", "CONTINUOUS"),
            _from("nonin.pulse_intervals", "PULSE_INTERVALS"),
            _from("nonin.ppg", "PPG"),
            _from("nonin.status", "STATUS"),
            _from("nonin.control_response", "CONTROL_POINT"),
        ),
        vectors=1,
    ),
    Family(
        name="berrymed",
        title="BerryMed BM1000",
        kind=Kind.PULSE_OXIMETER,
        messages=(_from("berrymed.frame", "NOTIFY"), _part("berrymed.bci"), _part("berrymed.berry")),
        framers=("berrymed.BerryMedFramer",),
    ),
    Family(
        name="viatom_o2",
        title="Viatom, Wellue O2Ring, Checkme O2, SleepU, SleepO2, WearO2, KidsO2, Oxylink",
        kind=Kind.PULSE_OXIMETER,
        messages=(
            _to("viatom_o2.command", "WRITE"),
            _from("viatom_o2.reply", "NOTIFY"),
            _part("viatom_o2.realtime", "viatom_o2.reply"),
            _part("viatom_o2.waveform", "viatom_o2.reply"),
            _part("viatom_o2.info", "viatom_o2.reply"),
        ),
        framers=("viatom_o2.ViatomO2Framer",),
        vectors=5,
    ),
    Family(
        name="viatom_oxyii",
        title="Wellue O2Ring-S (T8520)",
        kind=Kind.PULSE_OXIMETER,
        messages=(
            _to("viatom_oxyii.command", "WRITE"),
            _from("viatom_oxyii.reply", "NOTIFY"),
            _part("viatom_oxyii.live", "viatom_oxyii.reply"),
            _part("viatom_oxyii.battery", "viatom_oxyii.reply"),
            _part("viatom_oxyii.info", "viatom_oxyii.reply"),
            _part("viatom_oxyii.file_list", "viatom_oxyii.reply"),
        ),
        framers=("viatom_oxyii.ViatomOxyIIFramer",),
        vectors=12,
    ),
    Family(
        name="pc60fw",
        title="Viatom PC-60FW, OxySmart, POD-1",
        kind=Kind.PULSE_OXIMETER,
        messages=(_both("pc60fw.frame", "NOTIFY", "WRITE"), _part("pc60fw.body")),
        framers=("pc60fw.Pc60FwFramer",),
        vectors=27,
    ),
    Family(
        name="jumper",
        title="Jumper JPD-500F, My Oximeter, OXY500 BT",
        kind=Kind.PULSE_OXIMETER,
        messages=(_from("jumper.notification", "NOTIFY"),),
        vectors=2,
    ),
    Family(
        name="mightysat",
        title="Masimo MightySat Rx",
        kind=Kind.PULSE_OXIMETER,
        messages=(_to("mightysat.command", "WRITE"), _from("mightysat.report", "NOTIFY")),
        framers=("mightysat.MightySatFramer",),
        vectors=23,
    ),
    Family(
        name="cms50d_bt",
        title="Contec CMS50D-BT",
        kind=Kind.PULSE_OXIMETER,
        messages=(
            _from("cms50d_bt.frame", "NOTIFY", "NOTIFY_2"),
            _to("cms50d_bt.command", "WRITE"),
        ),
        framers=("cms50d_bt.Cms50dFramer",),
        vectors=9,
    ),
    Family(
        name="beurer_po60",
        title="Beurer PO60 (stored sessions only)",
        kind=Kind.PULSE_OXIMETER,
        messages=(
            _to("beurer_po60.command", "WRITE"),
            _from("beurer_po60.clock_set", "NOTIFY"),
            _from("beurer_po60.record", "NOTIFY"),
        ),
        framers=("beurer_po60.BeurerPo60Framer",),
        vectors=4,
    ),
    Family(
        name="jks50f",
        title="JKS50F (OXIMETER)",
        kind=Kind.PULSE_OXIMETER,
        messages=(_from("jks50f.frame", "NOTIFY"),),
        framers=("jks50f.Jks50fFramer",),
    ),
    Family(
        name="yuwell",
        title="Yuwell oximeters",
        kind=Kind.PULSE_OXIMETER,
        messages=(_from("yuwell.values", "NOTIFY"),),
        vectors=1,
    ),
    Family(
        name="and_medical",
        title="A&D UA-651BLE, UA-1200BLE",
        kind=Kind.CUFF,
        messages=(_both("and_medical.control", "CONTROL"),),
        vectors=8,
    ),
    Family(
        name="omron",
        title="Omron cuffs: advertisement, memory packets, records of each layout",
        kind=Kind.CUFF,
        messages=(
            _part("omron_advertisement.manufacturer_data"),
            _both("omron_eeprom.packet", "NOTIFY", "WRITE"),
            _to("omron_eeprom.unlock_command", "UNLOCK"),
            _from("omron_eeprom.unlock_reply", "UNLOCK"),
            _part("omron_record.little_endian_14"),
            _part("omron_record.little_endian_16"),
            _part("omron_record.little_endian_24"),
            _part("omron_record.big_endian_14"),
            _part("omron_record.date_first_16"),
            _part("omron_record.clock_at_8"),
            _part("omron_record.clock_at_8_swapped"),
            _part("omron_record.clock_at_2_swapped"),
        ),
        vectors=41,
    ),
    Family(
        name="microlife",
        title="Microlife BP3GY1-2N, B4 BT",
        kind=Kind.CUFF,
        messages=(_both("microlife.frame", "NOTIFY", "WRITE"), _part("microlife.records", "microlife.frame")),
        framers=("microlife.MicrolifeFramer",),
        vectors=13,
    ),
    Family(
        name="yonker",
        title="Yonker and Yongrow YK-IBPA1, YK-BPW5, METIKO MT-YK-BPA1",
        kind=Kind.CUFF,
        messages=(_from("yonker.notification", "NOTIFY"),),
        vectors=3,
    ),
    Family(
        name="qardioarm",
        title="QardioArm, QardioArm 2",
        kind=Kind.CUFF,
        messages=(_to("qardioarm.command", "CONTROL"),),
        vectors=2,
    ),
    Family(
        name="viatom_bp2",
        title="Viatom, Wellue BP2, BP2A, BP2W",
        kind=Kind.CUFF,
        messages=(
            _to("viatom_bp2.command", "WRITE"),
            _from("viatom_bp2.reply", "NOTIFY"),
            _part("viatom_bp2.registers", "viatom_bp2.reply"),
            _part("viatom_bp2.configuration", "viatom_bp2.reply"),
            _part("viatom_bp2.realtime", "viatom_bp2.reply"),
            _part("viatom_bp2.record"),
            _part("viatom_bp2.record_file"),
            _part("viatom_bp2.battery", "viatom_bp2.reply"),
            _part("viatom_bp2.info", "viatom_bp2.reply"),
        ),
        framers=("viatom_bp2.ViatomBp2Framer",),
        vectors=3,
    ),
    Family(
        name="fora",
        title="FORA and TaiDoc cuffs and oximeters (D40, P20, P30, TNG, TD-3128, TD-3140, TD-8201, TD-8255)",
        kind=Kind.CUFF,
        messages=(
            _to("fora.command", "DATA"),
            _from("fora.reply", "DATA"),
            _part("fora.record_time", "fora.reply"),
            _part("fora.blood_pressure", "fora.reply"),
            _part("fora.oximetry", "fora.reply"),
        ),
        vectors=13,
    ),
    Family(
        name="transtek",
        title="Transtek, Welch Allyn, Philips DL8765 (greeting only)",
        kind=Kind.CUFF,
        messages=(_both("transtek.message", "WRITE", "INDICATE"),),
    ),
    Family(
        name="witmotion",
        title="WitMotion WT901BLECL, BWT901BLE5.0, WT9011DCL",
        kind=Kind.MOTION,
        messages=(_from("witmotion.frame", "NOTIFY"), _to("witmotion.command", "WRITE")),
        framers=("witmotion.WitMotionFramer",),
        vectors=13,
    ),
    Family(
        name="movella_dot",
        title="Movella (Xsens) DOT",
        kind=Kind.MOTION,
        messages=(
            _from("movella_dot.high_fidelity_with_mag", "MEDIUM_PAYLOAD"),
            _from("movella_dot.extended_quaternion", "MEDIUM_PAYLOAD"),
            _from("movella_dot.complete_quaternion", "MEDIUM_PAYLOAD"),
            _from("movella_dot.orientation_euler", "SHORT_PAYLOAD"),
            _from("movella_dot.orientation_quaternion", "SHORT_PAYLOAD"),
            _from("movella_dot.free_acceleration", "SHORT_PAYLOAD"),
            _from("movella_dot.extended_euler", "MEDIUM_PAYLOAD"),
            _from("movella_dot.complete_euler", "MEDIUM_PAYLOAD"),
            _from("movella_dot.high_fidelity", "MEDIUM_PAYLOAD"),
            _from("movella_dot.delta_with_mag", "MEDIUM_PAYLOAD"),
            _from("movella_dot.delta", "MEDIUM_PAYLOAD"),
            _from("movella_dot.rate_with_mag", "MEDIUM_PAYLOAD"),
            _from("movella_dot.rate", "MEDIUM_PAYLOAD"),
            _from("movella_dot.custom_1", "MEDIUM_PAYLOAD"),
            _from("movella_dot.custom_2", "MEDIUM_PAYLOAD"),
            _from("movella_dot.custom_3", "MEDIUM_PAYLOAD"),
            _from("movella_dot.custom_4", "LONG_PAYLOAD"),
            _from("movella_dot.custom_5", "LONG_PAYLOAD"),
            _both("movella_dot_device.control", "CONTROL"),
            _both("movella_dot_device.heading", "HEADING"),
            _both("movella_dot_device.device_control", "DEVICE_CONTROL"),
            _from("movella_dot_device.battery", "BATTERY"),
            _both("movella_dot_message.message", "CONTROL", "ACKNOWLEDGE", "NOTIFY"),
        ),
        vectors=20,
    ),
    Family(
        name="metamotion",
        title="MbientLab MetaMotion",
        kind=Kind.MOTION,
        messages=(_from("metamotion.fusion", "NOTIFY"), _to("metamotion.command", "COMMAND")),
        vectors=22,
    ),
    Family(
        name="thingy52",
        title="Nordic Thingy:52",
        kind=Kind.MOTION,
        messages=(
            _both("thingy52.configuration", "CONFIGURATION"),
            _from("thingy52.tap", "TAP"),
            _from("thingy52.orientation", "ORIENTATION"),
            _from("thingy52.quaternion", "QUATERNION"),
            _from("thingy52.pedometer", "PEDOMETER"),
            _from("thingy52.raw", "RAW"),
            _from("thingy52.euler", "EULER"),
            _from("thingy52.rotation_matrix", "ROTATION_MATRIX"),
            _from("thingy52.heading", "HEADING"),
            _from("thingy52.gravity", "GRAVITY"),
        ),
        vectors=1,
    ),
    Family(
        name="sensortag",
        title="TI SensorTag CC2650",
        kind=Kind.MOTION,
        messages=(
            _from("sensortag.movement", "DATA"),
            _both("sensortag.configuration", "CONFIGURATION"),
            _both("sensortag.period", "PERIOD"),
        ),
        vectors=1,
    ),
    Family(
        name="bluest",
        title="ST BlueST (STEVAL boards)",
        kind=Kind.MOTION,
        messages=(
            _part("bluest.advertisement"),
            _from("bluest.vector", "ACC", "GYR", "MAG"),
            _from("bluest.acc_gyr", "ACC_GYR"),
            _from("bluest.motion", "MOTION"),
            _from("bluest.quaternion", "QUATERNION"),
        ),
        vectors=6,
    ),
    Family(
        name="polar_pmd",
        title="Polar H10, OH1, Verity Sense: measurement data",
        kind=Kind.MOTION,
        messages=(
            _part("polar_advertisement.manufacturer_data"),
            _from("polar_pmd.data", "DATA"),
            _to("polar_pmd_control.request", "CONTROL_POINT"),
            _from("polar_pmd_control.response", "CONTROL_POINT"),
            _from("polar_pmd_control.features", "CONTROL_POINT"),
            _part("polar_pmd_control.settings", "polar_pmd_control.response", "parameters"),
        ),
        vectors=67,
    ),
    Family(
        name="movesense",
        title="Movesense (GATT SensorData Protocol)",
        kind=Kind.MOTION,
        messages=(
            _to("movesense.command", "WRITE"),
            _from("movesense.notification", "NOTIFY"),
            _part("movesense.imu9", "movesense.notification"),
            _part("movesense.imu6", "movesense.notification"),
            _part("movesense.heart_rate", "movesense.notification"),
        ),
    ),
    Family(
        name="colmi_ring",
        title="Colmi R02, R03, R06, R09, R10 rings",
        kind=Kind.HEART_RATE,
        messages=(
            _both("colmi_ring.packet", "NOTIFY", "WRITE"),
            _part("colmi_ring.real_time", "colmi_ring.packet"),
            _part("colmi_ring.battery", "colmi_ring.packet"),
        ),
        vectors=6,
    ),
    Family(
        name="health_thermometer",
        title="Health Thermometer Service: any thermometer that keeps to it",
        kind=Kind.THERMOMETER,
        messages=(_from("health_thermometer.measurement", "MEASUREMENT", "INTERMEDIATE"),),
        vectors=4,
    ),
    Family(
        name="fitness_machine",
        title="Fitness Machine Service: treadmills, cross trainers, climbers, rowers, indoor bikes",
        kind=Kind.EXERCISE_MACHINE,
        messages=(
            _from("fitness_machine.treadmill", "TREADMILL"),
            _from("fitness_machine.cross_trainer", "CROSS_TRAINER"),
            _from("fitness_machine.step_climber", "STEP_CLIMBER"),
            _from("fitness_machine.stair_climber", "STAIR_CLIMBER"),
            _from("fitness_machine.rower", "ROWER"),
            _from("fitness_machine.indoor_bike", "INDOOR_BIKE"),
            _from("fitness_machine.status", "STATUS"),
        ),
        vectors=26,
    ),
    Family(
        name="concept2_pm5",
        title="Concept2 PM5: rowers, ski and bike ergometers",
        kind=Kind.EXERCISE_MACHINE,
        messages=(
            _from("concept2_pm5.general_status", "GENERAL_STATUS"),
            _from("concept2_pm5.additional_status", "ADDITIONAL_STATUS"),
            _from("concept2_pm5.additional_status_2", "ADDITIONAL_STATUS_2"),
            _both("concept2_pm5.sample_rate", "SAMPLE_RATE"),
            _from("concept2_pm5.stroke", "STROKE"),
            _from("concept2_pm5.additional_stroke", "ADDITIONAL_STROKE"),
        ),
        vectors=14,
    ),
    Family(
        name="walkingpad",
        title="KingSmith WalkingPad A1, R1, R2, P1, X21",
        kind=Kind.EXERCISE_MACHINE,
        messages=(_to("walkingpad.command", "WRITE"), _from("walkingpad.status", "NOTIFY")),
        vectors=11,
    ),
    Family(
        name="fitshow",
        title="FitShow treadmills (Sportstech F15, F31, VirtuFit and others, named FS-...)",
        kind=Kind.EXERCISE_MACHINE,
        messages=(_to("fitshow.command", "WRITE"), _from("fitshow.status", "NOTIFY")),
        vectors=13,
    ),
    Family(
        name="cycling_power",
        title="Cycling Power Service: pedals, cranks, hubs, trainers",
        kind=Kind.EXERCISE_MACHINE,
        messages=(_from("cycling_power.measurement", "MEASUREMENT"),),
        vectors=3,
    ),
    Family(
        name="cycling_speed_cadence",
        title="Cycling Speed and Cadence Service: wheel and crank sensors",
        kind=Kind.EXERCISE_MACHINE,
        messages=(_from("cycling_speed_cadence.measurement", "MEASUREMENT"),),
        vectors=10,
    ),
    Family(
        name="running_speed_cadence",
        title="Running Speed and Cadence Service: foot pods, some treadmills",
        kind=Kind.EXERCISE_MACHINE,
        messages=(_from("running_speed_cadence.measurement", "MEASUREMENT"),),
        vectors=4,
    ),
)


def messages() -> tuple[Message, ...]:
    """All messages, in the order of the table."""
    return tuple(message for family in FAMILIES for message in family.messages)


def message(name: str) -> Message | None:
    """The message of that name, such as `viatom_o2.realtime`."""
    return next((candidate for candidate in messages() if candidate.name == name), None)


def messages_of(uuid: str) -> tuple[Message, ...]:
    """The messages that this characteristic may carry, by full UUID; loads all formats."""
    wanted = uuid.lower()
    return tuple(candidate for candidate in messages() if wanted in candidate.uuids)


def contents_of(envelope: Message) -> tuple[Message, ...]:
    """The messages that may be inside this one."""
    return tuple(candidate for candidate in messages() if candidate.envelope == envelope.name)


# What families, formats and messages are called elsewhere: the SIG's own abbreviations, makers and products.
OTHER_NAMES: Final = {
    "cps": "cycling_power",
    "csc": "cycling_speed_cadence",
    "cscs": "cycling_speed_cadence",
    "ftms": "fitness_machine",
    "hts": "health_thermometer",
    "kingsmith": "walkingpad",
    "sportstech": "fitshow",
    "pm5": "concept2_pm5",
    "rsc": "running_speed_cadence",
    "rscs": "running_speed_cadence",
    "bas": "battery",
    "blp": "blood_pressure",
    "blp_beurer_quirk": "blood_pressure.measurement",
    "blp_prefixed": "prefixed_blood_pressure",
    "bls": "blood_pressure",
    "bps": "blood_pressure",
    "cts": "current_time",
    "datetime": "date_time",
    "dis": "device_information",
    "hrcp": "heart_rate.control_point",
    "hrs": "heart_rate",
    "hrs_loc": "heart_rate.body_sensor_location",
    "plx": "pulse_oximeter",
    "racp": "record_access",
    "uds": "user_data",
    "and": "and_medical",
    "and_custom": "and_medical",
    "beurer": "blood_pressure.measurement",
    "bm1000": "berrymed",
    "boso": "blood_pressure.measurement",
    "cms50d": "cms50d_bt",
    "contec": "cms50d_bt",
    "dot": "movella_dot",
    "dot_msg": "movella_dot_message",
    "gsp": "movesense",
    "masimo": "mightysat",
    "metawear": "metamotion",
    "o2ring": "viatom_o2",
    "o2ring_s": "viatom_oxyii",
    "omron14be": "omron_record.big_endian_14",
    "omron14le": "omron_record.little_endian_14",
    "omron_adv": "omron_advertisement",
    "polar_adv": "polar_advertisement",
    "omron_frame": "omron_eeprom.packet",
    "omron_time": "omron_record.clock_at_8",
    "oxyii": "viatom_oxyii",
    "oxysmart": "pc60fw",
    "pmd": "polar_pmd",
    "po60": "beurer_po60",
    "polar": "polar_pmd",
    "taidoc": "fora",
    "thingy": "thingy52",
    "wit": "witmotion",
    "xsens": "movella_dot",
}


def named(name: str) -> tuple[Message, ...]:
    """What a person may mean by `name`: one message, or all of a family or of a format.

    A message goes by its full name (`viatom_o2.realtime`) or by its last part where only one has it
    (`sfloat`). Upper case, and hyphens or blanks for underscores, make no difference.
    """
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    everything = messages()
    for known in (wanted, OTHER_NAMES.get(wanted, wanted)):
        exact = tuple(candidate for candidate in everything if candidate.name == known)
        family = tuple(candidate for row in FAMILIES if row.name == known for candidate in row.messages)
        module = tuple(c for c in everything if c.name.partition(".")[0] == known and c not in family)
        last = tuple(c for c in everything if c.name.partition(".")[2] == known)
        found = exact or family + module or (last if len(last) == 1 else ())
        if found:
            return found
    return ()


def of_device(name: str) -> tuple[Message, ...]:
    """The messages of all families whose title has this product or maker, such as `bm85` or `wellue`."""
    wanted = _words(name)
    rows = [row for row in FAMILIES if f" {wanted} " in f" {_words(row.title, names_only=True)} "]
    return tuple(dict.fromkeys(one for row in rows for one in row.messages or named(row.name)))


def advertised_by(company: int) -> tuple[Message, ...]:
    """The messages that are manufacturer data of this company identifier."""
    return tuple(
        row for row in messages() if row.name.endswith(".manufacturer_data") and company == row.module.COMPANY
    )


def full_uuid(text: str) -> str | None:
    """The full lower-case UUID of `2A5F`, `0x2a5f`, `00002A5F` or a full UUID; None for anything else.

    A full UUID may be in either case, in braces, after `urn:uuid:`, and without its hyphens.
    """
    text = text.strip().lower().removeprefix("urn:uuid:").removeprefix("{").removesuffix("}")
    digits = text.removeprefix("0x").replace("-", "")
    if not _is_hexadecimal(digits):
        return None
    if len(digits) in (4, 8) and "-" not in text:
        short = int(digits, 16)
        return uuid16(short) if short <= 0xFFFF else None
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    full = "-".join(parts)
    return full if len(digits) == 32 and text in (full, digits) else None


def uuids_beginning(text: str) -> tuple[str, ...]:
    """The characteristics whose full UUID begins with these eight digits, as documents abbreviate them."""
    digits = text.strip().lower().removeprefix("0x")
    if len(digits) != 8 or not _is_hexadecimal(digits):
        return ()
    return tuple(sorted({uuid for row in messages() for uuid in row.uuids if uuid.startswith(digits)}))


def shown_uuid(uuid: str) -> str:
    """`2A5F` for a characteristic of the Bluetooth base, else the full UUID."""
    number = short_number(uuid)
    return uuid if number is None else f"{number:04X}"


def _words(text: str, *, names_only: bool = False) -> str:
    words = "".join(character if character.isalnum() else " " for character in text).split()
    return " ".join(word.lower() for word in words if not (names_only and word.islower()))


def _is_hexadecimal(text: str) -> bool:
    return all(character in "0123456789abcdef" for character in text)
