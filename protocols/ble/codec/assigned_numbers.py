"""Bluetooth SIG numbers used here: full lower-case 128-bit UUIDs, and company identifiers.

Source: Bluetooth Assigned Numbers, sections 3.4 (services), 3.8 (characteristics), 7.1 (companies).
"""

from typing import Final

_BASE_TAIL: Final = "-0000-1000-8000-00805f9b34fb"


def uuid16(number: int) -> str:
    """The full UUID of a 16-bit number: 0x2A5F -> `00002a5f-0000-1000-8000-00805f9b34fb`."""
    return f"{number:08x}{_BASE_TAIL}"


def short_number(uuid: str) -> int | None:
    """The 16-bit number of a full UUID on the Bluetooth base; None for any other UUID."""
    uuid = uuid.lower()
    if len(uuid) == 36 and uuid.startswith("0000") and uuid.endswith(_BASE_TAIL):
        return int(uuid[4:8], 16)
    return None


CLIENT_CHARACTERISTIC_CONFIGURATION: Final = uuid16(0x2902)

DEVICE_INFORMATION_SERVICE: Final = uuid16(0x180A)
CURRENT_TIME_SERVICE: Final = uuid16(0x1805)
HEALTH_THERMOMETER_SERVICE: Final = uuid16(0x1809)
HEART_RATE_SERVICE: Final = uuid16(0x180D)
BATTERY_SERVICE: Final = uuid16(0x180F)
BLOOD_PRESSURE_SERVICE: Final = uuid16(0x1810)
RUNNING_SPEED_CADENCE_SERVICE: Final = uuid16(0x1814)
CYCLING_SPEED_CADENCE_SERVICE: Final = uuid16(0x1816)
CYCLING_POWER_SERVICE: Final = uuid16(0x1818)
USER_DATA_SERVICE: Final = uuid16(0x181C)
PULSE_OXIMETER_SERVICE: Final = uuid16(0x1822)
FITNESS_MACHINE_SERVICE: Final = uuid16(0x1826)

DATE_TIME: Final = uuid16(0x2A08)
LOCAL_TIME_INFORMATION: Final = uuid16(0x2A0F)
BATTERY_LEVEL: Final = uuid16(0x2A19)
TEMPERATURE_MEASUREMENT: Final = uuid16(0x2A1C)
TEMPERATURE_TYPE: Final = uuid16(0x2A1D)
INTERMEDIATE_TEMPERATURE: Final = uuid16(0x2A1E)
SYSTEM_ID: Final = uuid16(0x2A23)
MODEL_NUMBER: Final = uuid16(0x2A24)
SERIAL_NUMBER: Final = uuid16(0x2A25)
FIRMWARE_REVISION: Final = uuid16(0x2A26)
HARDWARE_REVISION: Final = uuid16(0x2A27)
SOFTWARE_REVISION: Final = uuid16(0x2A28)
MANUFACTURER_NAME: Final = uuid16(0x2A29)
CURRENT_TIME: Final = uuid16(0x2A2B)
BLOOD_PRESSURE_MEASUREMENT: Final = uuid16(0x2A35)
INTERMEDIATE_CUFF_PRESSURE: Final = uuid16(0x2A36)
HEART_RATE_MEASUREMENT: Final = uuid16(0x2A37)
BODY_SENSOR_LOCATION: Final = uuid16(0x2A38)
HEART_RATE_CONTROL_POINT: Final = uuid16(0x2A39)
BLOOD_PRESSURE_FEATURE: Final = uuid16(0x2A49)
PNP_ID: Final = uuid16(0x2A50)
RECORD_ACCESS_CONTROL_POINT: Final = uuid16(0x2A52)
RSC_MEASUREMENT: Final = uuid16(0x2A53)
CSC_MEASUREMENT: Final = uuid16(0x2A5B)
PLX_SPOT_CHECK_MEASUREMENT: Final = uuid16(0x2A5E)
PLX_CONTINUOUS_MEASUREMENT: Final = uuid16(0x2A5F)
PLX_FEATURES: Final = uuid16(0x2A60)
CYCLING_POWER_MEASUREMENT: Final = uuid16(0x2A63)
DATABASE_CHANGE_INCREMENT: Final = uuid16(0x2A99)
USER_INDEX: Final = uuid16(0x2A9A)
USER_CONTROL_POINT: Final = uuid16(0x2A9F)
TREADMILL_DATA: Final = uuid16(0x2ACD)
CROSS_TRAINER_DATA: Final = uuid16(0x2ACE)
STEP_CLIMBER_DATA: Final = uuid16(0x2ACF)
STAIR_CLIMBER_DATA: Final = uuid16(0x2AD0)
ROWER_DATA: Final = uuid16(0x2AD1)
INDOOR_BIKE_DATA: Final = uuid16(0x2AD2)
FITNESS_MACHINE_STATUS: Final = uuid16(0x2ADA)
ENHANCED_BLOOD_PRESSURE_MEASUREMENT: Final = uuid16(0x2B34)
ENHANCED_INTERMEDIATE_CUFF_PRESSURE: Final = uuid16(0x2B35)
BLOOD_PRESSURE_RECORD: Final = uuid16(0x2B36)

COMPANY_POLAR: Final = 0x006B
COMPANY_OMRON: Final = 0x020E
COMPANY_MASIMO: Final = 0x0243
# Registered to another company; O2Ring-S in its recording state advertises with it all the same.
COMPANY_VIATOM_RECORDING: Final = 0x036F
COMPANY_BEURER: Final = 0x0611
COMPANY_MOVELLA: Final = 0x0886
# Not registered at all: Viatom's own choice.
COMPANY_VIATOM: Final = 0xF34E
