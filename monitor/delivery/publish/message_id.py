"""Ids of messages: ULIDs that are the same whenever the same transition is told. Pure."""

import hashlib

# Crockford's base 32: no I, L, O or U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(utc_ms: int, *about: object) -> str:
    """26 characters: 48 bits of time, 80 bits of digest over `about`; sorts by time.

    Not random, so that a transition told twice has one id and receivers can drop the second.
    """
    digest = hashlib.sha256("\x1f".join(str(part) for part in about).encode()).digest()
    number = (max(0, utc_ms) & (1 << 48) - 1) << 80 | int.from_bytes(digest[:10], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
