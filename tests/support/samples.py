"""At least one valid measurement of every message: the published ones, and these where none is published."""

from collections.abc import Mapping
from typing import Any

from protocols.ble import (
    berrymed,
    beurer_po60,
    blood_pressure,
    bluest,
    catalog,
    colmi_ring,
    current_time,
    cycling_power,
    device_information,
    enhanced_blood_pressure,
    fitness_machine,
    fitshow,
    fora,
    health_thermometer,
    heart_rate,
    jks50f,
    jumper,
    metamotion,
    microlife,
    movella_dot,
    movella_dot_device,
    movesense,
    nonin,
    omron_eeprom,
    omron_record,
    pc60fw,
    polar_pmd,
    polar_pmd_control,
    pulse_oximeter,
    sensortag,
    thingy52,
    transtek,
    user_data,
    viatom_bp2,
    viatom_o2,
    viatom_oxyii,
    witmotion,
    yonker,
)
from protocols.ble.codec import lepu_frame
from protocols.ble.codec.polar_delta import delta_blocks
from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import FLOAT_NRES, NAN, NRES, medical_float, sfloat
from tests.support.vectors import all_vectors

NOON = DateTime(2026, 3, 1, 12, 0, 59)
MINUTE = DateTime(2026, 3, 1, 12, 34, 0)
X, Y, Z = (0.5, -1.25, 9.75), (1.5, 2.0, -3.0), (40.0, -20.5, 12.25)
UNIT = (1.0, 0.0, -0.5, 0.25)
ACC_SAMPLES = ((1, 2, 1000), (-5, 8, 990), (300, -200, 1023))
FLOAT_BITS = ((0x3F800000, 0x41200000, -5), (0x3FA00000, 0x40000000, 7))
INFO = lepu_frame.DeviceInfo(
    content=bytes(24) + bytes.fromhex("ea070301173706") + bytes(6) + b"\x04SN01" + bytes(18)
)


def _dot(**quantities: Any) -> movella_dot.DotSample:
    return movella_dot.DotSample(timestamp_us=123_456, **quantities)


