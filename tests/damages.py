"""What can be wrong with one file of a run, each in a function of the run's folder, and the file that must be named."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.runs.records import METRICS
from engine.runs.run_files import CONFIG, ENVIRONMENT, MODEL, RESULT

Damage = Callable[[Path], object]


def folder_instead(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def link_instead(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("nowhere")


def flip(path: Path, place: int = -100) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 16
    path.write_bytes(content)


def change(path: Path, **values: object) -> None:
    """Valid JSON of another shape, as an earlier version would have written it: without a checksum."""
    document = {name: value for name, value in json.loads(path.read_bytes()).items() if name != "checksum"}
    path.write_text(json.dumps(document | values))


def change_line(path: Path, **values: object) -> None:
    *lines, last = path.read_text().splitlines()
    document = {name: value for name, value in json.loads(last).items() if name != "checksum"}
    path.write_text("\n".join([*lines, json.dumps(document | values)]) + "\n")


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


DAMAGES: dict[str, tuple[str, Damage]] = {
    "result open": (RESULT, lambda run: (run / RESULT).write_text("{")),
    "result empty": (RESULT, lambda run: (run / RESULT).write_text("")),
    "result list": (RESULT, lambda run: (run / RESULT).write_text("[]")),
    "result folder": (RESULT, lambda run: folder_instead(run / RESULT)),
    "result link": (RESULT, lambda run: link_instead(run / RESULT)),
    "result bit": (RESULT, lambda run: flip(run / RESULT, 40)),
    "result bogus": (RESULT, lambda run: change(run / RESULT, status="bogus")),
    "result nan": (RESULT, lambda run: change(run / RESULT, clean_accuracy=float("nan"))),
    "result text": (RESULT, lambda run: change(run / RESULT, clean_accuracy="0.9")),
    "result huge": (RESULT, lambda run: change(run / RESULT, steps=10**400, conv1_fuzziness=10**400)),
    "result dict": (RESULT, lambda run: change(run / RESULT, conv1_fuzziness={"a": 1})),
    "result key": (RESULT, lambda run: (run / RESULT).write_text((run / RESULT).read_text().replace("cksum", "cktum"))),
    "environment list": (ENVIRONMENT, lambda run: (run / ENVIRONMENT).write_text("[]")),
    "environment folder": (ENVIRONMENT, lambda run: folder_instead(run / ENVIRONMENT)),
    "metrics empty": (METRICS, lambda run: (run / METRICS).write_text("")),
    "metrics deleted": (METRICS, lambda run: (run / METRICS).unlink()),
    "metrics folder": (METRICS, lambda run: folder_instead(run / METRICS)),
    "metrics link": (METRICS, lambda run: link_instead(run / METRICS)),
    "metrics garbage": (METRICS, lambda run: (run / METRICS).write_bytes(b"\xff\n" + (run / METRICS).read_bytes())),
    "metrics number": (METRICS, lambda run: change_line(run / METRICS, fuzziness=3)),
    "metrics infinite": (METRICS, lambda run: change_line(run / METRICS, penalty=float("inf"))),
    "metrics texts": (METRICS, lambda run: change_line(run / METRICS, epoch="1", weights=["conv1"])),
    "metrics bit": (METRICS, lambda run: flip(run / METRICS)),
    "film short": ("conv1.f32", lambda run: os.truncate(run / "conv1.f32", 3 * 600 + 3)),
    "film bit": ("conv1.f32", lambda run: flip(run / "conv1.f32")),
    "film deleted": ("conv2.f32", lambda run: (run / "conv2.f32").unlink()),
    "film folder": ("conv1.f32", lambda run: folder_instead(run / "conv1.f32")),
    "weights bit": (MODEL, lambda run: flip(run / MODEL)),
    "weights short": (MODEL, lambda run: os.truncate(run / MODEL, 500)),
    "weights folder": (MODEL, lambda run: folder_instead(run / MODEL)),
    "weights link": (MODEL, lambda run: link_instead(run / MODEL)),
    "report list": (".json", lambda run: only(run, "evaluations/*.json").write_text("[]")),
    "report bit": (".json", lambda run: flip(only(run, "evaluations/*.json"))),
    "report link": (".json", lambda run: link_instead(only(run, "evaluations/*.json"))),
    "report shape": (".json", lambda run: change(only(run, "evaluations/*.json"), attacks={"fgsm": 1})),
    "reports file": (
        "evaluations",
        lambda run: (shutil.rmtree(run / "evaluations"), (run / "evaluations").write_text("")),
    ),
    "images bit": ("fgsm.npz", lambda run: flip(only(run, "adversarial/*fgsm.npz"), 300)),
    "images short": ("none.npz", lambda run: os.truncate(only(run, "adversarial/*none.npz"), 200)),
    "images folder": ("pgd.npz", lambda run: folder_instead(only(run, "adversarial/*pgd.npz"))),
}
"""Damage that leaves the config readable."""

CONFIG_DAMAGES: dict[str, Damage] = {
    "config open": lambda run: (run / CONFIG).write_text("{"),
    "config folder": lambda run: folder_instead(run / CONFIG),
    "config link": lambda run: link_instead(run / CONFIG),
    "config list": lambda run: (run / CONFIG).write_text("[]"),
    "config bit": lambda run: flip(run / CONFIG),
    "config shape": lambda run: change(run / CONFIG, config={"seed": "zero", "training": []}),
    "config nested": lambda run: (run / CONFIG).write_bytes(b"[" * 100_000),
}
