"""Examples on recorded runs: the page shows the stored images and predictions."""

import numpy as np
import pytest

from dashboard import measured
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_measurement
from tests.dashboard.store_runs import std_and_minmax
from tests.small_runs import HERE, THREAT


def test_examples_say_what_the_stored_predictions_say(open_page, trained_store, drawn):
    app = open_page("examples", trained_store.root)
    app.selectbox(key="find").set_value("every image").run()
    std, _ = std_and_minmax(trained_store)
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
                assert cell.changed == (np.abs(change) * 255 > 0.5).mean()


def test_a_question_leads_to_images_that_answer_it(open_page, trained_store, drawn):
    app = open_page("examples", trained_store.root, find="some run fooled", by="fgsm")
    assert not app.exception
    (row,) = drawn["examples"].rows
    assert row.cells[0].is_correct and not row.cells[1].is_correct
    app.selectbox(key="class").set_value("3").run()
    assert drawn["examples"].truth == "3" or any("match." in info.value for info in app.info)


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


def test_a_run_whose_attack_is_queued_is_not_called_unattacked(open_page, store):
    _, minmax = std_and_minmax(store)
    app = open_page("examples", store.root, runs=minmax)
    assert "has not been attacked yet" in rows(app)
    queue = RunQueue(store.root)
    job = submit_measurement(store, queue, minmax, EvaluationRequest(attacks=("fgsm",), threat=THREAT), HERE)
    app.run()
    assert "is being attacked: its images appear here" in rows(app) and "has not been attacked yet" not in rows(app)
    queue.request_stop(job)
    assert "has not been attacked yet" in rows(app.run())


def rows(app) -> str:
    return "\n".join(row.value.replace("\\", "") for row in app.markdown)
