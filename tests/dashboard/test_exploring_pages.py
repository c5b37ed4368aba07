"""Start, Weights and Examples on recorded runs: what is drawn is what is stored, and an address brings it back."""

import numpy as np
import pytest

from dashboard import measured
from dashboard.ui import live_charts
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_runs
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import read_json, write_json
from engine.runs.store import RunStore


def run_ids(store) -> tuple[str, str]:
    """Of the Std and the Min-Max run."""
    std, minmax = sorted(store.run_ids(), key=lambda run_id: "min-max" in run_id)
    return std, minmax


def test_the_first_page_plays_what_is_shipped(open_page, trained_store, tmp_path, drawn):
    app = open_page("home", tmp_path / "store", shipped=trained_store.root)
    assert not app.exception
    figure, words = drawn["story-film"]
    assert words["autoplay"] is True
    assert [frame.name for frame in figure.frames] == ["0", "0.25", "0.5", "0.75", "1"]
    assert len(words["table"]) == 2 * 5 * 61
    assert "shipped with the project" in " ".join(caption.value for caption in app.caption)
    assert any("Nothing has been trained here yet" in info.value for info in app.info), "shipped runs are not one's own"


def test_shipped_runs_can_be_compared_but_not_changed(open_page, trained_store, tmp_path, started_workers):
    app = open_page("weights", tmp_path / "store", shipped=trained_store.root)
    assert not app.exception
    assert all(option.endswith("shipped") for option in app.multiselect[0].options)
    assert len(app.multiselect[0].value) == 2, "Std and Min-Max to begin with"
    app = open_page("launch", tmp_path / "store", shipped=trained_store.root)
    assert "Nothing has been launched yet." in [info.value for info in app.info]
    assert not [button for button in app.button if button.label in ("Delete for good", "Resume", "Retry")]


def test_one_slider_moves_every_run(open_page, trained_store, drawn):
    app = open_page("weights", trained_store.root)
    for epoch, position in ((0.0, 0), (0.5, 2), (1.0, 4)):
        app.select_slider[0].set_value(epoch).run()
        table = drawn["Histogram conv1"][1]["table"]
        for run_id in run_ids(trained_store):
            rows = table[table["run_id"] == run_id]
            weights = read_conv_weights(trained_store.folder(run_id), "conv1")[position]
            edges = np.append(rows["left"], rows["right"].iloc[-1])
            assert rows["count"].tolist() == np.histogram(weights.clip(edges[0], edges[-1]), edges)[0].tolist()


def test_an_address_brings_the_view_back(open_page, trained_store, drawn):
    std, minmax = run_ids(trained_store)
    query = {"runs": [minmax], "epoch": "0.5", "view": "Weight by weight", "layers": ["Second convolution"]}
    app = open_page("weights", trained_store.root, **query)
    assert not app.exception
    assert app.multiselect[0].value == [minmax]
    assert app.session_state["moment"] == 0.5
    table = drawn["Weight by weight conv2"][1]["table"]
    weights = read_conv_weights(trained_store.folder(minmax), "conv2")[2]
    np.testing.assert_array_equal(table["weight"], weights)
    assert "Weight by weight conv1" not in drawn


@pytest.mark.parametrize("epoch", ["soon", "nan", "1e9", "-3"])
def test_an_address_with_another_epoch_still_opens(open_page, trained_store, epoch):
    app = open_page("weights", trained_store.root, epoch=epoch)
    assert not app.exception
    assert app.session_state["moment"] in (0.0, 1.0)


