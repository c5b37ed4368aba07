"""The fault campaign: break a laboratory in every way, and count what is lost.

Usage: python -m tests.torture [--only NAME] [--tries N] [--seed N] [--list]

Prints the table *fault | tries | lost*, and exits with 1 if anything was lost.
"""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.bench import Bench
from tests.torture.fault import FAULTS, Tally
from tests.torture.faults import load_faults
from tests.torture.surroundings import surroundings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="faults with this text in their name")
    parser.add_argument("--tries", type=int, metavar="N", help="tries per fault, instead of each fault's own number")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of all random choices (%(default)s)")
    parser.add_argument("--list", action="store_true", help="only print the names of the faults")
    args = parser.parse_args()
    load_faults()
    chosen = [fault for name, fault in FAULTS.items() if not args.only or any(text in name for text in args.only)]
    if args.list:
        print("\n".join(fault.name for fault in chosen))
        return 0
    logging.disable(logging.WARNING)  # Streamlit misses its server
    tallies, started = [], time.monotonic()
    with surroundings(), tempfile.TemporaryDirectory(prefix="torture-", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder), args.seed)
        for fault in chosen:
            bench.begin(fault.name)
            begun = time.monotonic()
            tallies.append(tally := fault.run(bench, args.tries))
            print(f"{time.monotonic() - begun:6.1f} s  {fault.name}", file=sys.stderr, flush=True)
            for loss in tally.losses:
                print(f"    {loss[:1500]}", file=sys.stderr, flush=True)
    print(table(tallies))
    print(f"\nseed {args.seed}, {time.monotonic() - started:.0f} s")
    return 1 if any(tally.losses for tally in tallies) else 0


def table(tallies: list[Tally]) -> str:
    """The table in Markdown."""
    lines = ["| Fault | Tries | Lost |", "|---|---:|---:|"]
    lines += [f"| {tally.name} | {tally.tries:,} | {len(tally.losses):,} |" for tally in tallies]
    total = f"| All | {sum(tally.tries for tally in tallies):,} | {sum(len(tally.losses) for tally in tallies):,} |"
    return "\n".join([*lines, total])


if __name__ == "__main__":
    sys.exit(main())
