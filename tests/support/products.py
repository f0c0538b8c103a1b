"""Scripted devices of every family that has a driver: what they advertise, and how they answer.

They speak with our codecs and follow the published sequences only: what a driver should not say, they do not
understand. `talk` sends one frame of data; products that have to be asked answer by themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from devices.drivers.driver import DeviceConfig
from protocols.ble import (
    and_medical,
    berrymed,
    bluest,
    cms50d_bt,
    colmi_ring,
    concept2_pm5,
    cycling_power,
    cycling_speed_cadence,
    fitness_machine,
    fitshow,
    fora,
    jks50f,
    jumper,
    metamotion,
    microlife,
    mightysat,
    movella_dot,
    movella_dot_device,
    movesense,
    nonin,
    omron_advertisement,
    omron_eeprom,
    omron_record,
    pc60fw,
    polar_pmd,
    polar_pmd_control,
    qardioarm,
    running_speed_cadence,
    sensortag,
    thingy52,
    viatom_bp2,
    viatom_o2,
    viatom_oxyii,
    walkingpad,
    witmotion,
    yonker,
    yuwell,
)
from protocols.ble.codec import assigned_numbers as sig
from protocols.ble.codec import lepu_frame
from protocols.ble.current_time import CurrentTime, encode_current_time
from protocols.ble.date_time import DateTime
from protocols.ble.omron_memory_map import MAPS
from tests.support.scripted_link import ScriptedCharacteristic, ScriptedDevice

ADDRESS = "C0:00:00:00:00:01"
HEART_RATE_FRAME = bytes.fromhex("0648")
CUFF_FRAME = bytes.fromhex("00780050005a00")
CUFF_CLOCK = DateTime(2026, 3, 4, 11, 0, 0)


@dataclass(eq=False)
class Product:
    """A family's product on scripted air. `data` is what `talk` sends, on the characteristic `stream`."""

    family: str
    device: ScriptedDevice
    stream: str
    data: bytes
    options: dict[str, str | float | bool] = field(default_factory=dict)

    def talk(self) -> None:
        """One frame of data."""
        self.device.send(self.stream, self.data)

    @property
    def config(self) -> DeviceConfig:
        """How a station would name it."""
        return DeviceConfig(
            device="sensor", family=self.family, address=self.device.address, options=self.options
        )


def notifying() -> ScriptedCharacteristic:
    return ScriptedCharacteristic(["notify"])


def indicating() -> ScriptedCharacteristic:
    return ScriptedCharacteristic(["indicate"])


def writable(
    reply: Callable[[bytes], None] | None = None, *, response: bool = True
) -> ScriptedCharacteristic:
    return ScriptedCharacteristic(["write" if response else "write-without-response"], reply=reply)


def make(
    name: str, characteristics: dict[str, ScriptedCharacteristic], *services: str, company: int | None = None
) -> ScriptedDevice:
    return ScriptedDevice(
        address=ADDRESS,
        name=name,
        service_uuids=services,
        manufacturer_data={} if company is None else {company: b"\x01\x00"},
        characteristics=characteristics,
    )


def heart_rate(address: str = ADDRESS, name: str = "Strap 1", serial: str = "S-1") -> Product:
    device = make(
        name,
        {
            sig.HEART_RATE_MEASUREMENT: notifying(),
            sig.BATTERY_LEVEL: ScriptedCharacteristic(["read", "notify"], value=b"\x5a"),
            sig.SERIAL_NUMBER: ScriptedCharacteristic(["read"], value=serial.encode() + b"\0"),
        },
        sig.HEART_RATE_SERVICE,
    )
    device.address = address
    return Product("heart_rate", device, sig.HEART_RATE_MEASUREMENT, HEART_RATE_FRAME)


def pulse_oximeter() -> Product:
    device = make(
        "Pulse Ox",
        {sig.PLX_CONTINUOUS_MEASUREMENT: notifying(), sig.PLX_SPOT_CHECK_MEASUREMENT: indicating()},
        sig.PULSE_OXIMETER_SERVICE,
    )
    return Product("pulse_oximeter", device, sig.PLX_CONTINUOUS_MEASUREMENT, bytes.fromhex("0061004800"))


