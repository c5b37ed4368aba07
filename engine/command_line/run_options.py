"""Options of commands that train runs: the settings that all runs of a launch share."""

import argparse
from typing import Any

from engine.attacks.threat import ThreatModel
from engine.command_line.parser import add_field
from engine.data.catalog import DATASETS, dataset_spec
from engine.minmax.objective import ObjectiveConfig
from engine.models.architectures import ARCHITECTURES
from engine.runs.config import ProbeConfig, RunConfig, linf_threat
from engine.training.schedule import TrainingConfig
from engine.validation import field_limits, validated

TRAINING_FIELDS = tuple(TrainingConfig.model_fields)
PROBE_FIELDS = tuple(ProbeConfig.model_fields)
USUAL_TRAINING, USUAL_PROBE = TrainingConfig(), ProbeConfig()


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add the options `--dataset` and `--architecture`."""
    parser.add_argument("--dataset", default="mnist-mini", help=f"one of {', '.join(DATASETS)} (default %(default)s)")
    parser.add_argument(
        "--architecture", default="lenet", help=f"one of {', '.join(ARCHITECTURES)} (default %(default)s)"
    )


def add_training_options(
    parser: argparse.ArgumentParser, training: TrainingConfig = USUAL_TRAINING, probe: ProbeConfig = USUAL_PROBE
) -> None:
    """Add the options for penalty scope, training, probe, threat model and device, with the given defaults."""
    add_field(parser, "--scope", ObjectiveConfig, "scope")
    for name in TRAINING_FIELDS:
        flag = f"--{name.replace('_', '-')}"
        add_field(parser, flag, TrainingConfig, name, default=getattr(training, name))
    for name in PROBE_FIELDS:
        add_field(parser, f"--probe-{name}", ProbeConfig, name, default=getattr(probe, name))
    limits = field_limits(ThreatModel, "epsilon")
    parser.add_argument(
        "--epsilon",
        type=float,
        help=f"ε of adversarial training, probe and attacks ({limits}; default the paper's for the data set)",
    )
    add_field(parser, "--unit", ThreatModel, "unit")
    add_field(parser, "--device", RunConfig, "device")


def run_settings(args: argparse.Namespace) -> dict[str, Any]:
    """Fields of RunSettings for the parsed options; InputError when one is out of its limits."""
    threat = None
    if args.epsilon is not None or args.unit != "normalized":
        threat = linf_threat(dataset_spec(args.dataset), args.epsilon, args.unit)
    return {
        "dataset": args.dataset,
        "architecture": args.architecture,
        "scope": args.scope,
        "training": validated(TrainingConfig, **{name: getattr(args, name) for name in TRAINING_FIELDS}),
        "threat": threat,
        "probe": validated(ProbeConfig, **{name: getattr(args, f"probe_{name}") for name in PROBE_FIELDS}),
        "device": args.device,
    }
