"""One damaged run of each kind beside healthy ones: all pages open, show the healthy ones, and name the damage."""

import json
import shutil

import pytest

from dashboard.navigation import PAGES, SHOWN_AT_ONCE
from engine.command_line import inspection
from engine.documents import write_json
from engine.errors import DamagedFile, InputError
from engine.measurements.inspection import run_problems
from engine.queue.job import Place
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.queue.submission import check_finished, retry_run, submit_runs
from engine.runs.config import RunConfig
from engine.runs.run_files import CONFIG
from engine.runs.store import RunStore
from tests.damages import CONFIG_DAMAGES, DAMAGES
from tests.dashboard.store_runs import std_and_minmax

KINDS = [*DAMAGES, *CONFIG_DAMAGES]


def config_of(healthy: RunConfig, kind: str) -> RunConfig:
    return healthy.model_copy(update={"seed": 100 + KINDS.index(kind)})


@pytest.fixture(scope="module")
def damaged(trained_store, tmp_path_factory) -> tuple[RunStore, dict[str, str]]:
    """The store, and kind of damage -> id of the run that has it. Read only."""
    root = tmp_path_factory.mktemp("damaged") / "store"
    shutil.copytree(trained_store.root, root)
    store, run_ids = RunStore(root), {}
    std, _ = std_and_minmax(trained_store)
    healthy = store.training_config(std)
    for kind in KINDS:
        config = config_of(healthy, kind)
        folder = root / config.run_id
        shutil.copytree(root / std, folder)
        write_json(folder / CONFIG, {"format": 1, "run_id": folder.name, "config": config.model_dump(mode="json")})
        run_ids[kind] = folder.name
    assert all(run_problems(store, run_id) == [] for run_id in run_ids.values())
    for kind, run_id in run_ids.items():
        (DAMAGES[kind][1] if kind in DAMAGES else CONFIG_DAMAGES[kind])(root / run_id)
    return store, run_ids


@pytest.fixture(scope="module")
def healthy(trained_store) -> list[str]:
    """Ids of the two runs without damage."""
    return std_and_minmax(trained_store)


def test_every_damage_is_named_once_and_healthy_runs_have_none(damaged, healthy):
    store, run_ids = damaged
    for kind, (name, _) in DAMAGES.items():
        (problem,) = run_problems(store, run_ids[kind])
        assert name in problem and problem.startswith("Expected ") and problem.endswith("."), kind
        assert "permission" not in problem
    for kind in CONFIG_DAMAGES:
        assert "config.json" in run_problems(store, run_ids[kind])[0]
    assert all(run_problems(store, run_id) == [] for run_id in healthy)


def test_listing_goes_on(damaged, healthy):
    store, run_ids = damaged
    overviews, problems = list_runs(store, RunQueue(store.root))
    by_id = {run.run_id: run for run in overviews}
    assert {problem.run_id for problem in problems} == {run_ids[kind] for kind in CONFIG_DAMAGES}
    assert [by_id[run_id].status for run_id in healthy] == ["finished"] * 2
    for kind in DAMAGES:
        run = by_id[run_ids[kind]]
        assert run.status == ("damaged" if kind.startswith("result") else "finished"), kind
        assert bool(run.error) == kind.startswith("result")
    text = json.dumps([run.document() for run in overviews], allow_nan=False)
    assert "does not fit its content" in text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith(("result", "config"))])
def test_a_damaged_run_is_neither_trained_again_nor_measured(damaged, healthy, kind):
    store, run_ids = damaged
    queue, place = RunQueue(store.root), Place(store.root, "cpu")
    config = config_of(store.training_config(healthy[0]), kind)
    assert config.run_id == run_ids[kind]
    for ask in (
        lambda: submit_runs(store, queue, [config], place),
        lambda: retry_run(store, queue, config.run_id, place),
        lambda: check_finished(store, config.run_id) if kind.startswith("result") else store.config(config.run_id),
    ):
        with pytest.raises(DamagedFile, match=r"(result|config)\.json.*(Restore|Move)"):
            ask()
    assert queue.job(config.run_id) is None


def test_check_reads_all_files_and_exits_with_1(damaged, healthy, capsys):
    store, run_ids = damaged
    queue = RunQueue(store.root)
    assert inspection.check_runs(store, queue, [], as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["problems"].keys() == set(run_ids.values())
    assert inspection.check_runs(store, queue, healthy, as_json=False) == 0
    assert "2 runs checked" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("page", ["home", "launch", "sweeps", "paper", "theory"])
def test_pages_of_all_runs_open(open_page, damaged, page):
    store, run_ids = damaged
    app = open_page(page, store.root)
    assert not app.exception
    if page == "launch":
        text = " ".join(element.value for element in app.markdown).replace("\\", "")
        keys = {button.key for button in app.button}
        for kind in CONFIG_DAMAGES:
            assert run_ids[kind] in text and f"delete-{run_ids[kind]}" in keys


@pytest.mark.slow
@pytest.mark.parametrize("page", ["weights", "robustness", "examples"])
def test_pages_of_chosen_runs_open_and_name_the_damage(open_page, damaged, healthy, page):
    store, run_ids = damaged
    assert page in PAGES
    chosen = [run_ids[kind] for kind in DAMAGES]
    step = SHOWN_AT_ONCE - 1
    for some in (chosen[start : start + step] for start in range(0, len(chosen), step)):
        app = open_page(page, store.root, runs=[healthy[0], *some])
        assert not app.exception, some
        shown = app.multiselect[0].value
        assert healthy[0] in shown
        warnings = [warning.value.replace("\\", "") for warning in app.warning]
        for run_id in set(shown) & set(some):
            assert any(run_id in warning for warning in warnings)


def test_a_run_with_a_damaged_config_can_be_deleted(open_page, damaged, tmp_path):
    store, run_ids = damaged
    root = tmp_path / "store"
    shutil.copytree(store.root / run_ids["config list"], root / run_ids["config list"])
    app = open_page("launch", root)
    assert not app.exception
    app.button(key=f"delete-{run_ids['config list']}").click().run()
    assert not app.exception and RunStore(root).run_ids() == []
    with pytest.raises(InputError):
        RunStore(root).config(run_ids["config list"])