def cuff(family: str = "blood_pressure", name: str = "Cuff", company: int | None = None) -> Product:
    device = make(
        name,
        {
            sig.BLOOD_PRESSURE_MEASUREMENT: indicating(),
            sig.INTERMEDIATE_CUFF_PRESSURE: notifying(),
            sig.CURRENT_TIME: ScriptedCharacteristic(["read", "write"]),
        },
        sig.BLOOD_PRESSURE_SERVICE,
        company=company,
    )
    return Product(family, device, sig.BLOOD_PRESSURE_MEASUREMENT, CUFF_FRAME)


def and_cuff() -> Product:
    product = cuff("and_medical", "A&D_UA-651BLE_ABCDEF")
    del product.device.characteristics[sig.CURRENT_TIME]
    product.device.characteristics[sig.DATE_TIME] = ScriptedCharacteristic(["read", "write"])
    product.device.characteristics[and_medical.CONTROL] = writable()
    return product


def omron_cuff(clock: DateTime = CUFF_CLOCK) -> Product:
    """Says its clock to whoever subscribes to it."""
    product = cuff("omron", "BLESmart_00000116AABB", omron_advertisement.COMPANY)
    device = product.device
    said = encode_current_time(CurrentTime(date_time=clock))
    device.characteristics[sig.CURRENT_TIME] = ScriptedCharacteristic(
        ["notify", "write"], subscribed=lambda: device.send(sig.CURRENT_TIME, said)
    )
    return product


def omron_memory_cuff(model: bytes = b"HEM-7322T") -> Product:
    """One reading in its first slot; knows our key already."""
    layout = MAPS["HEM-7322T"]
    slot = layout.slot(
        omron_record.Reading(
            systolic_mmhg=131, diastolic_mmhg=84, pulse_rate_per_min=70, timestamp=CUFF_CLOCK
        )
    )

    def unlock(data: bytes) -> None:
        command = omron_eeprom.decode_unlock_command(data)
        device.send(
            omron_eeprom.UNLOCK,
            omron_eeprom.encode_unlock_reply(omron_eeprom.UnlockReply(kind=command.kind, result=0)),
        )

    def reply(data: bytes) -> None:
        question = omron_eeprom.decode_packet(data)
        kind = omron_eeprom.Kind(question.kind | 0x8000)
        content = b""
        if question.kind is omron_eeprom.Kind.READ:
            first = slot if question.address == layout.areas[0] else b""
            content = first + b"\xff" * (question.size - len(first))
        answer = omron_eeprom.Packet(kind=kind, address=question.address, size=len(content), content=content)
        parts = omron_eeprom.split(omron_eeprom.encode_packet(answer))
        for uuid, part in zip(omron_eeprom.NOTIFY, parts, strict=False):
            device.send(uuid, part)

    device = make(
        "BLESmart_00000116CCDD",
        {
            **{uuid: notifying() for uuid in omron_eeprom.NOTIFY},
            omron_eeprom.WRITE[0]: writable(reply),
            **{uuid: writable() for uuid in omron_eeprom.WRITE[1:]},
            omron_eeprom.UNLOCK: ScriptedCharacteristic(["notify", "write"], reply=unlock),
            sig.MODEL_NUMBER: ScriptedCharacteristic(["read"], value=model),
        },
    )
    end = omron_eeprom.encode_packet(omron_eeprom.Packet(kind=omron_eeprom.Kind.END_REPLY))
    return Product("omron_memory", device, omron_eeprom.NOTIFY[0], end)


def qardioarm_cuff() -> Product:
    product = cuff("qardioarm", qardioarm.NAME_PREFIXES[0])
    product.device.characteristics[qardioarm.CONTROL] = writable()
    return product


