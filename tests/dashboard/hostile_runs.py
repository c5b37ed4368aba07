"""A store in which every text that a file can bring is hostile: names, errors, messages, findings."""

import json
import shutil
import sqlite3
import time

from engine.diagnostics.finding import Diagnosis, Finding
from engine.queue.process_identity import interactive_identity
from engine.queue.run_queue import RunQueue
from engine.runs.config import RunConfig
from engine.runs.labels import LABELS
from engine.runs.model_config import ImportedConfig
from engine.runs.run_files import CONFIG, RESULT, diagnosis_path, write_json
from engine.runs.store import RunStore
from tests.dashboard.store_runs import std_and_minmax

MARK = "zzz"
"""In every hostile text."""


def hostile_texts(address: str) -> dict[str, str]:
    """Where it stands -> text that fetches `address`, or opens something, wherever it is not shown as text."""
    return {
        "name": f"![zzz](http://{address}/n)<img src=//{address}/i><a href=//x.y>zzz",
        "other name": f"http://{address}/o www.zzz.example <b>zzz</b> %{{y}} :red[z] -> *z*",
        "error": f"![zzz](http://{address}/e) [zzz](javascript:alert(1)) <script src=//{address}/s></script>\n\n# zzz",
        "message": f"zzz :material/home: :streamlit: $\\href{{http://{address}}}{{zzz}}$ `z` ![z](//{address}/m)",
        "evidence": f"<iframe src=//{address}/f></iframe> ![zzz](http://{address}/v) zzz@{address} &copy; \u202ezzz",
        "title": f"![zzz](http://{address}/t) **zzz**",
    }


def make_hostile(store: RunStore, address: str) -> dict[str, str]:
    """Fill a copy of `trained_store` with hostile texts; return the run_ids by what is wrong with each."""
    texts, (std, minmax) = hostile_texts(address), std_and_minmax(store)
    runs = {"std": std, "minmax": minmax}
    for key in ("name", "other name"):
        runs[key] = _imported(store, std, texts[key])
    runs["failed"] = _failed(store, texts["error"])
    runs["unreadable"] = _unreadable(store, texts["error"])
    _label(store, runs["other name"], texts)
    _label(store, minmax, texts)
    _diagnose(store, (std, runs["name"]), texts)
    _queue(store, runs, texts)
    return runs


def _imported(store: RunStore, source: str, name: str) -> str:
    """A run of this name with the files of `source`, reports included."""
    images = store.config(source).dataset
    config = ImportedConfig(dataset=images, name=name, weights="0123456789abcdef")
    folder = store.create(config)
    own = (folder / CONFIG).read_bytes()
    shutil.copytree(store.path(source), folder, dirs_exist_ok=True)
    (folder / CONFIG).write_bytes(own)
    return config.run_id


def _label(store: RunStore, run_id: str, texts: dict[str, str]) -> None:
    """Labels as a file can bring them."""
    labels = {"name": texts["title"], "note": texts["evidence"], "tags": ["![z](//zzz)", "=zzz(A1)"]}
    write_json(store.path(run_id) / LABELS, labels)


def _failed(store: RunStore, error: str) -> str:
    config = RunConfig(seed=41)
    write_json(store.create(config) / RESULT, {"status": "failed", "error": error, "steps": 0, "seconds": 0.0})
    return config.run_id


def _unreadable(store: RunStore, text: str) -> str:
    folder = store.root / "mnist-mini-unreadable-0123456789"
    folder.mkdir()
    (folder / CONFIG).write_text(json.dumps({"format": text, "run_id": text, "config": {text: text}}))
    return folder.name


def _diagnose(store: RunStore, run_ids: tuple[str, ...], texts: dict[str, str]) -> None:
    for run_id in run_ids:
        for report in store.report_paths(run_id):
            told = json.loads(report.read_text())
            found = Finding(
                name="zzz",
                title=texts["title"],
                verdict="failed",
                rule=texts["evidence"],
                source=texts["message"],
                evidence=texts["evidence"],
                values={},
            )
            about = {"threat": told["threat"], "samples": told.get("samples") or 20, "seed": told["seed"]}
            path = diagnosis_path(store.path(run_id), report.stem)
            path.parent.mkdir(exist_ok=True)
            write_json(path, Diagnosis(**about, n=20, findings=(found,)).model_dump(mode="json"))


def _queue(store: RunStore, runs: dict[str, str], texts: dict[str, str]) -> None:
    now = time.time()
    rows = [
        ("failed", "train", runs["failed"], "failed", "", texts["error"]),
        ("running", "train", runs["minmax"], "running", texts["message"], None),
        ("measured", "evaluate", runs["name"], "running", texts["message"], None),
        ("refused", "evaluate", runs["other name"], "failed", "", texts["error"]),
    ]
    RunQueue(store.root).record_rate("nothing", 1.0)  # creates the queue
    connection = sqlite3.connect(store.root / "queue.sqlite")
    with connection:
        for job_id, kind, run_id, status, message, error in rows:
            job_id, owner = (run_id if kind == "train" else job_id), interactive_identity()
            values = (job_id, kind, run_id, json.dumps({"note": texts["title"]}), status, now, owner, now + 600)
            connection.execute(
                "INSERT OR REPLACE INTO jobs (job_id, kind, run_id, payload, status, created_at, owner, heartbeat,"
                " started_at, progress, message, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0.5, ?, ?)",
                (*values, now, message, error),
            )
    connection.close()
