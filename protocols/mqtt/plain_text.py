"""Text that comes from outside: a name from the air, a sentence from a network, a value of a file. Pure.

Everything of the kind goes through `plain` before a person, a terminal, a log or a file sees it.
"""

import unicodedata

# Stands for each character that is not shown: Unicode's own replacement character.
REPLACEMENT = "\ufffd"

# Control, format (directions, zero width), surrogates, private use, unassigned, line and paragraph ends.
HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str, *, max_length: int | None = None) -> str:
    """`text` with nothing in it that moves a cursor, turns the writing, hides something or ends a line.

    Each such character becomes one U+FFFD, so that the length stays; what is longer than `max_length` is cut.
    """
    cut = text if max_length is None else text[:max_length]
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(REPLACEMENT if unicodedata.category(each) in HARMFUL else each for each in cut)