def microlife_cuff() -> Product:
    records = microlife.Records(
        readings=(
            microlife.StoredReading(
                systolic_mmhg=128, diastolic_mmhg=84, pulse_rate_per_min=71, timestamp=CUFF_CLOCK
            ),
        )
    )
    answer = microlife.encode_frame(
        microlife.Frame(device=microlife.Device.CUFF_4G, content=microlife.encode_records(records))
    )
    taken = microlife.encode_frame(
        microlife.Frame(
            device=microlife.Device.CUFF_4G,
            content=bytes((microlife.Command.ACKNOWLEDGED, microlife.Command.SET_TIME)),
        )
    )

    def reply(data: bytes) -> None:
        match microlife.decode_frame(data).command:
            case microlife.Command.SET_TIME:
                device.send(microlife.NOTIFY, taken)
            case microlife.Command.RECORDS:
                for at in range(0, len(answer), 20):
                    device.send(microlife.NOTIFY, answer[at : at + 20])
            case microlife.Command.DISCONNECT:
                device.drop()

    device = make("B4 BT", {microlife.NOTIFY: notifying(), microlife.WRITE: writable(reply)})
    return Product("microlife", device, microlife.NOTIFY, taken)


def yonker_cuff() -> Product:
    device = make("YK-IBPA1", {yonker.NOTIFY: notifying()})
    result = yonker.Result(systolic_mmhg=131, diastolic_mmhg=103, pulse_rate_per_min=81, timestamp=CUFF_CLOCK)
    return Product("yonker", device, yonker.NOTIFY, yonker.encode_notification(result))


def bp2_cuff() -> Product:
    """Has a result on its screen."""
    registers = viatom_bp2.Registers(state=viatom_bp2.State.RESULT, active_user_id=1)
    result = viatom_bp2.Result(
        systolic_mmhg=120,
        diastolic_mmhg=80,
        mean_arterial_pressure_mmhg=93,
        heart_rate_per_min=70,
        battery_status=0,
        battery_percent=90,
    )
    contents = {
        viatom_bp2.Opcode.REGISTERS: viatom_bp2.encode_registers(registers),
        viatom_bp2.Opcode.REALTIME: viatom_bp2.encode_realtime(result),
        viatom_bp2.Opcode.SET_TIME: b"",
    }

    def reply(data: bytes) -> None:
        command = viatom_bp2.decode_command(data)
        answer = viatom_bp2.Reply(opcode=command.opcode, content=contents[command.opcode])
        frame = viatom_bp2.encode_reply(answer)
        for at in range(0, len(frame), 20):
            device.send(viatom_bp2.NOTIFY, frame[at : at + 20])

    device = make(
        "BP2 0123",
        {viatom_bp2.NOTIFY: notifying(), viatom_bp2.WRITE: writable(reply)},
        viatom_bp2.SERVICE,
        company=viatom_bp2.COMPANY,
    )
    data = viatom_bp2.encode_reply(
        viatom_bp2.Reply(opcode=viatom_bp2.Opcode.REALTIME, content=contents[viatom_bp2.Opcode.REALTIME])
    )
    return Product("viatom_bp2", device, viatom_bp2.NOTIFY, data)


def nonin_oximeter() -> Product:
    waves = {nonin.PULSE_INTERVALS: notifying(), nonin.PPG: notifying()}
    device = make("Nonin3230_501234567", {nonin.CONTINUOUS: notifying(), **waves}, nonin.SERVICE)
    return Product("nonin", device, nonin.CONTINUOUS, bytes.fromhex("0a140f00640005610048"))


def berrymed_oximeter() -> Product:
    device = make("BerryMed", {berrymed.NOTIFY: notifying()}, berrymed.SERVICE)
    return Product("berrymed", device, berrymed.NOTIFY, bytes.fromhex("8632074861" * 4))


def jumper_oximeter() -> Product:
    device = make("My Oximeter", {jumper.NOTIFY: notifying(), jumper.WRITE: writable()}, jumper.SERVICE)
    return Product("jumper", device, jumper.NOTIFY, bytes.fromhex("81386344"))


def jks50f_oximeter() -> Product:
    values = jks50f.Values(finger_flag=0, spo2_percent=98, pulse_rate_per_min=66, perfusion_index_percent=4.2)
    device = make("OXIMETER", {jks50f.NOTIFY: notifying()}, jks50f.SERVICE)
    return Product("jks50f", device, jks50f.NOTIFY, jks50f.encode_frame(values))


