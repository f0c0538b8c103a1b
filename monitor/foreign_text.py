"""Text from outside in a file of ours. Pure; what a person or a terminal sees is `plain_text`'s."""

import unicodedata

from protocols.mqtt.plain_text import HARMFUL


def toml_string(text: str) -> str:
    """`text` as a basic string of TOML 1.0, quotes included: no character of it can end the string."""
    return f'"{"".join(_in_toml(character) for character in text)}"'


def _in_toml(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if unicodedata.category(character) not in HARMFUL:
        return character
    number = ord(character)
    if 0xD800 <= number < 0xE000:
        return "\\uFFFD"  # a lone surrogate is no character, and TOML has no word for it
    return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
