"""`launch`: train one run per variant and seed."""

import argparse

from engine.command_line.parser import add_field, add_folders, open_store, percent, print_json
from engine.command_line.waiting import wait_for_jobs, worker_of
from engine.data.catalog import DATASETS, dataset_spec
from engine.data.sources import fetch_dataset
from engine.minmax.objective import ObjectiveConfig
from engine.models.architectures import ARCHITECTURES
from engine.robustness.threat import ThreatModel
from engine.runs.config import ProbeConfig, RunConfig, linf_threat
from engine.runs.launch import MOST_RUNS, LaunchRequest
from engine.runs.overview import read_overview
from engine.runs.planner import resolve_device
from engine.runs.run_queue import RunQueue
from engine.runs.submission import submit_runs
from engine.runs.variants import VARIANTS
from engine.training.schedule import TrainingConfig
from engine.validation import field_limits, validated

TRAINING_FIELDS = tuple(TrainingConfig.model_fields)
PROBE_FIELDS = tuple(ProbeConfig.model_fields)


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("launch", help="train runs", description=__doc__)
    parser.add_argument("--dataset", default="mnist-mini", help=f"one of {', '.join(DATASETS)} (default %(default)s)")
    parser.add_argument(
        "--architecture", default="lenet", help=f"one of {', '.join(ARCHITECTURES)} (default %(default)s)"
    )
    names = ", ".join(VARIANTS)
    parser.add_argument("--variant", action="append", help=f"{names}; repeat for several (default std and min-max)")
    parser.add_argument(
        "--seed", type=int, action="append", metavar="INT", help=f"repeat for several, at most {MOST_RUNS} runs in all"
    )
    add_field(parser, "--l1", ObjectiveConfig, "l1_strength", default=0.1)
    add_field(parser, "--l2", ObjectiveConfig, "l2_strength", default=-0.1)
    add_field(parser, "--scope", ObjectiveConfig, "scope")
    for name in TRAINING_FIELDS:
        add_field(parser, f"--{name.replace('_', '-')}", TrainingConfig, name)
    for name in PROBE_FIELDS:
        add_field(parser, f"--probe-{name}", ProbeConfig, name)
    limits = field_limits(ThreatModel, "epsilon")
    parser.add_argument(
        "--epsilon",
        type=float,
        help=f"ε of adversarial training and the probe ({limits}; default the paper's for the data set)",
    )
    add_field(parser, "--unit", ThreatModel, "unit")
    add_field(parser, "--device", RunConfig, "device")
    parser.add_argument("--anew", action="store_true", help="train also what came with the project as a recorded run")
    parser.add_argument("--wait", action="store_true", help="return when all runs have ended")
    add_folders(parser)
    parser.set_defaults(run=run)


def build_request(args: argparse.Namespace) -> LaunchRequest:
    """The request that the parsed options mean; InputError when one is out of its limits."""
    threat = None
    if args.epsilon is not None or args.unit != "normalized":
        threat = linf_threat(dataset_spec(args.dataset), args.epsilon, args.unit)
    return validated(
        LaunchRequest,
        dataset=args.dataset,
        architecture=args.architecture,
        variants=tuple(args.variant or ("std", "min-max")),
        seeds=tuple(args.seed or (0,)),
        l1_strength=args.l1,
        l2_strength=args.l2,
        scope=args.scope,
        training=validated(TrainingConfig, **{name: getattr(args, name) for name in TRAINING_FIELDS}),
        threat=threat,
        probe=validated(ProbeConfig, **{name: getattr(args, f"probe_{name}") for name in PROBE_FIELDS}),
        device=args.device,
    )


def run(args: argparse.Namespace) -> int:
    configs = build_request(args).configs()
    fetch_dataset(args.dataset, args.data)
    resolve_device(args.device)
    store = open_store(args.store, shipped=not args.anew)
    queue = RunQueue(store.root)
    run_ids = submit_runs(store, queue, configs)
    settings = worker_of(args, store)
    wait_for_jobs(queue, run_ids, settings, wait=args.wait, quiet=args.json)
    overviews = [read_overview(store, run_id, queue.job(run_id)) for run_id in run_ids]
    if args.json:
        print_json({"runs": [overview.document() for overview in overviews]})
    else:
        for overview in overviews:
            document = overview.document()
            words = [f"{overview.run_id}  {overview.status}"]
            if overview.last:
                words.append(f"clean accuracy {percent(document['clean_accuracy'])}")
                words.append(f"conv1 fuzziness {document['conv1_fuzziness']:.4f}")
                words.append(f"near zero {document['conv1_near_zero']}")
            print("  ".join(words) + (f"\n  {document['error']}" if document["error"] else ""))
        if not args.wait:
            print("A worker trains them; see `python -m engine runs`, or the dashboard.")
    return 1 if any(overview.status == "failed" for overview in overviews) else 0
