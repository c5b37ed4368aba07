"""A run is measured on the test images of its own data; on others only where asked, which the report states."""

from dataclasses import replace

import pytest

from engine.data.identity import data_identity
from engine.errors import InputError
from engine.measurements.curve.measure import trace_curve
from engine.measurements.curve.request import CurveRequest
from engine.measurements.diagnosis.measure import choose_reference, diagnose_run
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.files import EvaluationFiles
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.images import chosen_test_images
from engine.measurements.transfer.measure import transfer_run
from engine.measurements.transfer.request import TransferRequest
from engine.queue.job import Place
from engine.queue.submission import submit_measurement
from engine.runs.experiment import train_runs
from engine.runs.run_files import ENVIRONMENT, evaluation_path, read_json, write_json
from tests.small_runs import THREAT

EVALUATION = EvaluationRequest(attacks=("fgsm",), samples=20, threat=THREAT, kept_images=2)


def train(store, config, data_dir):
    store.create(config)
    for _ in train_runs(store, [config.run_id], data_dir, "cpu"):
        pass
    return config.run_id


@pytest.fixture
def trained(store, few_images, tiny) -> str:
    return train(store, tiny(), few_images)


@pytest.mark.parametrize("part", ["x_train", "x_test", "y_test"])
def test_other_data_are_another_protocol(few_images, other_images, part):
    own, other = (EVALUATION.on_data("mnist-mini", folder) for folder in (few_images, other_images(part)))
    assert own == EVALUATION and other.protocol_id != own.protocol_id and other.job_id("a") != own.job_id("a")
    assert "data" not in own.model_dump(mode="json") and "other_data" not in own.model_dump(mode="json")
    assert other.model_copy(update={"other_data": True}).protocol_id == other.protocol_id


def test_a_user_s_image_belongs_to_no_data(other_images):
    request = EvaluationRequest(attacks=("fgsm",), threat=THREAT, image="0" * 16)
    assert request.on_data("mnist-mini", other_images("x_test")) == request and request.allows_other_data


@pytest.mark.parametrize(
    "request_of",
    [
        lambda run_id: EVALUATION,
        lambda run_id: DiagnosisRequest(samples=20, threat=THREAT),
        lambda run_id: CurveRequest(samples=20, threat=THREAT),
        lambda run_id: TransferRequest(samples=20, threat=THREAT, targets=(run_id,)),
    ],
    ids=["evaluate", "diagnose", "curve", "transfer"],
)
def test_other_data_are_refused_before_a_row_exists_and_again_in_the_job(
    store, queue, trained, other_images, request_of
):
    other = other_images("x_test")
    request = request_of(trained)
    with pytest.raises(InputError, match=f"images that {trained} was trained on") as caught:
        submit_measurement(store, queue, trained, request, Place(other))
    assert ("--other-data" in str(caught.value)) == (request.kind == "evaluate")
    assert queue.jobs() == []
    measure = {"evaluate": evaluate_run, "diagnose": diagnose_run, "curve": trace_curve, "transfer": transfer_run}
    before = {path for path in store.folder(trained).rglob("*")}
    for refused in (request, request.on_data("mnist-mini", other)):
        with pytest.raises(InputError, match="Expected the (test )?images that"):
            measure[request.kind](store, trained, refused, other, "cpu")
    assert {path for path in store.folder(trained).rglob("*")} == before, "before any attack"


def test_a_target_of_a_transfer_must_be_of_these_data(store, queue, trained, few_images, other_images, tiny):
    data_dir = other_images("x_test")
    target = train(store, tiny(data_digest=data_identity("mnist-mini", data_dir)), data_dir)
    request = TransferRequest(samples=20, threat=THREAT, targets=(trained, target))
    with pytest.raises(InputError, match=f"images that {target} was trained on"):
        submit_measurement(store, queue, trained, request, Place(few_images))
    with pytest.raises(InputError, match=f"images that {target} was trained on"):
        transfer_run(store, trained, request, few_images, "cpu")
    assert choose_reference(store, trained) is None, "nor is it a reference for checks"


def test_where_asked_the_report_says_that_the_data_are_others(store, queue, trained, few_images, other_images):
    own = evaluate_run(store, trained, EVALUATION, few_images, "cpu")
    assert own.test_data_is == "same" and own.test_data is not None
    other = other_images("x_test")
    asked = EVALUATION.model_copy(update={"other_data": True})
    submit_measurement(store, queue, trained, asked, Place(other))
    (job,) = queue.jobs()
    request = EvaluationRequest.model_validate(job.payload)
    report = evaluate_run(store, trained, request, other, "cpu")
    assert report.test_data_is == "other" and report.test_data not in (None, own.test_data)
    stored = evaluation_path(store.folder(trained), request.protocol_id)
    assert read_report(stored) == report and request.protocol_id != EVALUATION.protocol_id
    assert read_report(evaluation_path(store.folder(trained), EVALUATION.protocol_id)) == own


def test_what_was_not_recorded_is_unknown(store, trained, few_images):
    sessions = read_json(store.folder(trained) / ENVIRONMENT)["sessions"]
    write_json(store.folder(trained) / ENVIRONMENT, {"sessions": [{"data": sessions[0]["data"]}]})
    assert evaluate_run(store, trained, EVALUATION, few_images, "cpu").test_data_is == "unknown"


def test_results_on_other_test_images_are_not_reused(store, trained, few_images):
    """Pictures are stored of the first images alone, so the digest decides."""
    evaluate_run(store, trained, EVALUATION, few_images, "cpu")
    second = EVALUATION.model_copy(update={"attacks": ("pgd",)})
    files, attacked = (
        EvaluationFiles(store.folder(trained), second),
        chosen_test_images(store, trained, second, few_images),
    )
    assert set(files.reusable(attacked)) == {"fgsm"}
    assert files.reusable(replace(attacked, test_data="0" * 16)) == {}


def test_reports_of_earlier_versions_are_read_and_written_as_they_were(store, trained, few_images):
    report = evaluate_run(store, trained, EVALUATION, few_images, "cpu")
    document = report.model_dump(mode="json")
    del document["test_data"], document["test_data_is"]
    assert type(report).model_validate(document).model_dump(mode="json") == document
