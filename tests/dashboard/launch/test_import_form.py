"""The form for weights from elsewhere: what it offers, makes, and says."""

import errno
import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from dashboard.launch import import_form
from engine.__main__ import main
from engine.atomic import is_leftover
from engine.models.architectures import build_model
from engine.runs.store import RunStore
from tests.dashboard.shown_text import shown


def weights_file(architecture: str = "lenet") -> bytes:
    content = io.BytesIO()
    torch.save(build_model(architecture, 5, (1, 28, 28), 10, (0.1307,), (0.3081,)).state_dict(), content)
    return content.getvalue()


@pytest.fixture
def form(open_page, tmp_path, few_images):
    """(name of the file, its content) -> the launch page with that file chosen, and few test images."""
    (tmp_path / "store" / "data").mkdir(parents=True)
    shutil.copy(few_images / "mnist-mini.npz", tmp_path / "store" / "data")

    def choose(name: str, content: bytes):
        app = open_page("launch", tmp_path / "store")
        app.file_uploader(key="import-file").set_value((name, content, "application/octet-stream"))
        return app.run()

    return choose


@pytest.fixture
def command_here(monkeypatch, capsys) -> None:
    """Run the command in this process, which need not load torch again."""

    def run(words, **_):
        assert words[1:3] == ["-m", "engine"]
        capsys.readouterr()
        code = main(words[3:])
        return subprocess.CompletedProcess(words, code, *capsys.readouterr())

    monkeypatch.setattr(import_form.subprocess, "run", run)


def press_import(app):
    return next(button for button in app.button if button.label == "Import weights").click().run(timeout=120)


@pytest.mark.usefixtures("command_here")
def test_a_file_becomes_a_run(form, tmp_path):
    app = form("my best one.pt", weights_file())
    assert app.text_input[0].value == "my best one"
    app = press_import(app)
    assert not app.exception and not app.error
    (run_id,) = RunStore(tmp_path / "store").run_ids()
    assert "my best one: " in app.success[0].value and "of 100 test images" in app.success[0].value
    assert RunStore(tmp_path / "store").config(run_id).label == "my best one"
    assert RunStore(tmp_path / "store").result(run_id)["clean_accuracy"] < 0.3, "these weights know nothing"
    assert "close to guessing" in app.warning[0].value
    app = press_import(app)
    assert "already existed" in app.success[0].value
    app.button(key="open-imported").click().run()
    assert not app.exception
    assert app.title[0].value != "Launch runs" and run_id in app.query_params["runs"]


@pytest.mark.slow
def test_only_data_sets_that_fit_are_offered(form, tmp_path):
    app = form("m.pt", weights_file("madry-cnn"))
    assert "CIFAR-10" in app.selectbox(key="import-dataset-lenet").options
    app.selectbox(key="import-network").set_value("madry-cnn").run()
    assert "CIFAR-10" not in app.selectbox(key="import-dataset-madry-cnn").options
    app.text_input[0].set_value("Theirs").run()
    app = press_import(app)
    (run_id,) = RunStore(tmp_path / "store").run_ids()
    config = RunStore(tmp_path / "store").config(run_id)
    assert (config.architecture, config.dataset, config.label) == ("madry-cnn", "mnist-mini", "Theirs")


@pytest.mark.usefixtures("command_here")
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.pt", b"text", "notes.pt to be a zip archive"),
        ("../../x.safetensors", b"text", "x.safetensors to be a safetensors file"),
        ("--json.pt", b"", "empty"),
        ("m.pt", weights_file("madry-cnn"), "Choose madry-cnn"),
    ],
    ids=["text", "path", "empty", "another network"],
)
def test_what_does_not_fit_is_said_in_place(form, tmp_path, name, content, said):
    app = press_import(form(name, content))
    assert not app.exception and not app.success
    assert said in shown(app.error[0].value) and "Traceback" not in app.error[0].value
    assert RunStore(tmp_path / "store").run_ids() == []


@pytest.mark.usefixtures("command_here")
def test_nothing_is_said_of_another_file(form):
    app = press_import(form("notes.pt", b"text"))
    assert app.error
    app.file_uploader(key="import-file").set_value(("m.pt", weights_file(), "application/octet-stream"))
    assert not app.run().error


@pytest.mark.parametrize(("code", "said"), [(-9, "code -9"), (1, "code 1")])
def test_an_end_that_no_one_foresaw(form, monkeypatch, capfd, code, said):
    app = form("m.pt", weights_file())
    ended = subprocess.CompletedProcess([], code, "", "Traceback: secret\n")
    monkeypatch.setattr(import_form.subprocess, "run", lambda *_, **__: ended)
    app = press_import(app)
    assert said in shown(app.error[0].value) and "secret" not in app.error[0].value
    assert "secret" in capfd.readouterr().err


def test_an_import_without_end(form, monkeypatch):
    def never(words, timeout, **_):
        raise subprocess.TimeoutExpired(words, timeout)

    app = form("m.pt", weights_file())
    monkeypatch.setattr(import_form.subprocess, "run", never)
    assert "did not finish" in press_import(app).error[0].value


def test_the_private_copy_is_in_the_store_and_gone_afterwards(form, monkeypatch, tmp_path):
    store, seen = RunStore(tmp_path / "store"), []

    def run(words, **_):
        seen.append(Path(words[words.index("import") + 1]))
        assert seen[0].read_bytes() == b"text" and is_leftover(seen[0].parent.name)
        return subprocess.CompletedProcess(words, 2, "", "refused\n")

    app = form("notes.pt", b"text")
    monkeypatch.setattr(import_form.subprocess, "run", run)
    assert "refused" in press_import(app).error[0].value
    assert seen[0].parent.parent == store.root and not seen[0].parent.exists() and store.run_ids() == []


def test_a_store_that_cannot_be_written_is_named(form, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    app = form("notes.pt", b"text")
    monkeypatch.setattr(import_form.tempfile, "TemporaryDirectory", full)
    app = press_import(app)
    assert not app.exception and "did not finish" in app.error[0].value


def test_nothing_is_imported_where_all_is_read_only(open_page, tmp_path):
    app = open_page("launch", tmp_path / "store", read_only=True)
    assert not app.exception and not app.get("file_uploader")
