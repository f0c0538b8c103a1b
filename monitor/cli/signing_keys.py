"""The keys that people sign their commands with, read from where the settings say."""

from pathlib import Path

from monitor.config import Station
from monitor.errors import WrongUseError
from monitor.secret_sources import secret_in_environment, secret_in_file
from protocols.mqtt.signing import MIN_KEY_BYTES


def keys_of(station: Station) -> dict[str, bytes]:
    """The key of each person who has one; their commands count only when signed with it.

    Raises:
        WrongUseError: a key cannot be had, or is too short to prove anything.
    """
    keys = {}
    for index, person in enumerate(station.people):
        where = f"people[{index}]"
        key = signing_key(
            key_file=person.key_file,
            key_env=person.key_env,
            file_setting=f"{where}.key_file",
            env_setting=f"{where}.key_env",
        )
        if key is not None:
            keys[person.name] = key
    return keys


def signing_key(
    *, key_file: Path | None, key_env: str | None, file_setting: str, env_setting: str
) -> bytes | None:
    """One person's key; None where neither a file nor a variable is named.

    Raises:
        WrongUseError: it cannot be read, or has fewer than 32 bytes.
    """
    if key_env is not None:
        setting, secret = env_setting, secret_in_environment(key_env, key=env_setting)
    elif key_file is not None:
        setting, secret = file_setting, secret_in_file(key_file, key=file_setting)
    else:
        return None
    key = secret.encode()
    if len(key) < MIN_KEY_BYTES:
        raise WrongUseError(
            f"{setting}: a signing key has at least {MIN_KEY_BYTES} characters, this one {len(key)}"
        )
    return key