def yuwell_oximeter() -> Product:
    device = make("Yuwell BO", {yuwell.NOTIFY: notifying()})
    return Product("yuwell", device, yuwell.NOTIFY, bytes.fromhex("fe0a5500525f1770cf64"))


def pc60fw_oximeter() -> Product:
    device = make(
        "PC-60FW_1234",
        {pc60fw.NOTIFY: notifying(), pc60fw.WRITE: writable(response=False)},
        pc60fw.SERVICE,
    )
    return Product("pc60fw", device, pc60fw.NOTIFY, bytes.fromhex("aa550f0801603e005000c008"))


def cms50d_oximeter() -> Product:
    device = make("CMS50D-BT", {cms50d_bt.NOTIFY: notifying(), cms50d_bt.WRITE: writable(response=False)})
    return Product("cms50d_bt", device, cms50d_bt.NOTIFY, bytes.fromhex("eb010453637f0025"))


def mightysat_oximeter(*, accepts: bool = True) -> Product:
    info = mightysat.Info(
        software_version=0x6310,
        parameters=0x1F,
        waves=3,
        trend_version=1,
        trended_parameters=0x1F,
        sessions=0,
        oldest_session=0,
        current_session=0,
    )
    taken = mightysat.Acknowledgement(accepted=accepts, kind=mightysat.Kind.STREAMS)

    def reply(data: bytes) -> None:
        asked = mightysat.decode_command(data)
        frame = mightysat.encode_report(info if isinstance(asked, mightysat.GetInfo) else taken)
        device.send(mightysat.NOTIFY, frame[:4])
        device.send(mightysat.NOTIFY, frame[4:])

    device = make(
        "MightySat 1234",
        {mightysat.NOTIFY: notifying(), mightysat.WRITE: writable(reply, response=False)},
        company=mightysat.COMPANY,
    )
    return Product("mightysat", device, mightysat.NOTIFY, mightysat.encode_report(taken))


def o2ring() -> Product:
    values = viatom_o2.RealtimeValues(
        spo2_percent=97,
        pulse_rate_per_min=72,
        steps=0,
        battery_percent=80,
        charging=0,
        motion=0,
        perfusion_index_percent=3.1,
        worn=viatom_o2.Worn.FINGER,
        alarm_bits=0,
    )
    data = viatom_o2.encode_reply(viatom_o2.Reply(status=0, content=viatom_o2.encode_realtime(values)))

    def reply(written: bytes) -> None:
        viatom_o2.decode_command(written)
        device.send(viatom_o2.NOTIFY, data[:20])
        device.send(viatom_o2.NOTIFY, data[20:])

    device = make(
        "O2Ring 1234",
        {viatom_o2.NOTIFY: notifying(), viatom_o2.WRITE: writable(reply)},
        viatom_o2.SERVICE,
        company=viatom_o2.COMPANY,
    )
    return Product("viatom_o2", device, viatom_o2.NOTIFY, data)


def o2ring_s(serial: str = "2301234567") -> Product:
    """Answers nothing before it is authenticated, and forgets that with the connection."""
    content = bytearray(lepu_frame.INFO_SIZE)
    content[37] = len(serial)
    content[38 : 38 + len(serial)] = serial.encode()
    live = viatom_oxyii.encode_live(
        viatom_oxyii.LiveValues(state=1, spo2_percent=97, motion=0, pulse_rate_per_min=70, battery_percent=88)
    )
    contents = {
        viatom_oxyii.Opcode.DEVICE_INFO: bytes(content),
        viatom_oxyii.Opcode.LIVE: live,
        viatom_oxyii.Opcode.SETUP: b"",
        viatom_oxyii.Opcode.SET_TIME: b"",
    }
    authenticated_on: list[int] = []

    def reply(written: bytes) -> None:
        command = viatom_oxyii.decode_command(written)
        if command.opcode is viatom_oxyii.Opcode.AUTHENTICATE:
            authenticated_on.append(device.connects)
        elif authenticated_on and authenticated_on[-1] == device.connects:
            answer = viatom_oxyii.Reply(opcode=command.opcode, content=contents[command.opcode])
            device.send(viatom_oxyii.NOTIFY, viatom_oxyii.encode_reply(answer))

    device = make(
        "S8-AW 4567",
        {viatom_oxyii.NOTIFY: notifying(), viatom_oxyii.WRITE: writable(reply)},
        viatom_oxyii.SERVICE,
        company=viatom_oxyii.COMPANY,
    )
    data = viatom_oxyii.encode_reply(viatom_oxyii.Reply(opcode=viatom_oxyii.Opcode.LIVE, content=live))
    return Product("viatom_oxyii", device, viatom_oxyii.NOTIFY, data)


