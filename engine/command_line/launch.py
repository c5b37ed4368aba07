"""`launch`: train one run per variant and seed."""

import argparse
from collections.abc import Sequence

from engine.command_line.inspection import name_damage
from engine.command_line.parser import add_field, add_folders, open_store, print_json
from engine.command_line.run_options import add_network_options, add_training_options, run_settings
from engine.command_line.waiting import place_of, wait_for_jobs, worker_of
from engine.data.sources import fetch_dataset
from engine.devices import resolve_device
from engine.errors import InputError
from engine.formatting import percent
from engine.minmax.objective import ObjectiveConfig
from engine.minmax.penalties import further_penalties
from engine.minmax.quantities import QUANTITIES
from engine.queue.overview import RunOverview, read_overview
from engine.queue.run_queue import RunQueue
from engine.queue.submission import is_trained, submit_runs
from engine.runs.folder_options import folder_options
from engine.runs.launch import LaunchRequest
from engine.runs.run_settings import MOST_RUNS
from engine.runs.variants import VARIANTS
from engine.validation import validated


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("launch", help="train runs", description=__doc__)
    add_network_options(parser)
    names = ", ".join(VARIANTS)
    parser.add_argument("--variant", action="append", help=f"{names}; repeat for several (default std and min-max)")
    parser.add_argument(
        "--seed", type=int, action="append", metavar="INT", help=f"repeat for several, at most {MOST_RUNS} runs in all"
    )
    add_field(parser, "--l1", ObjectiveConfig, "l1_strength", default=0.1)
    add_field(parser, "--l2", ObjectiveConfig, "l2_strength", default=-0.1)
    known = further_penalties()
    parser.add_argument(
        "--penalty",
        action="append",
        metavar="NAME=STRENGTH",
        help=f"additional penalty of every run ({', '.join(known) or 'none is registered'}); repeat for several",
    )
    add_training_options(parser)
    parser.add_argument(
        "--anew", action="store_true", help="also train runs that the project includes as recorded runs"
    )
    parser.add_argument("--wait", action="store_true", help="return when all runs have ended")
    add_folders(parser)
    parser.set_defaults(run=run)


def build_request(args: argparse.Namespace) -> LaunchRequest:
    """Request for the parsed options; InputError when one is out of its limits."""
    return validated(
        LaunchRequest,
        variants=tuple(args.variant or ("std", "min-max")),
        seeds=tuple(args.seed or (0,)),
        l1_strength=args.l1,
        l2_strength=args.l2,
        penalties=penalties(args.penalty or ()),
        **run_settings(args),
    )


def layer_words(run: RunOverview) -> str:
    """Quantities of the first convolution at the newest snapshot, as text."""
    found = [f"{one.phrase} {one.words(run.quantity(key))}" for key, one in QUANTITIES.items()]
    return f"{run.config.conv_layers[0]} {', '.join(found)}"


def penalties(words: Sequence[str]) -> dict[str, float]:
    """Name -> strength, from words of the form NAME=STRENGTH.

    Raises:
        InputError: a word has another form, or a name is given twice.
    """
    found: dict[str, float] = {}
    for word in words:
        name, _, strength = word.partition("=")
        try:
            value = float(strength)
        except ValueError as error:
            raise InputError("a penalty as NAME=STRENGTH", repr(word), "Write, for example, name=0.1.") from error
        if name in found:
            raise InputError(f"one strength of {name}", f"{found[name]:g} and {value:g}", "Give this penalty once.")
        found[name] = value
    return found


def run(args: argparse.Namespace) -> int:
    request = build_request(args)
    request.configs()  # refused before anything is downloaded
    fetch_dataset(args.dataset, args.data)
    configs = request.on_data(args.data).configs()
    resolve_device(args.device)
    store = open_store(args.store, shipped=not args.anew)
    queue = RunQueue(store.root)
    name_damage(store, [config.run_id for config in configs if is_trained(store, config)])
    run_ids = submit_runs(store, queue, configs, place_of(args))
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
                words.append(layer_words(overview))
            print("  ".join(words) + (f"\n  {document['error']}" if document["error"] else ""))
        if not args.wait:
            listing = f"python -m engine runs{folder_options(store.root)}"
            print(f"A worker trains these runs. See `{listing}` or the dashboard.")
    return 1 if any(overview.status in ("failed", "damaged") for overview in overviews) else 0
