"""`transfer`: test all runs on the adversarial images of each run. The unit of ε is normalized by default."""

import argparse
from dataclasses import asdict

from engine.attacks.catalog import ATTACKS
from engine.attacks.threat import ThreatModel
from engine.command_line.parser import add_field, add_folders, open_store, print_json
from engine.command_line.waiting import place_of, wait_for_jobs, worker_of
from engine.data.sources import fetch_dataset
from engine.errors import InputError
from engine.formatting import MISSING
from engine.measurements.images import check_test_data_at_hand
from engine.measurements.transfer.read import read_transfers
from engine.measurements.transfer.request import TransferRequest
from engine.queue.job import Job
from engine.queue.run_queue import RunQueue
from engine.queue.submission import check_finished, submit_measurement
from engine.robustness.transfer import Transfer
from engine.runs.config import linf_threat
from engine.runs.store import RunStore
from engine.validation import field_limits, validated


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "transfer", help="test runs on each other's adversarial images", description=__doc__
    )
    parser.add_argument("run_ids", nargs="+", metavar="RUN_ID", help="finished runs of one data set, two or more")
    limits = field_limits(TransferRequest, "attack")
    text = f"{limits.description}, one of {', '.join(ATTACKS)} (default {limits.default})"
    parser.add_argument("--attack", default=limits.default, metavar="NAME", help=text)
    add_field(parser, "--samples", TransferRequest, "samples")
    text = "perturbation budget, 0 to 100 (default the paper's for the data set)"
    parser.add_argument("--epsilon", type=float, metavar="FLOAT", help=text)
    add_field(parser, "--unit", ThreatModel, "unit")
    add_field(parser, "--seed", TransferRequest, "seed")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    queue = RunQueue(store.root)
    configs = {run_id: store.config(run_id) for run_id in args.run_ids}
    for run_id in configs:
        check_finished(store, run_id)
    if len(configs) == 1:
        raise InputError("two runs or more", f"only {args.run_ids[0]}", "Add at least one other run.")
    if len(datasets := dict.fromkeys(config.dataset for config in configs.values())) > 1:
        raise InputError(
            "runs of one data set", " and ".join(datasets), "Compare the runs of each data set separately."
        )
    spec = configs[args.run_ids[0]].dataset_spec
    request = validated(
        TransferRequest,
        attack=args.attack,
        targets=tuple(configs),
        threat=linf_threat(spec, args.epsilon, args.unit),
        samples=args.samples,
        seed=args.seed,
    )
    fetch_dataset(spec.name, args.data)
    request = request.on_data(spec.name, args.data)
    check_test_data_at_hand(store, args.run_ids[0], request, args.data)
    place = place_of(args)
    job_ids = {run_id: submit_measurement(store, queue, run_id, request, place) for run_id in configs}
    settings = worker_of(args, store)
    wait_for_jobs(queue, list(job_ids.values()), settings, quiet=args.json)
    found = {run_id: _measured(store, run_id, request) for run_id in configs}
    jobs = {run_id: queue.job(job_id) for run_id, job_id in job_ids.items()}
    if args.json:
        how = request.model_dump(include={"attack", "threat", "seed"})
        rows = [_document(run_id, jobs[run_id], found[run_id]) for run_id in configs]
        print_json(how | {"pixel_epsilon": request.threat.pixel_budget(spec.std), "rows": rows})
    else:
        _print_matrix({run_id: config.label for run_id, config in configs.items()}, jobs, found)
    return 1 if any(job is not None and job.status != "finished" for job in jobs.values()) else 0


def _measured(store: RunStore, run_id: str, request: TransferRequest) -> dict[str, Transfer]:
    """Target run id -> measured transfer from this run."""
    found = read_transfers(store, run_id)
    keys = {target: (request.protocol_id, request.attack, target) for target in request.targets}
    return {target: found[key] for target, key in keys.items() if key in found}


def _document(run_id: str, job: Job | None, found: dict[str, Transfer]) -> dict:
    cells = [
        {"target": target, "white_box": transfer.is_white_box, **asdict(transfer.figures())}
        for target, transfer in found.items()
    ]
    ended = {"status": job.status if job else "finished", "error": job.error if job else None}
    return {"source": run_id, **ended, "targets": cells}


def _print_matrix(labels: dict[str, str], jobs: dict[str, Job | None], found: dict[str, dict[str, Transfer]]) -> None:
    """Print a row per source and a column per target, numbered as in the legend above the table."""
    width = max(map(len, labels.values()))
    for place, (run_id, label) in enumerate(labels.items(), 1):
        print(f"{place:>3}  {label:{width}}  {run_id}")
    if measured := [transfer for row in found.values() for transfer in row.values()]:
        print(f"\nAccuracy (%) of the column on images made on the row: {measured[0].words}")
    print((" " * 5 + "".join(f"{place:>8} " for place in range(1, len(labels) + 1))).rstrip())
    for place, run_id in enumerate(labels, 1):
        cells = "".join(_printed(found[run_id].get(target)) for target in labels)
        job = jobs[run_id]
        ended = "" if job is None or job.status == "finished" else f"  {job.status}: {job.error or 'not done'}"
        print(f"{place:>5}{cells}{ended}".rstrip())
    print(
        "* the network's own images (white-box). Every image counts, including those misclassified without an attack."
    )


def _printed(transfer: Transfer | None) -> str:
    if transfer is None:
        return f"{MISSING:>8} "
    return f"{100 * transfer.figures().accuracy:>8.1f}" + ("*" if transfer.is_white_box else " ")