EXTRA: Mapping[str, tuple[Any, ...]] = {
    "pulse_oximeter.continuous": (
        pulse_oximeter.PlxContinuousMeasurement(
            sfloat(97.5),
            NAN,
            pulse_oximeter.SpO2PulseRate(sfloat(98), sfloat(70)),
            pulse_oximeter.SpO2PulseRate(NRES, sfloat(71)),
            pulse_oximeter.MeasurementStatus.VALIDATED,
            pulse_oximeter.DeviceAndSensorStatus.LOW_PERFUSION,
            sfloat(0.8),
        ),
    ),
    "pulse_oximeter.spot_check": (
        pulse_oximeter.PlxSpotCheckMeasurement(
            sfloat(96),
            sfloat(64),
            NOON,
            pulse_oximeter.MeasurementStatus.FULLY_QUALIFIED,
            pulse_oximeter.DeviceAndSensorStatus(0),
            sfloat(1.2),
            clock_is_set=False,
        ),
    ),
    "pulse_oximeter.features": (
        pulse_oximeter.PlxFeatures(
            features=pulse_oximeter.PlxFeature.SPO2PR_FAST,
            measurement_status_support=pulse_oximeter.MeasurementStatus.VALIDATED,
            sensor_status_support=pulse_oximeter.DeviceAndSensorStatus.POOR_SIGNAL,
        ),
        pulse_oximeter.PlxFeatures(features=pulse_oximeter.PlxFeature(0)),
    ),
    "blood_pressure.feature": (blood_pressure.BloodPressureFeature.CUFF_FIT,),
    "enhanced_blood_pressure.measurement": (
        enhanced_blood_pressure.EnhancedBloodPressureMeasurement(
            systolic=sfloat(120),
            diastolic=sfloat(80),
            mean_arterial_pressure=sfloat(93),
            details=enhanced_blood_pressure.Details(
                epoch=enhanced_blood_pressure.Epoch.Y2000,
                timestamp_s=826_000_000,
                pulse_rate_per_min=sfloat(61),
                user_id=1,
                status=blood_pressure.BloodPressureStatus.BODY_MOVEMENT,
                user_facing_time_s=826_003_600,
            ),
        ),
        enhanced_blood_pressure.EnhancedBloodPressureMeasurement(
            systolic=sfloat(16),
            diastolic=sfloat(10.7),
            mean_arterial_pressure=NAN,
            unit=blood_pressure.PressureUnit.KPA,
        ),
    ),
    "enhanced_blood_pressure.intermediate_cuff_pressure": (
        enhanced_blood_pressure.EnhancedIntermediateCuffPressure(cuff_pressure=sfloat(151)),
    ),
    "enhanced_blood_pressure.record": (
        enhanced_blood_pressure.BloodPressureRecord(
            first=True, last=False, counter=63, sequence_number=7, characteristic=0x2A35, content=b"\x00" * 7
        ),
    ),
    "heart_rate.measurement": (heart_rate.HeartRateMeasurement(61, rr_intervals_1_1024_s=(1000, 1001)),),
    "device_information.text": (
        device_information.DeviceText(text="Ärm 3", padding=2),
        device_information.DeviceText(text=""),
    ),
    "device_information.system_id": (
        device_information.SystemId(manufacturer_identifier=0x1234567890, organisation_identifier=0xABCDEF),
    ),
    "device_information.pnp_id": (
        device_information.PnpId(vendor_source=1, vendor_id=0x6B, product_id=5, product_version=0x0100),
    ),
    "current_time.local_time_information": (
        current_time.LocalTimeInformation(
            time_zone_15_min=-20, daylight_saving=current_time.DaylightSaving.ONE_HOUR
        ),
    ),
    "user_data.user_index": (2,),
    "user_data.database_change_increment": (70_000,),
    "user_data.control_point": (
        user_data.RegisterUser(consent_code=1234),
        user_data.Consent(user_index=1, consent_code=9999),
        user_data.DeleteUserData(),
        user_data.UserResponse(
            request=user_data.Opcode.REGISTER_NEW_USER, result=user_data.Result.SUCCESS, user_index=3
        ),
        user_data.UserResponse(request=user_data.Opcode.CONSENT, result=user_data.Result.USER_NOT_AUTHORISED),
    ),
    "concept2_pm5.sample_rate": (0.5, 0.1),
    "fitness_machine.step_climber": (
        fitness_machine.StepClimberData(floors=2, steps=40, steps_per_min=60, elapsed_s=41),
        fitness_machine.StepClimberData(
            steps_per_min=60, elevation_gain_m=4, energy=fitness_machine.Energy(), metabolic_equivalent=4.5
        ),
    ),
    "fitness_machine.treadmill": (
        fitness_machine.TreadmillData(
            speed_km_h=4.5,
            incline=fitness_machine.Incline(inclination_percent=-1.5, ramp_angle_deg=-0.9),
            belt=fitness_machine.BeltForce(force_n=-20, power_w=None),
            other_flags=0x2000,
            rest=b"\x10\x00",
        ),
    ),
    "fitness_machine.status": (
        fitness_machine.MachineStatus(code=fitness_machine.StatusCode.STOPPED_BY_SAFETY_KEY),
        fitness_machine.MachineStatus(
            code=fitness_machine.StatusCode.TARGET_SPEED_CHANGED, parameter=b"\x90\x01"
        ),
    ),
    "cycling_power.measurement": (
        cycling_power.PowerMeasurement(
            power_w=-5,
            pedal_power_balance_percent=48.5,
            wheel_revolutions=2**32 - 1,
            wheel_event_ticks=65_535,
            maximum_force_n=300,
            minimum_force_n=-20,
            maximum_torque_n_m=2.5,
            minimum_torque_n_m=-0.5,
            angles_raw=0x123456,
            top_dead_spot_deg=12,
            bottom_dead_spot_deg=190,
            accumulated_energy_kj=90,
        ),
    ),
    "health_thermometer.measurement": (
        health_thermometer.TemperatureMeasurement(
            temperature=medical_float(99.1),
            unit=health_thermometer.TemperatureUnit.FAHRENHEIT,
            timestamp=NOON,
            site=health_thermometer.Site.EAR,
        ),
    ),
    "colmi_ring.real_time": (
        colmi_ring.RealTime(reading=colmi_ring.Reading.SPO2, value=97),
        colmi_ring.RealTime(reading=colmi_ring.Reading.SPO2),
    ),
    "ieee11073.float": (FLOAT_NRES, medical_float(-36.45)),
    "nonin.pulse_intervals": (
        nonin.PulseIntervals(
            counter=9,
            status=nonin.IntervalStatus.RATE_TOO_HIGH,
            pulses=(
                nonin.Pulse(amplitude_index_0_01_percent=306, interval_0_1_ms=8000),
                nonin.Pulse(amplitude_index_0_01_percent=4095, interval_0_1_ms=1, bad=True),
            ),
        ),
    ),
    "nonin.ppg": (nonin.Ppg(samples=tuple(range(1000, 1025)), counter=4),),
    "nonin.status": (
        nonin.DeviceStatus(sensor_type=1, error=5, battery_v=2.9, battery_percent=80, transmissions=300),
    ),
    "nonin.control_response": (nonin.ControlResponse(result=0, payload=b"\x01\x02"),),
    "berrymed.bci": (
        berrymed.BciFrame(
            signal_strength=7,
            no_signal=False,
            probe_unplugged=False,
            pulse_beep=True,
            pleth=55,
            bar_graph=9,
            no_finger=False,
            searching=False,
            pulse_rate_per_min=150,
            spo2_percent=98,
        ),
        berrymed.BciFrame(
            signal_strength=0,
            no_signal=True,
            probe_unplugged=True,
            pulse_beep=False,
            pleth=None,
            bar_graph=0,
            no_finger=True,
            searching=True,
            pulse_rate_per_min=None,
            spo2_percent=None,
        ),
    ),
    "berrymed.berry": (
        berrymed.BerryFrame(
            spo2_percent=97,
            pulse_rate_per_min=72,
            rr_interval_5_ms=166,
            perfusion_index_percent=4.2,
            pleth=60,
            packet_rate=50,
            packet_index=0x53,
            status=berrymed.BerryStatus.BEAT,
            spo2_now_percent=96,
            pulse_rate_now_per_min=74,
            perfusion_index_now_percent=4.0,
            adc_sample=-70_000,
            battery_percent=88,
        ),
        berrymed.BerryFrame(
            spo2_percent=None,
            pulse_rate_per_min=None,
            rr_interval_5_ms=0,
            perfusion_index_percent=None,
            pleth=None,
            packet_rate=1,
            status=berrymed.BerryStatus.NO_FINGER,
        ),
    ),
    "viatom_o2.command": (viatom_o2.REQUEST_WAVEFORM, viatom_o2.configure(SetOxiThr="88")),
    "viatom_o2.reply": (viatom_o2.Reply(status=0, block=2, content=bytes(13)), viatom_o2.Reply(status=1)),
    "viatom_o2.waveform": (
        viatom_o2.Waveform(
            spo2_percent=97,
            pulse_rate_per_min=66,
            battery_percent=90,
            charging=0,
            perfusion_index_percent=1.4,
            state=1,
            samples=(100, 101, 246, 103),
            other=b"\x01\x02\x03",
        ),
    ),
    "viatom_o2.info": ({"Model": "1652", "CurBAT": "97%"}, {}),
    "viatom_oxyii.command": (
        viatom_oxyii.set_time(NOON, sequence=1),
        viatom_oxyii.authenticate(1_770_000_000),
    ),
    "viatom_oxyii.reply": (
        viatom_oxyii.Reply(opcode=viatom_oxyii.Opcode.BATTERY, sequence=3, content=b"\x01\x64\x00\x00"),
    ),
    "viatom_oxyii.live": (
        viatom_oxyii.LiveValues(
            state=viatom_oxyii.State.IDLE,
            spo2_percent=96,
            motion=2,
            pulse_rate_per_min=70,
            battery_percent=55,
            ppg=(1, 2, 250),
            perfusion_index_percent=4.2,
            duration_s=26_624,
            byte_4=2,
            byte_10=0xC7,
        ),
    ),
    "viatom_oxyii.battery": (viatom_oxyii.Battery(status=1, battery_percent=75),),
    "viatom_oxyii.info": (INFO,),
    "viatom_oxyii.file_list": (("20260427105949", "20260428010203"), ()),
    "pc60fw.frame": (
        pc60fw.Battery(level=3),
        pc60fw.Enable(wave=True),
        pc60fw.Wave(samples=(1, 2, 3, 127, 0), beats=(False, False, True, False, False)),
        pc60fw.WorkingStatus(content=b"\x02\x00\x00\x00"),
        pc60fw.Values(
            spo2_percent=0,
            pulse_rate_per_min=0,
            perfusion_index_percent=0.0,
            flags=pc60fw.ValueFlags.PROBE_OFF,
        ),
    ),
    "jumper.notification": (jumper.Pleth(samples=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),),
    "beurer_po60.command": (beurer_po60.SetTime(clock=NOON),),
    "beurer_po60.clock_set": (beurer_po60.ClockSet(status=0),),
    "beurer_po60.record": (
        beurer_po60.Session(
            index=3,
            last=True,
            start=NOON,
            end=NOON,
            spo2_highest_percent=99,
            spo2_lowest_percent=90,
            spo2_average_percent=95,
            pulse_rate_highest_per_min=141,
            pulse_rate_lowest_per_min=60,
            pulse_rate_average_per_min=130,
            bytes_15_16=b"\x01\x02",
            byte_23=9,
        ),
    ),
    "jks50f.frame": (
        jks50f.Values(
            finger_flag=0,
            spo2_percent=98,
            pulse_rate_per_min=66,
            perfusion_index_percent=12.34,
            perfusion_flags=5,
            other=bytes(range(60)),
        ),
        jks50f.Values(
            finger_flag=1, spo2_percent=None, pulse_rate_per_min=None, perfusion_index_percent=None
        ),
    ),
    "omron_eeprom.packet": (omron_eeprom.read(0x02AC, 0x38), omron_eeprom.write(0x0286, bytes(8))),
    "omron_eeprom.unlock_command": (
        omron_eeprom.UnlockCommand(kind=omron_eeprom.UnlockKind.UNLOCK, key=omron_eeprom.COMMON_KEY),
        omron_eeprom.UnlockCommand(kind=omron_eeprom.UnlockKind.ENTER_PROGRAMMING),
    ),
    "omron_eeprom.unlock_reply": (
        omron_eeprom.UnlockReply(kind=omron_eeprom.UnlockKind.ENTER_PROGRAMMING, result=0x0F),
    ),
    "omron_record.little_endian_16": (
        omron_record.Reading(
            systolic_mmhg=131,
            diastolic_mmhg=84,
            pulse_rate_per_min=59,
            timestamp=NOON,
            irregular_pulse=True,
            improper_position=2,
            tail=bytes(8),
        ),
        omron_record.EmptySlot(content=b"\xff" * 16),
    ),
    "omron_record.date_first_16": (
        omron_record.DateFirstReading(
            systolic_mmhg=131,
            diastolic_mmhg=84,
            pulse_rate_per_min=59,
            timestamp=NOON,
            flags=5,
            other=b"abcdef",
        ),
        omron_record.EmptySlot(content=bytes(16)),
    ),
    "omron_record.big_endian_14": (omron_record.EmptySlot(content=bytes(14)),),
    "microlife.frame": (microlife.Frame(device=microlife.Device.CUFF_3G, content=b"\x91"),),
    "microlife.records": (
        microlife.Records(
            readings=(
                microlife.StoredReading(
                    systolic_mmhg=120,
                    diastolic_mmhg=80,
                    pulse_rate_per_min=60,
                    timestamp=MINUTE,
                    settings=0xE0,
                ),
            )
        ),
    ),
    "yonker.notification": (yonker.Progress(cuff_pressure_mmhg=150),),
    "fitshow.command": (fitshow.ASK_STATUS,),
    "fora.command": (
        fora.record_time(300, user=2),
        fora.record_values(0),
        fora.set_clock(MINUTE),
    ),
    "fora.reply": (
        fora.Reply(opcode=fora.Opcode.RECORD_VALUES, content=bytes((121, 93, 79, 64))),
        fora.Reply(opcode=fora.Opcode.RECORD_COUNT, content=bytes((200, 1, 0, 0))),
    ),
    "fora.record_time": (
        fora.RecordTime(
            clock=MINUTE,
            is_blood_pressure=True,
            arrhythmia=True,
            irregular_pulse=fora.IrregularPulse.VARYING,
            average=True,
        ),
        fora.RecordTime(clock=MINUTE),
    ),
    "fora.blood_pressure": (
        fora.BloodPressure(
            systolic_mmhg=121, mean_arterial_pressure_mmhg=93, diastolic_mmhg=79, pulse_rate_per_min=64
        ),
    ),
    "fora.oximetry": (fora.Oximetry(spo2_percent=97, pulse_rate_per_min=64),),
    "viatom_bp2.command": (
        viatom_bp2.open_file(sequence=1),
        viatom_bp2.read_file(512),
        viatom_bp2.set_time(NOON),
    ),
    "viatom_bp2.reply": (viatom_bp2.Reply(opcode=viatom_bp2.Opcode.REGISTERS, content=bytes(40)),),
    "viatom_bp2.configuration": (
        viatom_bp2.Configuration(state=viatom_bp2.State.TRIPLE_PAUSE, other=bytes(range(8))),
        viatom_bp2.Configuration(state=99),
    ),
    "viatom_bp2.realtime": (
        viatom_bp2.Measuring(cuff_pressure_mmhg=180, battery_status=0, battery_percent=90),
        viatom_bp2.Result(
            systolic_mmhg=121,
            diastolic_mmhg=79,
            mean_arterial_pressure_mmhg=93,
            heart_rate_per_min=61,
            battery_status=1,
            battery_percent=88,
        ),
    ),
    "viatom_bp2.record": (
        viatom_bp2.StoredReading(
            time_s=1_772_000_000,
            user_id=218_071,
            irregular_pulse=1,
            systolic_mmhg=121,
            diastolic_mmhg=79,
            mean_arterial_pressure_mmhg=93,
            heart_rate_per_min=61,
        ),
    ),
    "viatom_bp2.battery": (viatom_bp2.Battery(battery_v=3.715, status=0xCE, other=0x0A),),
    "viatom_bp2.info": (INFO,),
    "transtek.message": (
        transtek.Password(password=b"\x01\x02\x03\x04"),
        transtek.Random(number=b"\x05\x06\x07\x08"),
        transtek.Verification(number=b"\x04\x04\x04\x0c"),
        transtek.Account(number=b"\x00\x00\x00\x01"),
        transtek.Time(since_2010_s=510_000_000),
        transtek.Finish(),
    ),
    "witmotion.frame": (
        witmotion.MotionFrame((1, -2, 2048), (3, 4, -5), (16384, -8192, 0)),
        witmotion.RegisterFrame(register=0x64, values=(393, 0, 0, 0, 0, 0, 0, -1)),
    ),
    "movella_dot.high_fidelity_with_mag": (_dot(high_fidelity=bytes(31)),),
    "movella_dot.extended_quaternion": (
        _dot(
            quaternion_wxyz=UNIT,
            free_acc_m_s2=X,
            status=movella_dot.DotStatus.ACC_Y_CLIPPED,
            acc_clippings=1,
            gyr_clippings=0,
            padding=bytes(4),
        ),
    ),
    "movella_dot.complete_quaternion": (_dot(quaternion_wxyz=UNIT, free_acc_m_s2=X),),
    "movella_dot.orientation_euler": (_dot(euler_deg=Z),),
    "movella_dot.orientation_quaternion": (_dot(quaternion_wxyz=UNIT),),
    "movella_dot.extended_euler": (
        _dot(
            euler_deg=Z,
            free_acc_m_s2=X,
            status=movella_dot.DotStatus.MAG_IS_NEW,
            acc_clippings=0,
            gyr_clippings=9,
        ),
    ),
    "movella_dot.complete_euler": (_dot(euler_deg=Z, free_acc_m_s2=X),),
    "movella_dot.high_fidelity": (_dot(high_fidelity=bytes(25)),),
    "movella_dot.delta_with_mag": (_dot(delta_q_wxyz=UNIT, delta_v_m_s=X, mag_raw=(1, -2, 3)),),
    "movella_dot.delta": (_dot(delta_q_wxyz=UNIT, delta_v_m_s=X),),
    "movella_dot.rate_with_mag": (_dot(acc_m_s2=X, gyr_deg_s=Y, mag_raw=(1, -2, 3)),),
    "movella_dot.rate": (_dot(acc_m_s2=X, gyr_deg_s=Y),),
    "movella_dot.custom_1": (_dot(euler_deg=Z, free_acc_m_s2=X, gyr_deg_s=Y),),
    "movella_dot.custom_2": (_dot(euler_deg=Z, free_acc_m_s2=X, mag_raw=(1, -2, 3)),),
    "movella_dot.custom_3": (_dot(quaternion_wxyz=UNIT, gyr_deg_s=Y),),
    "movella_dot.custom_4": (_dot(high_fidelity=bytes(47)),),
    "movella_dot.custom_5": (_dot(quaternion_wxyz=UNIT, acc_m_s2=X, gyr_deg_s=Y),),
    "movella_dot_device.control": (
        movella_dot_device.Control(running=True, mode=movella_dot.PayloadMode.RATE),
        movella_dot_device.Control(running=False, mode=movella_dot.PayloadMode.CUSTOM_5),
    ),
    "movella_dot_device.heading": (movella_dot_device.Heading.REVERT,),
    "movella_dot_device.device_control": (
        movella_dot_device.DeviceControl(
            apply=movella_dot_device.Apply.OUTPUT_RATE,
            output_rate_hz=60,
            tag_length=4,
            tag=b"knee".ljust(16, b"\0"),
            connection_timeout_s=1815,
        ),
    ),
    "movella_dot_device.battery": (movella_dot_device.BatteryStatus(level_percent=77, charging=True),),
    "metamotion.command": (metamotion.Command(module=0x19, register=0x03, content=b"\x08\x00"),),
    "metamotion.fusion": (metamotion.Gravity(gravity_m_s2=X), metamotion.LinearAcceleration(acc_m_s2=Y)),
    "thingy52.configuration": (
        thingy52.Configuration(
            pedometer_interval_ms=500,
            temperature_interval_ms=500,
            magnetometer_interval_ms=500,
            motion_rate_hz=100,
            wake_on_motion=1,
        ),
    ),
    "thingy52.tap": (thingy52.Tap(direction=2, count=3),),
    "thingy52.orientation": (thingy52.Orientation.REVERSE_PORTRAIT,),
    "thingy52.quaternion": (thingy52.Quaternion(wxyz_raw=(2**30, 0, -(2**29), 1)),),
    "thingy52.pedometer": (thingy52.Pedometer(steps=12, time_ms=9000),),
    "thingy52.raw": (thingy52.RawMotion(acc_raw=(1, 2, 1024), gyr_raw=(-32, 0, 32), mag_raw=(16, 0, -16)),),
    "thingy52.euler": (thingy52.Euler(angles_raw=(65536, -65536 * 90, 0)),),
    "thingy52.rotation_matrix": (thingy52.RotationMatrix(elements_raw=(16384, 0, 0, 0, 16384, 0, 0, 0, -1)),),
    "thingy52.heading": (thingy52.Heading(heading_raw=65536 * 359),),
    "thingy52.gravity": (thingy52.Gravity(gravity_m_s2=X),),
    "sensortag.movement": (sensortag.Movement(gyr_raw=(1, 2, 3), acc_raw=(4, 5, 4096), mag_raw=(-7, 8, 9)),),
    "sensortag.period": (100,),
    "bluest.advertisement": (
        bluest.Advertisement(device=2, features=0x00E0_0100),
        bluest.Advertisement(device=0x80, features=0, address=b"\xc0\x01\x02\x03\x04\x05"),
    ),
    "bluest.vector": (bluest.Vector(timestamp=9, xyz=(1, -2, 1000)),),
    "bluest.acc_gyr": (bluest.AccGyr(timestamp=9, acc_mg=(1, 2, 1000), gyr_0_1_deg_s=(5, 6, -7)),),
    "bluest.motion": (
        bluest.Motion(timestamp=9, acc_mg=(1, 2, 1000), gyr_0_1_deg_s=(5, 6, 7), mag_mg=(-1, 0, 1)),
    ),
    "bluest.quaternion": (bluest.Quaternions(timestamp=9, xyz_raw=((1, 2, 3), (7071, 0, -7071))),),
    "polar_pmd.data": (
        polar_pmd.PmdFrame(
            measurement=polar_pmd.Measurement.ACC,
            timestamp_ns=1,
            frame_type=1,
            samples=ACC_SAMPLES,
            blocks=delta_blocks(ACC_SAMPLES),
        ),
        polar_pmd.PmdFrame(
            measurement=polar_pmd.Measurement.GYR,
            timestamp_ns=1,
            frame_type=1,
            samples=FLOAT_BITS,
            blocks=delta_blocks(FLOAT_BITS, wrap_bits=32),
        ),
    ),
    "polar_pmd_control.settings": (
        (
            polar_pmd_control.Setting(kind=polar_pmd_control.SettingKind.RATE_HZ, values=(26, 52)),
            polar_pmd_control.Setting(kind=polar_pmd_control.SettingKind.FACTOR, values=(0.5,)),
        ),
        (),
    ),
    "polar_pmd_control.features": (polar_pmd_control.Features(bits=0x026F, size=16),),
    "polar_pmd_control.response": (polar_pmd_control.Response(opcode=3, measurement=2, error=0),),
    "movesense.command": (
        movesense.Command(opcode=movesense.Opcode.SUBSCRIBE, reference=1, resource="/Meas/IMU9/52"),
        movesense.Command(opcode=movesense.Opcode.UNSUBSCRIBE, reference=1),
        movesense.Command(opcode=movesense.Opcode.HELLO),
        movesense.Command(opcode=movesense.Opcode.HELLO, reference=0),
    ),
    "movesense.notification": (
        movesense.Response(reference=1, status=200),
        movesense.Data(reference=1, content=bytes(40)),
        movesense.Data(reference=1, content=bytes(4), continued=True),
    ),
    "movesense.imu9": (movesense.Imu9(timestamp_ms=5, acc_m_s2=(X, Y), gyr_deg_s=(Y, Z), mag_ut=(Z, X)),),
    "movesense.imu6": (movesense.Imu6(timestamp_ms=5, acc_m_s2=(X,), gyr_deg_s=(Y,)),),
    "movesense.heart_rate": (movesense.HeartRate(average_per_min=61.5, rr_intervals_ms=(970, 980)),),
}
EXTRA = {
    **EXTRA,
    "berrymed.frame": (*EXTRA["berrymed.bci"], *EXTRA["berrymed.berry"]),
    "viatom_bp2.record_file": (viatom_bp2.RecordFile(readings=EXTRA["viatom_bp2.record"] * 2),),
}


def samples() -> dict[str, tuple[Any, ...]]:
    """Message name -> valid measurements: those of the published frames, then the extra ones."""
    found: dict[str, list[Any]] = {message.name: [] for message in catalog.messages()}
    for vector in all_vectors():
        message = catalog.message(vector.message)
        if vector.error is None and message is not None:
            found[vector.message].append(message.decode(vector.frame))
    for name, extra in EXTRA.items():
        found[name] += extra
    return {name: tuple(content) for name, content in found.items()}
