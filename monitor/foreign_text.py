"""Text that comes from outside: a name from the air, a sentence from a network, a value of a file. Pure.

Everything of the kind goes through here before a person, a terminal, a log or a file sees it.
"""

import unicodedata

# Longer than any sentence of ours.
MAX_LENGTH = 500

# Cc control, Cf format (directions, zero width), Cs surrogates, Co private use, Zl and Zp line breaks.
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str, *, max_length: int = MAX_LENGTH) -> str:
    r"""`text` on one line, with nothing in it that moves a cursor, turns the writing or hides something.

    What is harmful is shown as `\x1b` or `\u202e`; what is too long is cut, and ends with an ellipsis.
    """
    cut = text[: max_length + 1]
    is_harmless = cut.isascii() and cut.isprintable()
    shown = cut if is_harmless else "".join(_shown(character) for character in cut)
    return shown if len(shown) <= max_length else shown[: max_length - 1] + "\u2026"


def toml_string(text: str) -> str:
    """`text` as a basic string of TOML 1.0, quotes included: no character of it can end the string."""
    quoted = "".join(_in_toml(character) for character in text)
    return f'"{quoted}"'


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HARMFUL:
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _in_toml(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if unicodedata.category(character) not in _HARMFUL:
        return character
    number = ord(character)
    if 0xD800 <= number < 0xE000:
        return "\\uFFFD"  # a lone surrogate is no character, and TOML has no word for it
    return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
