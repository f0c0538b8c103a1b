"""Random numbers by name: each stream depends on the seed and its own name, on nothing else.

Adding a sensor, or drawing more numbers for one, leaves every other stream as it was. The digest of the
name (not Python's `hash`, which is salted per process) makes two runs identical across processes.
"""

import hashlib

import numpy as np


def generator(seed: int, *name: str | int) -> np.random.Generator:
    """Give the generator that belongs to `name` under `seed`; equal arguments give equal numbers."""
    joined = "\x1f".join(str(part) for part in name)
    digest = hashlib.blake2b(joined.encode(), digest_size=16).digest()
    words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=words)))
