"""`python -m tests.benchmarks.training`: our training loop against the plain PyTorch loop that anyone would write.

Both on one CPU thread, recording as good as nothing. Pairs of runs are taken in turn, in changing order, and the ratio
of each pair counts, so that a change of the machine's speed does not. Seconds are those of the processor; both have the
environment of a worker process, whose settings for glibc's malloc speed up either.
"""

import os
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F

from engine.data.sources import Dataset, load_dataset
from engine.minmax.objective import ObjectiveConfig
from engine.models.architectures import build_model
from engine.models.stack import Stack
from engine.queue.client import ENVIRONMENT
from engine.training.loop import train
from engine.training.schedule import TrainingConfig
from engine.training.state import initial_state

PAIRS, EPOCHS = 21, 2
OBJECTIVE = ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1)


def build(dataset: Dataset) -> torch.nn.Module:
    spec = dataset.spec
    return build_model("lenet", 0, spec.shape, len(spec.classes), spec.mean, spec.std)


def plain(dataset: Dataset) -> None:
    """Adam, batches of 64 from a permutation, the penalty on the first convolution."""
    model = build(dataset)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    images, labels = torch.from_numpy(dataset.train_images), torch.from_numpy(dataset.train_labels)
    for _ in range(EPOCHS):
        order = torch.randperm(len(labels))
        for start in range(0, len(order), 64):
            index = order[start : start + 64]
            weights = model.get_parameter("conv1.weight")
            loss = F.cross_entropy(model(images[index].float() / 255), labels[index])
            loss = loss + 0.1 * weights.abs().sum() - 0.1 * weights.square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def ours(dataset: Dataset) -> None:
    training = TrainingConfig(epochs=EPOCHS, snapshots_per_epoch=1)
    state = initial_state(Stack.of([build(dataset)]), "adam", training.learning_rate)
    for _ in train(state, dataset, [OBJECTIVE], training, [0]):
        pass


def seconds(run, dataset: Dataset) -> float:
    started = time.process_time()
    run(dataset)
    return time.process_time() - started


def main() -> None:
    if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, "-m", "tests.benchmarks.training"], os.environ | ENVIRONMENT)
    torch.set_num_threads(1)
    whole = load_dataset("mnist-mini", Path("data"))
    dataset = replace(whole, test_images=whole.test_images[:64], test_labels=whole.test_labels[:64])
    ours(dataset)
    plain(dataset)
    ratios = []
    for pair in range(PAIRS):
        order = (ours, plain) if pair % 2 else (plain, ours)
        taken = {run: seconds(run, dataset) for run in order}
        a, b = taken[ours], taken[plain]
        ratios.append(a / b)
        print(f"ours {a:.2f} s, plain {b:.2f} s, ratio {a / b:.3f}")
    print(f"median ratio ours / plain {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
