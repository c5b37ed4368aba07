"""Random numbers from counters: a seed is a function of what it is for, never of what ran before."""

import hashlib


def derive_seed(kind: str, *counters: int | str) -> int:
    """A 63-bit seed for one use, e.g. `derive_seed("order", run_seed, epoch)`.

    Equal arguments give equal seeds on every machine and release, so that an interrupted run
    needs no stored generator state to go on exactly.
    """
    text = "/".join([kind, *map(str, counters)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1