def wit_imu(*, locked: bool = False, mute: bool = False, name: str = "WT901BLE68") -> Product:
    """Takes the rate only while unlocked, and answers in the middle of its stream."""
    motion = witmotion.encode_frame(witmotion.MotionFrame((0, 0, 2048), (0, 0, 0), (0, 0, 0)))
    registers = {3: int(witmotion.Rate.HZ_10), int(witmotion.Register.BATTERY): 412}
    unlocked = False

    def reply(data: bytes) -> None:
        nonlocal unlocked
        command = witmotion.decode_command(data)
        if isinstance(command, witmotion.Unlock):
            unlocked = not locked
        elif isinstance(command, witmotion.SetRate) and unlocked:
            registers[3] = int(command.rate)
        elif isinstance(command, witmotion.ReadRegister) and not mute:
            values = (registers[command.register], 0, 0, 0, 0, 0, 0, 0)
            frame = witmotion.encode_frame(witmotion.RegisterFrame(register=command.register, values=values))
            device.send(witmotion.NOTIFY, motion + frame[:7])
            device.send(witmotion.NOTIFY, frame[7:] + motion)

    device = make(name, {witmotion.NOTIFY: notifying(), witmotion.WRITE: writable(reply, response=False)})
    return Product("witmotion", device, witmotion.NOTIFY, motion)


def dot_imu(*, takes_rate: bool = True) -> Product:
    settings = movella_dot_device.DeviceControl(apply=movella_dot_device.Apply(0), output_rate_hz=30)
    control = ScriptedCharacteristic(
        ["read", "write"], value=movella_dot_device.encode_device_control(settings)
    )

    def reply(data: bytes) -> None:
        asked = movella_dot_device.decode_device_control(data)
        if takes_rate:
            taken = replace(settings, output_rate_hz=asked.output_rate_hz)
            control.value = movella_dot_device.encode_device_control(taken)

    control.reply = reply
    payload = movella_dot.payload_characteristic(movella_dot.PayloadMode.RATE)
    device = make(
        "Movella DOT",
        {
            payload: notifying(),
            movella_dot_device.CONTROL: writable(),
            movella_dot_device.DEVICE_CONTROL: control,
            movella_dot_device.BATTERY: ScriptedCharacteristic(["read", "notify"], value=b"\x50\x00"),
        },
        company=movella_dot.COMPANY,
    )
    sample = movella_dot.DotSample(
        timestamp_us=1, acc_m_s2=(0.0, 0.0, 9.75), gyr_deg_s=(0.0, 0.0, 0.0), padding=bytes(12)
    )
    data = movella_dot.encode_payload(movella_dot.PayloadMode.RATE, sample)
    return Product("movella_dot", device, payload, data)


def metamotion_imu() -> Product:
    device = make(
        "MetaWear",
        {metamotion.NOTIFY: notifying(), metamotion.COMMAND: writable(response=False)},
        metamotion.SERVICE,
    )
    data = metamotion.encode_fusion(metamotion.CorrectedAcceleration(acc_mg=(0.0, 0.0, 1000.0), accuracy=3))
    return Product("metamotion", device, metamotion.NOTIFY, data)


def movesense_imu(*, status: int = 200) -> Product:
    def reply(data: bytes) -> None:
        command = movesense.decode_command(data)
        answer = movesense.Response(reference=command.reference or 0, status=status)
        device.send(movesense.NOTIFY, movesense.encode_notification(answer))

    device = make(
        "Movesense 1234",
        {movesense.NOTIFY: notifying(), movesense.WRITE: writable(reply)},
        movesense.SERVICE,
    )
    imu = movesense.Imu6(timestamp_ms=1, acc_m_s2=((0.0, 0.0, 9.8),), gyr_deg_s=((0.0, 0.0, 0.0),))
    data = movesense.encode_notification(movesense.Data(reference=99, content=movesense.encode_imu6(imu)))
    return Product("movesense", device, movesense.NOTIFY, data)


