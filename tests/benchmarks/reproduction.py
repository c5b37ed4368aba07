"""`python -m tests.benchmarks.reproduction`: one command to the finished table 1, against the plain PyTorch loop.

All five variants of one seed are trained on full MNIST and attacked with the paper's six attacks on 1,000 images, in a
new store. The unit is the plain loop of `training.py` on the same data, 10 epochs on one core: what anyone would write
to train Std alone. It is measured before and after, for one epoch each.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from engine.data.sources import load_dataset
from tests.benchmarks import training


def plain_seconds(data: Path) -> float:
    """One epoch of the plain loop on 12,000 images, scaled to ten of all of MNIST."""
    whole = load_dataset("mnist", data)
    some = replace(whole, train_images=whole.train_images[:12_000], train_labels=whole.train_labels[:12_000])
    started = time.perf_counter()
    training.plain(some)
    return (time.perf_counter() - started) / training.EPOCHS * 5 * 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with mnist.npz")
    parser.add_argument("--samples", type=int, default=1000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    before = plain_seconds(args.data)
    with tempfile.TemporaryDirectory() as store:
        words = ["reproduce", "table1-mnist", "--seeds", "1", "--samples", str(args.samples)]
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "engine", *words, "--store", store, "--data", str(args.data)], check=True)
        taken = time.perf_counter() - started
    plain = (before + plain_seconds(args.data)) / 2
    print(f"{taken / 60:.1f} min; the plain loop takes {plain / 60:.2f} min for one network: ratio {taken / plain:.1f}")


if __name__ == "__main__":
    main()
