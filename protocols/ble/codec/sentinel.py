"""Numbers on the wire that say "no value": None in a measurement, and never a number that means something."""


def or_sentinel(content: int | None, sentinel: int) -> int:
    """What to send for a value that may be missing.

    Raises:
        ValueError: when the value is the number that means "missing"; `Fitting` makes an `EncodeError` of it.
    """
    if content is None:
        return sentinel
    if content == sentinel:
        raise ValueError(f"{content} means that there is no value; use None")
    return content