def sensortag_imu(*, keeps: bool = True) -> Product:
    """With `keeps` False its settings stay as they were, whatever is written."""
    settings = {
        sensortag.PERIOD: ScriptedCharacteristic(["read", "write"], value=b"\x64"),
        sensortag.CONFIGURATION: ScriptedCharacteristic(["read", "write"], value=b"\x00\x02"),
    }
    for one in settings.values():
        one.reply = partial(setattr, one, "value") if keeps else None
    device = make("CC2650 SensorTag", {sensortag.DATA: notifying(), **settings})
    data = sensortag.encode_movement(
        sensortag.Movement(gyr_raw=(0, 0, 0), acc_raw=(0, 0, 4096), mag_raw=(0, 0, 0))
    )
    return Product("sensortag", device, sensortag.DATA, data)


def thingy_imu(*, takes_rate: bool = True) -> Product:
    configuration = thingy52.Configuration(
        pedometer_interval_ms=1000,
        temperature_interval_ms=1000,
        magnetometer_interval_ms=1000,
        motion_rate_hz=5,
        wake_on_motion=1,
    )
    settings = ScriptedCharacteristic(["read", "write"], value=thingy52.encode_configuration(configuration))

    def reply(data: bytes) -> None:
        if takes_rate:
            settings.value = data

    settings.reply = reply
    device = make("Thingy", {thingy52.RAW: notifying(), thingy52.CONFIGURATION: settings})
    data = thingy52.encode_raw(thingy52.RawMotion(acc_raw=(0, 0, 1024), gyr_raw=(0, 0, 0), mag_raw=(0, 0, 0)))
    return Product("thingy52", device, thingy52.RAW, data)


def polar_sensor(*, error: int = 0) -> Product:
    """A Verity Sense: acceleration and rate of turn at several rates and ranges."""
    features = 1 << polar_pmd.Measurement.ACC | 1 << polar_pmd.Measurement.GYR
    kinds = polar_pmd_control.SettingKind
    offered = polar_pmd_control.encode_settings(
        (
            polar_pmd_control.Setting(kind=kinds.RATE_HZ, values=(26, 52, 208)),
            polar_pmd_control.Setting(kind=kinds.RESOLUTION_BITS, values=(16,)),
            polar_pmd_control.Setting(kind=kinds.RANGE, values=(4, 8)),
            polar_pmd_control.Setting(kind=kinds.FACTOR, values=(0.5,)),
        )
    )

    def reply(data: bytes) -> None:
        request = polar_pmd_control.decode_request(data)
        asks = request.opcode is polar_pmd_control.Opcode.GET_SETTINGS
        parts = (offered[:5], offered[5:]) if asks else (b"",)
        for number, part in enumerate(parts, start=1):
            answer = polar_pmd_control.Response(
                opcode=request.opcode,
                measurement=request.measurement,
                error=0 if asks else error,
                more=number < len(parts),
                parameters=part,
            )
            device.send(polar_pmd.CONTROL_POINT, polar_pmd_control.encode_response(answer))

    control = ScriptedCharacteristic(
        ["read", "write", "indicate"],
        value=polar_pmd_control.encode_features(polar_pmd_control.Features(bits=features)),
        reply=reply,
    )
    device = make(
        "Polar Sense 12345678",
        {
            polar_pmd.CONTROL_POINT: control,
            polar_pmd.DATA: notifying(),
            sig.HEART_RATE_MEASUREMENT: notifying(),
        },
        polar_pmd.SERVICE,
        company=polar_pmd.COMPANY,
    )
    frame = polar_pmd.PmdFrame(
        measurement=polar_pmd.Measurement.ACC, timestamp_ns=1, frame_type=1, samples=((0, 0, 1000),)
    )
    return Product("polar_pmd", device, polar_pmd.DATA, polar_pmd.encode_data(frame))


