"""Your own image: every upload or drawing leads to evaluations of all runs, or to an error of one sentence."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from engine.data.catalog import DATASETS
from engine.data.fitting import fit_image, read_image
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.own_images import load_own_image, own_image_results
from engine.queue.run_queue import RunQueue
from engine.runs.config import RunConfig
from engine.runs.store import RunStore

ROOT = Path(__file__).parents[3]


def page():
    import streamlit as st

    from dashboard import sources
    from dashboard.examples.own_image_form import draw_own_image_form

    st.session_state.shown = draw_own_image_form(sources.settings(), sources.runs())


def picture(kind: str = "PNG", edge: int = 200) -> bytes:
    """A dark bar on a light background, read as a 1."""
    pixels = np.full((edge, edge), 225, np.uint8)
    pixels[edge // 4 : -edge // 4, edge // 2 : edge // 2 + edge // 12] = 30
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


def photograph() -> bytes:
    """The same bar with 12 megapixels and enough noise for a file of 4 to 5 MB."""
    pixels = np.asarray(Image.open(io.BytesIO(picture())).resize((3000, 4000)), np.int16)
    pixels = pixels + np.random.default_rng(0).integers(-14, 15, pixels.shape, dtype=np.int16)
    content = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(content, "JPEG", quality=93)
    return content.getvalue()


@pytest.fixture
def open_form(run_function, store, started_workers):
    def open_it(read_only: bool = False, shipped: Path | None = None) -> AppTest:
        return run_function(page, store.root, read_only, shipped)

    return open_it


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "image/png")).run()
    assert not app.exception
    return app


def attack_it(app):
    return next(button for button in app.button if button.label == "Attack this image")


def evaluations(store: RunStore) -> list:
    return [job for job in RunQueue(store.root).jobs() if job.kind == "evaluate"]


def test_nothing_is_asked_before_there_is_an_image(open_form):
    app = open_form()
    assert not app.exception and not app.error and not app.button
    assert app.session_state["shown"] is None
    assert set(app.file_uploader[0].allowed_type) >= {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}


def test_an_upload_is_kept_and_attacked_for_every_run(open_form, store, started_workers, tmp_path):
    app = upload(open_form(), "../../my secret.png", picture())
    assert attack_it(app).disabled, "what it shows must be said first"
    app.selectbox(key="own-label-mnist-mini").set_value(1)
    app.button_group(key="own-attacks").set_value(["fgsm"])
    app.number_input(key="own-epsilon-0.3").set_value(0.1).run()
    attack_it(app).click().run()
    image_id = app.session_state["shown"]
    own = load_own_image(store, image_id)
    assert (own.dataset, own.label) == ("mnist-mini", 1)
    np.testing.assert_array_equal(own.image, fit_image(read_image(picture()), DATASETS["mnist-mini"]))
    assert sorted(job.run_id for job in evaluations(store)) == sorted(store.run_ids())
    assert [settings.root for settings in started_workers] == [store.root]
    (request,) = {EvaluationRequest.model_validate(job.payload) for job in evaluations(store)}
    assert (request.image, request.attacks, request.threat.epsilon) == (image_id, ("fgsm",), 0.1)
    assert not [path for path in store.root.rglob("*") if "secret" in path.name]

    for run_id in store.run_ids():
        evaluate_run(store, run_id, request, tmp_path, "cpu")
        (result,) = own_image_results(store, run_id, image_id)
        assert result.label == 1 and set(result.examples) == {"none", "fgsm"}
    assert app.run().session_state["shown"] == image_id


def test_the_pair_is_shown_light_on_dark(open_form):
    app = upload(open_form(), "one.png", picture())
    names = [caption.value for caption in app.caption]
    assert names[:2] == ["Your image", "Network input, 28 × 28"]
    app.button_group(key="own-ground").set_value("Light on dark").run()
    assert "blank" in app.error[0].value, "there is no light ink on this paper"
    app.button_group(key="own-ground").set_value("Dark on light").run()
    assert not app.error and len(app.caption) >= 2


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("empty.png", b"", "empty"),
        ("text.png", b"only words", "another format"),
        ("half.png", picture()[:100], "damaged"),
        ("blank.png", None, "blank"),
    ],
)
def test_what_is_no_picture_ends_in_one_sentence(open_form, store, name, content, word):
    if content is None:
        blank = io.BytesIO()
        Image.new("RGB", (100, 100), "white").save(blank, "PNG")
        content = blank.getvalue()
    app = upload(open_form(), name, content)
    assert len(app.error) == 1 and word in app.error[0].value and "\n" not in app.error[0].value
    assert not app.button and not evaluations(store)


def test_a_file_over_the_limit_of_this_form_is_not_decoded(open_form):
    """The browser refuses it; other clients send it anyway."""
    app = upload(open_form(), "photograph.png", picture() + bytes(5 * 2**20))
    assert "at most 5 MB" in app.error[0].value and not app.button


def test_a_large_photograph(open_form):
    content = photograph()
    assert 4e6 < len(content) < 5 * 2**20
    app = upload(open_form(), "photograph.jpg", content)
    assert not app.error
    app.selectbox(key="own-label-mnist-mini").set_value(1).run()
    assert not attack_it(app).disabled


@pytest.mark.parametrize("is_blank", [False, True])
def test_a_drawing_is_ink_on_the_dark(open_form, store, monkeypatch, is_blank):
    drawn = np.zeros((28, 28), np.uint8)
    drawn[3:20, 5:8] = 0 if is_blank else 255
    monkeypatch.setattr("dashboard.examples.own_image_form.drawing_board", lambda *, key, shape: drawn)
    app = open_form()
    app.button_group(key="own-source-mnist-mini").set_value("Draw").run()
    assert not app.exception
    if is_blank:
        assert "blank" in app.error[0].value and not app.button
        return
    app.selectbox(key="own-label-mnist-mini").set_value(1).run()
    attack_it(app).click().run()
    own = load_own_image(store, app.session_state["shown"])
    np.testing.assert_array_equal(own.image, fit_image(drawn, DATASETS["mnist-mini"], is_bright=True))


def test_no_drawing_yet(open_form, monkeypatch):
    monkeypatch.setattr("dashboard.examples.own_image_form.drawing_board", lambda *, key, shape: None)
    app = open_form()
    app.button_group(key="own-source-mnist-mini").set_value("Draw").run()
    assert not app.exception and not app.error and not app.button


def test_without_attacks_it_says_so(open_form, store):
    app = upload(open_form(), "one.png", picture())
    app.selectbox(key="own-label-mnist-mini").set_value(1)
    app.button_group(key="own-attacks").set_value([]).run()
    attack_it(app).click().run()
    assert "one or more attacks" in app.error[0].value
    assert not evaluations(store) and not (store.root / "images").exists()


def test_shipped_runs_are_copied_and_left_as_they_are(open_form, store, trained_store):
    shutil.rmtree(store.root)
    before = {path: path.read_bytes() for path in trained_store.root.rglob("*") if path.is_file()}
    app = upload(open_form(shipped=trained_store.root), "one.png", picture())
    app.selectbox(key="own-label-mnist-mini").set_value(1).run()
    attack_it(app).click().run()
    assert not app.error and sorted(store.run_ids()) == sorted(trained_store.run_ids())
    assert {job.run_id for job in evaluations(store)} == set(store.run_ids())
    assert {path: path.read_bytes() for path in trained_store.root.rglob("*") if path.is_file()} == before


def test_read_only_draws_nothing(open_form):
    app = open_form(read_only=True)
    assert not app.exception and not app.file_uploader and not app.button
    assert app.session_state["shown"] is None


def test_runs_of_different_data_share_no_image(open_form, store):
    store.create(RunConfig(dataset="cifar10"))
    app = open_form()
    assert "one data set" in app.info[0].value and not app.file_uploader


def test_the_page_process_stays_without_torch():
    code = (
        "import sys, numpy as np; import dashboard.examples.own_image_form; from engine.data.fitting import fit_image\n"
        "from engine.data.catalog import DATASETS\n"
        "pixels = np.full((90, 90), 255, np.uint8); pixels[20:70, 40:50] = 0\n"
        "[fit_image(pixels, spec) for spec in DATASETS.values()]; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
