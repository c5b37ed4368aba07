"""The architecture in the launch form: offered where it fits, part of the command, and estimated only when measured."""

from engine.queue.run_queue import RunQueue
from engine.queue.speed import rate_key
from engine.runs.config import RunConfig
from engine.runs.store import RunStore

CHOICE = "demonstration-architecture-1x28x28"


def test_another_architecture_is_launched(open_page, tmp_path):
    app = open_page("launch", tmp_path / "store")
    assert "--architecture" not in app.code[0].value
    app.selectbox(key=CHOICE).set_value("advertorch-lenet5").run()
    assert "--architecture advertorch-lenet5" in app.code[0].value
    next(button for button in app.button if button.label == "Launch and watch").click().run()
    store = RunStore(tmp_path / "store")
    assert {store.config(run_id).architecture for run_id in store.run_ids()} == {"advertorch-lenet5"}


def test_only_what_fits_the_images_is_offered(open_page, tmp_path):
    app = open_page("launch", tmp_path / "store")
    assert app.selectbox(key=CHOICE).options == ["LeNet", "Advertorch LeNet5", "Madry CNN"]
    app.selectbox(key=CHOICE).set_value("madry-cnn").run()
    app.selectbox(key="demonstration-dataset").set_value("fashion-mnist").run()
    assert "--dataset fashion-mnist --architecture madry-cnn" in app.code[0].value, "kept for images of the same shape"
    app.selectbox(key="demonstration-dataset").set_value("cifar10").run()
    assert app.selectbox(key="demonstration-architecture-3x32x32").options == ["LeNet"]
    assert not app.exception and "--architecture" not in app.code[0].value


def test_a_registered_penalty_has_an_input(open_page, tmp_path, quartic):
    app = open_page("launch", tmp_path / "store")
    assert "--penalty" not in app.code[0].value
    app.number_input(key=f"demonstration-penalty-{quartic}").set_value(0.25).run()
    assert f"--penalty {quartic}=0.25" in app.code[0].value and not app.exception


def test_without_a_further_penalty_there_is_no_input_for_one(open_page, tmp_path):
    app = open_page("launch", tmp_path / "store")
    assert not [field for field in app.number_input if "penalty" in str(field.key)]


def test_time_is_estimated_only_where_it_was_measured(open_page, tmp_path):
    RunStore(tmp_path / "store").prepare()
    RunQueue(tmp_path / "store").record_rate(rate_key("cpu", RunConfig()), 1000.0)
    app = open_page("launch", tmp_path / "store")
    assert app.metric[1].value != "–"
    app.selectbox(key=CHOICE).set_value("madry-cnn").run()
    assert app.metric[1].value == "–"