def bluest_imu() -> Product:
    data = bytes.fromhex("0100" + "0000" + "0000" + "e803" + "0a00" + "0000" + "0000" + "000000000000")
    said = bluest.Advertisement(
        device=0x02, features=0x00E0_0000, address=bytes.fromhex(ADDRESS.replace(":", ""))
    )
    heard = bluest.encode_advertisement(said)
    device = make("STL1V42", {bluest.MOTION: notifying()})
    device.manufacturer_data = {int.from_bytes(heard[:2], "little"): heard[2:]}
    return Product("bluest", device, bluest.MOTION, data)


def colmi_smart_ring() -> Product:
    data = bytes.fromhex("6901004e0000000000000000000000b8")

    def reply(written: bytes) -> None:
        if colmi_ring.decode_packet(written).opcode is colmi_ring.Opcode.BATTERY:
            device.send(colmi_ring.NOTIFY, bytes.fromhex("03400000000000000000000000000043"))

    device = make(
        "R02_4A07", {colmi_ring.NOTIFY: notifying(), colmi_ring.WRITE: writable(reply, response=False)}
    )
    return Product("colmi_ring", device, colmi_ring.NOTIFY, data)


def fora_cuff() -> Product:
    """Two readings; the newest has index 0."""
    records = [
        (
            CUFF_CLOCK,
            fora.BloodPressure(
                systolic_mmhg=128, mean_arterial_pressure_mmhg=98, diastolic_mmhg=84, pulse_rate_per_min=71
            ),
        ),
        (
            DateTime(2026, 3, 4, 10, 0, 0),
            fora.BloodPressure(
                systolic_mmhg=121, mean_arterial_pressure_mmhg=93, diastolic_mmhg=80, pulse_rate_per_min=69
            ),
        ),
    ]

    def reply(written: bytes) -> None:
        command = fora.decode_command(written)
        clock, values = records[command.content[0] % len(records)]
        contents = {
            fora.Opcode.MODEL: bytes.fromhex("29310000"),
            fora.Opcode.RECORD_COUNT: bytes((len(records), 0, 0, 0)),
            fora.Opcode.RECORD_TIME: fora.encode_record_time(
                fora.RecordTime(clock=clock, is_blood_pressure=True)
            ),
            fora.Opcode.RECORD_VALUES: fora.encode_blood_pressure(values),
        }
        content = contents.get(command.opcode, command.content)
        device.send(fora.DATA, fora.encode_reply(fora.Reply(opcode=command.opcode, content=content)))
        if command.opcode is fora.Opcode.TURN_OFF:
            device.drop()

    line = ScriptedCharacteristic(["notify", "write"], reply=reply)
    device = make("FORA P30 PLUS", {fora.DATA: line}, fora.SERVICE)
    taken = fora.encode_reply(fora.Reply(opcode=fora.Opcode.READ_CLOCK))
    return Product("fora", device, fora.DATA, taken)


def thermometer() -> Product:
    device = make(
        "Thermometer",
        {
            sig.TEMPERATURE_MEASUREMENT: indicating(),
            sig.DATE_TIME: ScriptedCharacteristic(["read", "write"]),
        },
        sig.HEALTH_THERMOMETER_SERVICE,
    )
    data = bytes.fromhex("06710e00fee90705150a1e2d01")
    return Product("health_thermometer", device, sig.TEMPERATURE_MEASUREMENT, data)


def treadmill() -> Product:
    record = fitness_machine.TreadmillData(speed_km_h=4.5, distance_m=120, elapsed_s=96)
    device = make(
        "FS-5F2A01",
        {fitness_machine.TREADMILL: notifying(), fitness_machine.STATUS: notifying()},
        fitness_machine.SERVICE,
        sig.HEART_RATE_SERVICE,
    )
    return Product(
        "fitness_machine", device, fitness_machine.TREADMILL, fitness_machine.encode_treadmill(record)
    )


