"""`python -m tests.benchmarks.pages`: seconds that each page takes with 500 runs in the store, first and again.

Through Streamlit's own test runner: what the server does, without what the browser draws. The store is one small run
that was trained and attacked, and hard links to it under other seeds.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.run_queue import RunQueue
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.run_files import CONFIG
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig
from tests.small_runs import THREAT

ROOT = Path(__file__).parents[2]
RUNS, AGAIN = 500, 10


def config(seed: int) -> RunConfig:
    training = TrainingConfig(epochs=1, batch_size=128, snapshots_per_epoch=10)
    return RunConfig(seed=seed, training=training, probe=ProbeConfig(samples=16, steps=4))


def train_and_attack(root: Path) -> None:
    """The run of seed 0; in a process of its own, since this one must not import torch."""
    import torch

    from engine.measurements.evaluation.measure import evaluate_run
    from engine.runs.experiment import train_runs

    torch.set_num_threads(1)
    store = RunStore(root)
    run_id = store.create(config(0)).name
    for _ in train_runs(store, [run_id], root, "cpu"):
        pass
    for request in EvaluationRequest(attacks=("fgsm", "pgd"), samples=100, threat=THREAT).ladder(
        [0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0]
    ):
        evaluate_run(store, run_id, request, root, "cpu")


def multiply(root: Path) -> None:
    """Runs of the seeds after 0, each with its own config and row in the queue, all else shared with the first."""
    store, queue = RunStore(root), RunQueue(root)
    first = store.folder(config(0).run_id)
    for seed in range(1, RUNS):
        copy = root / config(seed).run_id
        shutil.copytree(first, copy, copy_function=os.link, ignore=shutil.ignore_patterns(CONFIG))
        document = json.loads((first / CONFIG).read_text())
        document |= {"run_id": copy.name, "config": config(seed).model_dump(mode="json")}
        (copy / CONFIG).write_text(json.dumps(document))
        queue.submit(copy.name, "train", copy.name, {})
    queue.claim("benchmark/1/1", lambda jobs: jobs)
    for run_id in store.run_ids():
        queue.release("benchmark/1/1", run_id, "finished")


def measure(root: Path) -> None:
    """One line per page, and per view of Weights for eight runs and both layers."""
    os.environ |= {"MINMAX_STORE": str(root), "MINMAX_DATA": str(root), "MINMAX_READ_ONLY": ""}
    from streamlit.testing.v1 import AppTest

    from dashboard.frames.labels import LAYERS
    from dashboard.navigation import PAGES
    from dashboard.ui.layer_pictures import VIEWS

    shown = {"runs": [config(seed).run_id for seed in range(8)], "layers": list(LAYERS.values())}
    queries = [(name, name, {}) for name in PAGES]
    queries += [(f"weights, 8 runs: {view}", "weights", shown | {"view": view}) for view in VIEWS]
    for title, page, query in queries:
        app = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=120)
        app.query_params.update(query)
        app = app.run()  # AppTest opens the first page of the menu by itself
        taken = []
        for _ in range(1 + AGAIN):
            started = time.perf_counter()
            app = app.run() if taken else app.switch_page(PAGES[page]).run()
            taken.append(time.perf_counter() - started)
            if app.exception:
                sys.exit(f"{title}: {app.exception[0].value}")
        median, slowest = statistics.median(taken[1:]), max(taken[1:])
        print(f"{title:36} first {taken[0]:6.3f} s, again median {median:6.3f} s, at most {slowest:6.3f} s")
    print(f"{RUNS} runs, each page {AGAIN} times again; torch {'' if 'torch' in sys.modules else 'not '}imported")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            process.submit(train_and_attack, root).result()
        multiply(root)
        if len(RunStore(root).run_ids()) != RUNS:
            sys.exit("the store has not as many runs as it should")
        measure(root)


if __name__ == "__main__":
    main()
