"""`station.toml`: this station, its devices and their roles, its broker and storage. No secret is in it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.sensors import PLACED_IMU_ROLES, Arm, SensorRole
from monitor.settings_file import read_settings

# Topic levels: lower case, digits and dashes (no dots: NATS maps them to its own separator).
SLUG = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
SLUG_IN_WORDS = "1 to 32 lower-case letters, digits and dashes"
Slug = Annotated[str, Field(pattern=SLUG, description=SLUG_IN_WORDS)]

# The name of an environment variable.
Variable = Annotated[
    str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$", description="the name of an environment variable, in capitals")
]


class Strict(BaseModel):
    """Unknown keys are errors: a misspelt limit must never be a silent one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DeviceSettings(Strict):
    """One sensor of this station."""

    device: Slug
    family: str = Field(min_length=1, max_length=40)
    role: SensorRole
    address: str | None = Field(
        default=None,
        pattern=r"^([0-9A-F]{2}(:[0-9A-F]{2}){5}|[0-9A-Fa-f-]{36})$",
        description="an address such as C0:FF:EE:00:00:01 in capitals, or macOS's 36-character UUID",
    )
    name: str | None = Field(default=None, min_length=1, max_length=64)
    arm: Arm | None = None
    options: dict[str, str | int | float | bool] = Field(default_factory=dict, max_length=16)


class BrokerSettings(Strict):
    """Where alerts go. `embedded` starts the broker that comes with kinewatch, on loopback.

    With `home_assistant` (its discovery prefix) the station announces its values to Home Assistant.
    """

    url: str = Field(
        default="embedded",
        pattern=r"^(embedded|mqtts?://[A-Za-z0-9.\-\[\]:]+|wss?://\S+)$",
        description="'embedded', or mqtts://host[:port], or wss://host[:port]/path; the login is not in it",
    )
    username: str | None = Field(default=None, max_length=128)
    password_file: Path | None = None
    password_env: Variable | None = None
    ca_file: Path | None = None
    plaintext_allowed: bool = False
    home_assistant: Slug | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.password_file and self.password_env:
            raise ValueError("give password_file or password_env, not both")
        if self.home_assistant and self.url == "embedded":
            raise ValueError("home_assistant needs a broker that Home Assistant uses, not the embedded one")
        loopback = urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")
        if self.url.startswith(("mqtt://", "ws://")) and not loopback and not self.plaintext_allowed:
            raise ValueError(
                "a broker on another machine must be reached over TLS (mqtts://); "
                "plaintext_allowed = true says otherwise"
            )
        return self


class PersonRole(StrEnum):
    """What somebody may do: an assistant tightens limits, a therapist owns them."""

    THERAPIST = "therapist"
    ASSISTANT = "assistant"


class KeyHolder(Strict):
    """Who has a key; it lies outside, in a file or an environment variable."""

    key_file: Path | None = None
    key_env: Variable | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.key_file and self.key_env:
            raise ValueError("give key_file or key_env, not both")
        return self


class PersonSettings(KeyHolder):
    """Somebody whose commands and confirmations count here; the name is that of the broker's login.

    With a key, what they ask for counts only when it is signed with it; the key lies outside.
    """

    name: Slug
    role: PersonRole


class StationSettings(Strict):
    """Who we are on the wire, and where sessions are kept; for `retention_days`, or until somebody acts."""

    clinic: Slug
    station: Slug
    sessions_folder: Path = Path("sessions")
    adapter: str | None = Field(default=None, pattern=r"^hci[0-9]+$", description="hci0, hci1 ...")
    power_cycle_adapter: bool = False
    retention_days: int | None = Field(default=None, ge=1, le=36_500)


class PageListenSettings(Strict):
    """Where `kinewatch run` serves the page: on loopback, or elsewhere with a certificate and its key."""

    is_served: bool = True
    host: str = Field(default="127.0.0.1", min_length=1, max_length=253)
    port: int = Field(default=0, ge=0, le=65535)
    certificate_file: Path | None = None
    key_file: Path | None = None


class ProxySettings(KeyHolder):
    """An ESPHome node with `bluetooth_proxy` that lends its radio; its API key lies outside."""

    address: str = Field(min_length=1, max_length=253)


class Station(Strict):
    """The whole file. With `proxies` the station uses their radios instead of an adapter of its own."""

    station: StationSettings
    broker: BrokerSettings = BrokerSettings()
    page: PageListenSettings = PageListenSettings()
    devices: list[DeviceSettings] = Field(min_length=1, max_length=16)
    proxies: list[ProxySettings] = Field(default_factory=list, max_length=16)
    people: list[PersonSettings] = Field(
        default_factory=lambda: [PersonSettings(name="therapist", role=PersonRole.THERAPIST)], max_length=64
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [device.device for device in self.devices]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"devices must have different names; {', '.join(doubled)} is given twice")
        addresses = [device.address.upper() for device in self.devices if device.address]
        twice = sorted({address for address in addresses if addresses.count(address) > 1})
        if twice:
            raise ValueError(f"one sensor is one entry of devices; {', '.join(twice)} is given twice")
        if all(person.role is not PersonRole.THERAPIST for person in self.people):
            raise ValueError("people must name at least one therapist: somebody has to get the alerts")
        people = [person.name for person in self.people]
        same = sorted({name for name in people if people.count(name) > 1})
        if same:
            raise ValueError(f"people must have different names; {', '.join(same)} is given twice")
        imus = {device.role for device in self.devices} & {SensorRole.IMU_PROXIMAL, SensorRole.IMU_DISTAL}
        if len(imus) == 1:
            raise ValueError("a goniometer needs two IMUs: one imu_proximal and one imu_distal")
        for role in (
            SensorRole.IMU_PROXIMAL,
            SensorRole.IMU_DISTAL,
            SensorRole.CUFF,
            *sorted(PLACED_IMU_ROLES),
        ):
            if sum(device.role is role for device in self.devices) > 1:
                raise ValueError(f"only one device can be the {role}")
        return self


def load_station(path: Path) -> Station:
    """Read `station.toml`.

    Raises:
        SettingsError: naming the file, the key and what was expected.
    """
    return read_settings(path, Station)