def pm5_monitor() -> Product:
    """Another application has left it at ten reports a second."""
    rate = ScriptedCharacteristic(["read", "write"], value=concept2_pm5.encode_sample_rate(0.1))

    def keep(data: bytes) -> None:
        rate.value = data

    rate.reply = keep
    device = make(
        "PM5 430070439",
        {
            concept2_pm5.GENERAL_STATUS: notifying(),
            concept2_pm5.ADDITIONAL_STATUS: notifying(),
            concept2_pm5.ADDITIONAL_STROKE: notifying(),
            concept2_pm5.SAMPLE_RATE: rate,
        },
        fitness_machine.SERVICE,
    )
    data = bytes.fromhex("1b030031010003010101040000006400008062")
    return Product("concept2_pm5", device, concept2_pm5.GENERAL_STATUS, data)


def walkingpad_belt() -> Product:
    data = bytes.fromhex("f8a2013c0100022a00004f0003d1b4000000e3fd")

    def reply(written: bytes) -> None:
        walkingpad.decode_command(written)
        device.send(walkingpad.NOTIFY, data)

    device = make(
        "WalkingPad",
        {walkingpad.NOTIFY: notifying(), walkingpad.WRITE: writable(reply)},
        walkingpad.SERVICE,
    )
    return Product("walkingpad", device, walkingpad.NOTIFY, data)


def fitshow_belt() -> Product:
    data = bytes.fromhex("0251033200070004000200030000006203")

    def reply(written: bytes) -> None:
        fitshow.decode_command(written)
        device.send(fitshow.NOTIFY, data)

    device = make("FS-46CEE4", {fitshow.NOTIFY: notifying(), fitshow.WRITE: writable(reply)}, fitshow.SERVICE)
    return Product("fitshow", device, fitshow.NOTIFY, data)


def power_meter() -> Product:
    device = make("4iiii", {cycling_power.MEASUREMENT: notifying()}, cycling_power.SERVICE)
    return Product("cycling_power", device, cycling_power.MEASUREMENT, bytes.fromhex("2c0000009f000c00e542"))


def cadence_sensor() -> Product:
    device = make("Cadence", {cycling_speed_cadence.MEASUREMENT: notifying()}, cycling_speed_cadence.SERVICE)
    data = bytes.fromhex("02f70050c1")
    return Product("cycling_speed_cadence", device, cycling_speed_cadence.MEASUREMENT, data)


def foot_pod() -> Product:
    device = make("Pod", {running_speed_cadence.MEASUREMENT: notifying()}, running_speed_cadence.SERVICE)
    data = bytes.fromhex("00800250")
    return Product("running_speed_cadence", device, running_speed_cadence.MEASUREMENT, data)


PRODUCTS: dict[str, Callable[[], Product]] = {
    "heart_rate": heart_rate,
    "pulse_oximeter": pulse_oximeter,
    "blood_pressure": cuff,
    "and_medical": and_cuff,
    "omron": omron_cuff,
    "omron_memory": omron_memory_cuff,
    "beurer": lambda: cuff("beurer", "BM64", sig.COMPANY_BEURER),
    "qardioarm": qardioarm_cuff,
    "microlife": microlife_cuff,
    "yonker": yonker_cuff,
    "viatom_bp2": bp2_cuff,
    "nonin": nonin_oximeter,
    "berrymed": berrymed_oximeter,
    "jumper": jumper_oximeter,
    "jks50f": jks50f_oximeter,
    "yuwell": yuwell_oximeter,
    "pc60fw": pc60fw_oximeter,
    "cms50d_bt": cms50d_oximeter,
    "mightysat": mightysat_oximeter,
    "viatom_o2": o2ring,
    "viatom_oxyii": o2ring_s,
    "witmotion": wit_imu,
    "movella_dot": dot_imu,
    "metamotion": metamotion_imu,
    "movesense": movesense_imu,
    "thingy52": thingy_imu,
    "sensortag": sensortag_imu,
    "polar_pmd": polar_sensor,
    "bluest": bluest_imu,
    "colmi_ring": colmi_smart_ring,
    "fora": fora_cuff,
    "health_thermometer": thermometer,
    "fitness_machine": treadmill,
    "concept2_pm5": pm5_monitor,
    "walkingpad": walkingpad_belt,
    "fitshow": fitshow_belt,
    "cycling_power": power_meter,
    "cycling_speed_cadence": cadence_sensor,
    "running_speed_cadence": foot_pod,
}
