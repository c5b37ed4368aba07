"""The evaluation form alone: one ε or a ladder of them, and that page and command line ask for the same."""

import argparse
import shlex

import pytest

from engine.attacks.catalog import ATTACKS, PAPER_ATTACKS, STRONG_ATTACKS
from engine.command_line import evaluate
from engine.data.catalog import DATASETS
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.run_queue import RunQueue
from engine.queue.speed import rate_key
from engine.runs.store import RunStore


def page():
    from dashboard import sources
    from dashboard.jobs.evaluation_form import draw_evaluation_form

    draw_evaluation_form(sources.settings(), sources.runs())


@pytest.fixture
def form(run_function, store, started_workers):
    return run_function(page, store.root)


def asked_on_the_command_line(app) -> tuple[set[str], list[EvaluationRequest]]:
    parser = argparse.ArgumentParser()
    evaluate.add_parser(parser.add_subparsers())
    args = parser.parse_args(shlex.split(app.code[0].value)[3:])
    return set(args.run_ids), evaluate.build_requests(args, DATASETS["mnist-mini"])


def queued(store: RunStore) -> tuple[set[str], set[EvaluationRequest]]:
    jobs = [job for job in RunQueue(store.root).jobs() if job.kind == "evaluate"]
    return {job.run_id for job in jobs}, {EvaluationRequest.model_validate(job.payload) for job in jobs}


def press(app, label):
    return next(button for button in app.button if button.label == label).click().run()


def captions(app) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_one_epsilon_is_the_papers(form, store, started_workers):
    assert not form.exception
    command = asked_on_the_command_line(form)
    assert [request.threat.epsilon for request in command[1]] == [0.3]
    press(form, "Attack these runs")
    assert queued(store) == (set(store.run_ids()), set(command[1])) and command[0] == set(store.run_ids())
    assert [settings.root for settings in started_workers] == [store.root]


def test_a_ladder_is_an_evaluation_for_each_rung_and_run(form, store):
    form.button_group(key="strength").set_value("ladder").run()
    assert not form.exception
    command = asked_on_the_command_line(form)
    assert [request.threat.epsilon for request in command[1]] == [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert "7 values of ε × 2 runs = 14 evaluations" in captions(form)
    press(form, "Attack these runs")
    assert queued(store) == (command[0], set(command[1]))
    assert len([job for job in RunQueue(store.root).jobs() if job.kind == "evaluate"]) == 14


def test_steps_end_and_pictures_are_free(form, store):
    form.button_group(key="strength").set_value("ladder").run()
    form.number_input(key="last-epsilon-0.3").set_value(1.0)
    form.number_input(key="steps").set_value(2)
    form.number_input(key="kept-images").set_value(0)
    form.selectbox(key="unit").set_value("pixel").run()
    _, requests = asked_on_the_command_line(form)
    assert [(one.threat.epsilon, one.threat.unit, one.kept_images) for one in requests] == [
        (0.25, "pixel", 0), (0.5, "pixel", 0), (1.0, "pixel", 0),
    ]  # fmt: skip
    press(form, "Attack these runs")
    assert queued(store)[1] == set(requests)


def test_no_attack_is_said_in_place(form):
    form.button_group(key="attacks").set_value([]).run()
    assert "one or more attacks" in form.error[0].value
    assert "Attack these runs" not in [button.label for button in form.button]


def test_a_preset_sets_the_attacks(form, store):
    def attacks():
        return form.button_group(key="attacks")

    assert attacks().value == list(PAPER_ATTACKS) and " --attacks paper --samples" in form.code[0].value
    form.button(key="attacks-strong").click().run()
    assert attacks().value == list(STRONG_ATTACKS)
    assert " --attacks strong --samples" in form.code[0].value
    assert [set(one.attacks) for one in asked_on_the_command_line(form)[1]] == [set(STRONG_ATTACKS)]
    form.button(key="attacks-paper + strong").click().run()
    assert " --attacks paper strong --samples" in form.code[0].value
    attacks().set_value(["square", "deepfool", "fgsm"]).run()
    assert " --attacks fgsm square deepfool --samples" in form.code[0].value
    attacks().set_value(list(reversed(STRONG_ATTACKS))).run()
    assert " --attacks strong --samples" in form.code[0].value
    command = asked_on_the_command_line(form)
    press(form, "Attack these runs")
    assert queued(store) == (command[0], set(command[1]))


def test_every_attack_is_explained(form):
    words = form.button_group(key="attacks").help
    assert all(f"**{name}**: " in words for name in ATTACKS) and "Auto-PGD" in words


def test_time_is_stated_only_at_a_measured_speed(form, store):
    assert "cw is the most expensive attack" in captions(form) and "At most" not in captions(form)
    config = store.config(store.run_ids()[0])
    RunQueue(store.root).record_rate(rate_key("cpu", config), 200)
    form.button_group(key="attacks").set_value(["pgd", "fgsm"]).run()
    assert "At most about 41 s per run" in captions(form), "200 images, 40 + 1 passes"
    form.number_input(key="samples").set_value(400).run()
    assert "At most about 82 s per run" in captions(form)