def test_the_address_names_the_epoch_that_is_held(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    assert "epoch" not in app.query_params
    app.select_slider[0].set_value(0.25).run()
    assert app.query_params["epoch"] == "0.25"
    app.select_slider[0].set_value(1.0).run()
    assert "epoch" not in app.query_params


@pytest.mark.parametrize("view", ["Histogram", "Whole training", "Weight by weight", "Membership ρ", "Filters"])
def test_every_view_is_drawn_for_both_layers(open_page, trained_store, drawn, view):
    app = open_page("weights", trained_store.root, view=view, layers=["First convolution", "Second convolution"])
    assert not app.exception
    assert {f"{view} conv1", f"{view} conv2", "histories conv1", "path conv2"} <= set(drawn)
    assert all(words["alt"] and words["table"] is not None for _, words in drawn.values())


def test_ratios_are_to_the_chosen_reference(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    table = app.dataframe[0].value
    last = {run_id: read_metrics(trained_store.folder(run_id))[-1] for run_id in run_ids(trained_store)}
    std, minmax = (last[run_id]["fuzziness"]["conv1"] for run_id in run_ids(trained_store))
    by_run = dict(zip(table["Run"], table["Fuzziness, reference ÷ run"], strict=True))
    assert by_run["Std · seed 0"] == 1.0
    assert by_run["Min-Max λ 0.1 μ 0.1 · seed 0"] == pytest.approx(std / minmax)


def test_nothing_is_written_out_while_playing(open_page, trained_store, drawn):
    app = open_page("weights", trained_store.root)
    app.button(key="play").click().run()
    assert drawn["Histogram conv1"][1]["table"] is None, "CSV is of what is held"


def test_examples_say_what_the_stored_predictions_say(open_page, trained_store, drawn):
    app = open_page("examples", trained_store.root)
    app.selectbox(key="find").set_value("every image").run()
    std, _ = run_ids(trained_store)
    (protocol,) = measured.reports(std)
    for position in (0, 7, 19):
        app.slider(key="image").set_value(position + 1).run()
        assert not app.exception
        grid = drawn["examples"]
        (row,) = grid.rows
        truth = int(measured.examples(std, protocol, "none")["labels"][position])
        assert grid.truth == str(truth)
        assert grid.columns == ("clean", "fgsm", "pgd")
        for cell, attack in zip(row.cells, ("none", "fgsm", "pgd"), strict=True):
            found = measured.examples(std, protocol, attack)
            images, originals = (measured.pictures(std, protocol, name)[position] for name in (attack, "none"))
            assert cell.prediction == str(found["predictions"][position])
            assert cell.is_correct == (found["predictions"][position] == truth)
            assert cell.true_confidence == pytest.approx(found["probabilities"][position][truth])
            if attack != "none":
                change = images - originals
                assert cell.linf == pytest.approx(np.abs(change).max())
                assert cell.l2 == pytest.approx(np.linalg.norm(change))


def test_a_question_leads_to_images_that_answer_it(open_page, trained_store, drawn):
    app = open_page("examples", trained_store.root, find="some run fooled", by="fgsm")
    assert not app.exception
    (row,) = drawn["examples"].rows
    assert row.cells[0].is_correct and not row.cells[1].is_correct
    app.selectbox(key="class").set_value("3").run()
    assert drawn["examples"].truth == "3" or any("answer this" in info.value for info in app.info)


def test_another_question_keeps_the_image_where_it_answers(open_page, trained_store, drawn):
    app = open_page("examples", trained_store.root)
    app.selectbox(key="find").set_value("some run fooled").run()
    app.slider(key="image").set_value(2).run()
    image = drawn["examples"].rows[0].cells[0].image
    app.selectbox(key="find").set_value("every image").run()
    assert drawn["examples"].rows[0].cells[0].image == image
    assert app.slider(key="image").value >= 2
    app.button(key="next").click().run()
    assert drawn["examples"].rows[0].cells[0].image != image


def test_csv_holds_the_numbers_that_are_drawn(open_page, trained_store, drawn):
    open_page("weights", trained_store.root)
    figure, words = drawn["histories conv1"]
    table = words["table"]
    assert live_charts.csv_text(table).splitlines()[0].startswith("run_id,label,variant,epoch,fuzziness")
    for run_id in run_ids(trained_store):
        (line,) = [trace for trace in figure.data if trace.uid == f"{run_id}-fuzziness"]
        np.testing.assert_array_equal(line.y, table[table["run_id"] == run_id]["fuzziness"])


def test_an_address_without_a_view_shows_the_first(open_page, trained_store, drawn):
    app = open_page("weights", trained_store.root, view="")
    assert not app.exception and not app.error
    assert "Histogram conv1" in drawn


def test_the_address_wins_over_the_epoch_held_before(open_page, trained_store):
    """What a link or the browser's buttons ask for is obeyed, not written over."""
    app = open_page("weights", trained_store.root, epoch="0.5")
    assert app.session_state["moment"] == 0.5
    app.query_params["epoch"] = "0.25"
    assert app.run().session_state["moment"] == 0.25
    del app.query_params["epoch"]
    assert app.run().session_state["moment"] == 1.0


def test_runs_that_an_address_names_in_vain_are_mentioned(open_page, trained_store):
    std, _ = run_ids(trained_store)
    app = open_page("weights", trained_store.root, runs=[std, "mnist-std-gone"])
    assert app.multiselect[0].value == [std]
    assert any("names 1 more" in caption.value for caption in app.caption)


def test_runs_of_different_data_are_not_put_into_one_robustness_table(open_page, store):
    std, minmax = run_ids(store)
    document = read_json(store.folder(minmax) / "config.json") or {}
    other = document | {"config": document["config"] | {"dataset": "mnist"}}
    write_json(store.folder(minmax) / "config.json", other)
    app = open_page("robustness", store.root, runs=[std, minmax])
    assert not app.exception
    assert "different data" in app.warning[0].value


def test_the_film_is_of_what_is_shipped_while_the_same_runs_train_anew(open_page, trained_store, tmp_path, drawn):
    own = RunStore(tmp_path / "store")
    own.prepare()
    submit_runs(own, RunQueue(own.root), [trained_store.training_config(run_id) for run_id in run_ids(trained_store)])
    app = open_page("home", own.root, shipped=trained_store.root)
    assert not app.exception
    assert len(drawn["story-film"][0].frames) == 5
    assert list(app.dataframe[1].value["Status"]) == ["queued", "queued"]
