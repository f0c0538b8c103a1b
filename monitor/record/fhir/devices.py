"""The sensors, the station as gateway, and how a joint's sensors were calibrated."""

from collections.abc import Mapping

from monitor.record.facts import NotRecorded
from monitor.record.fhir.build import DEVICE_IDS, Bundle, ours, ref
from monitor.record.fhir.people import Context


def add_gateway(made: Bundle) -> str:
    """This station: what the Personal Health Device guide calls the gateway."""
    facts = made.facts
    return made.add(
        {
            "resourceType": "Device",
            "status": "active",
            "deviceName": [{"name": f"kinewatch {facts.station}", "type": "user-friendly-name"}],
            "type": ours("gateway"),
            "version": [{"value": facts.software_version or "unknown"}],
        },
        f"{DEVICE_IDS}/{facts.clinic}",
        f"{facts.station}/gateway",
    )


def add_devices(made: Bundle, gateway: str) -> Mapping[str, str]:
    """Every sensor, by the station's name for it."""
    facts = made.facts
    found = {}
    for device in facts.devices:
        resource = {
            "resourceType": "Device",
            "status": "active",
            "deviceName": [{"name": device.device, "type": "user-friendly-name"}],
            "modelNumber": device.family,
            "type": ours(device.role),
            "parent": ref(gateway),
        }
        if not isinstance(device.firmware, NotRecorded):
            resource["version"] = [{"value": device.firmware}]
        found[device.device] = made.add(
            resource, f"{DEVICE_IDS}/{facts.clinic}", f"{facts.station}/{device.device}"
        )
    return found


def add_calibrations(made: Bundle, context: Context) -> None:
    """One DeviceMetric a calibration: of the joint angle that two motion sensors give."""
    facts = made.facts
    if isinstance(facts.calibrations, NotRecorded):
        return
    distal = next((device.device for device in facts.devices if device.role == "imu_distal"), None)
    for one in facts.calibrations:
        made.add_session_fact(
            {
                "resourceType": "DeviceMetric",
                "type": ours("joint-axis", one.joint),
                **({} if distal is None else {"source": ref(context.devices[distal])}),
                "operationalStatus": "on",
                "category": "calculation",
                "calibration": [{"type": "gain", "state": "calibrated", "time": facts.utc(one.t_s)}],
            },
            one.fact_id,
        )
