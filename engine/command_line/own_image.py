"""`evaluate --image`: attack a user's own image instead of test images."""

import argparse
from pathlib import Path

from engine.data.catalog import DatasetSpec
from engine.data.fitting import fit_image, read_image
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.own_images import OwnImage, read_own_image_result
from engine.runs.store import RunStore
from engine.validation import field_limits

LARGEST_FILE = 64 * 2**20


def add_own_image(parser: argparse.ArgumentParser) -> None:
    """Add the options `--image` and `--label`."""
    parser.add_argument("--image", type=Path, metavar="FILE", help="attack this image instead of test images")
    parser.add_argument(
        "--label", metavar="CLASS", help="true class of --image: a class of the data set, or its number"
    )


def read_own_images(args: argparse.Namespace, specs: list[DatasetSpec]) -> dict[str, OwnImage]:
    """Data set name -> the image, fitted to that data set; empty without --image.

    Raises:
        InputError: only one of --image and --label is given, --samples is given too, the file is missing or not an
            image, or the label is not a class of a data set.
    """
    if (args.image is None) != (args.label is None):
        missing = "--label" if args.label is None else "--image"
        raise InputError("--image and --label together", f"no {missing}", "Give both, or neither.")
    if args.image is None:
        return {}
    if args.samples != field_limits(EvaluationRequest, "samples").default:
        raise InputError("either --image or --samples", "both", "Remove one of the two options.")
    if not args.image.is_file():
        raise InputError("an image file", str(args.image), "Give the path of an existing file.")
    if (size := args.image.stat().st_size) > LARGEST_FILE:
        most = f"an image file of at most {LARGEST_FILE // 2**20} MB"
        raise InputError(most, f"{size / 2**20:.0f} MB in {args.image}", "Scale the image down first.")
    pixels = read_image(args.image.read_bytes())
    return {spec.name: OwnImage(spec.name, fit_image(pixels, spec), _label(spec, args.label)) for spec in specs}


def _label(spec: DatasetSpec, text: str) -> int:
    names = {name: place for place, name in enumerate(spec.classes)}
    numbers = {str(place): place for place in range(len(spec.classes))}
    word = text.strip().lower()
    if word not in numbers | names:
        allowed = f"a class of {spec.title}, one of {', '.join(spec.classes)}"
        raise InputError(allowed, repr(text), "Give the true class of the image with --label.")
    return (numbers | names)[word]


def answers_to_own_image(store: RunStore, run_id: str, request: EvaluationRequest, spec: DatasetSpec) -> dict:
    """Predicted class and confidence for a user's own image, for each attack; empty without a result."""
    found = read_own_image_result(store, run_id, request)
    if found is None:
        return {}
    answers = {}
    for attack in ("none", *request.attacks):
        prediction = int(found.examples[attack]["predictions"][0])
        confidence = float(found.examples[attack]["probabilities"][0, prediction])
        answers[attack] = {"prediction": spec.classes[prediction], "confidence": confidence}
    return {"image": request.image, "label": spec.classes[found.label], "answers": answers}
