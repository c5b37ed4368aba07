"""Numbers that can be trusted, or say why not: the views of Robustness on the recorded runs."""

import re

import pytest

from dashboard.sources import closest_watched
from engine.attacks.threat import ThreatModel
from engine.measurements.curve.read import read_curves, read_thresholds
from engine.measurements.diagnosis.read import read_diagnosis
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.transfer.read import read_transfers
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.store import SHIPPED, RunStore
from tests.browser.serving import laboratory as serve_laboratory

pytestmark = pytest.mark.slow
STORE = RunStore(SHIPPED)
BY_VARIANT = {name: run.run_id for name, run in closest_watched(list_runs(STORE, RunQueue(SHIPPED))[0]).items()}
STD, MINMAX = BY_VARIANT["std"], BY_VARIANT["min-max"]
PROTOCOL = EvaluationRequest(samples=500, threat=ThreatModel()).protocol_id


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serve_laboratory(tmp_path_factory.mktemp("trusting")) as found:
        yield f"{found}/robustness?runs={STD}&runs={MINMAX}"


def test_bars_have_intervals_and_the_checks_stand_below(address, page, tmp_path):
    page.goto(address)
    page.wait_for_selector(".live-chart[aria-label^='Accuracy without'] .main-svg")
    bars = page.evaluate("""Array.from(document.querySelector(".live-chart")._fullData, (trace) => ({
        x: Array.from(trace.x), y: Array.from(trace.y), above: Array.from(trace.error_y.array)}))""")
    assert len(bars) == 2 and {"No attack", "square", "worst case"} <= set(bars[0]["x"])
    assert "deepfool" not in bars[0]["x"] and all(0 < above < 0.05 for trace in bars for above in trace["above"])
    for run_id in (STD, MINMAX):
        diagnosis = read_diagnosis(STORE, run_id, PROTOCOL)
        assert diagnosis is not None
        page.get_by_text(diagnosis.sentence).first.wait_for()
        for finding in (*diagnosis.having("failed"), *diagnosis.having("suspicious")):
            assert page.get_by_text(finding.title).count() >= 1
    evidence = page.locator(".st-key-evidence-of-check")
    (first,) = diagnosis.having("failed")[:1]
    evidence.get_by_text(first.evidence).wait_for()
    marks = page.locator(".st-key-checks [data-testid=stDataFrame]")
    marks.scroll_into_view_if_needed()
    box = marks.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 40, box["y"] + 52)  # the first check of the last run
    evidence.get_by_text(diagnosis.findings[0].evidence).wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download page as HTML").click()
    text = saved.value.path().read_text()
    diagnosis = read_diagnosis(STORE, MINMAX, PROTOCOL)
    assert diagnosis is not None and all(finding.name and finding.title in text for finding in diagnosis.findings)
    assert "Athalye et al. 2018" in text, "rules and sources go along"


def test_the_curve_falls_to_nothing_past_the_threshold(address, page):
    page.goto(f"{address}&show=Against+ε")
    page.wait_for_selector(".live-chart[aria-label^='Accuracy under pgd'] .main-svg")
    lines = page.evaluate("""Array.from(document.querySelector(".live-chart")._fullData)
        .filter((trace) => trace.mode === "lines+markers")
        .map((trace) => [Array.from(trace.x), Array.from(trace.y)])""")
    for run_id, (epsilons, accuracies) in zip((STD, MINMAX), lines, strict=True):
        (curve,) = (curve for curve in read_curves(STORE, run_id) if curve.attack.name == "pgd")
        assert epsilons == pytest.approx(curve.epsilons) and accuracies == pytest.approx(curve.accuracies)
        assert accuracies[-1] == 0 and accuracies == sorted(accuracies, reverse=True)
    (threshold,) = read_thresholds(STORE, MINMAX)
    page.get_by_text(re.compile(f"below {threshold.pixel:.4f}")).wait_for()


def test_one_click_on_a_cell_shows_the_images(address, page):
    page.goto(f"{address}&show=Transfer")
    page.get_by_text("Click a number to show its images").wait_for()
    key = next(key for key in read_transfers(STORE, STD) if key[2] == MINMAX)
    figures = read_transfers(STORE, STD)[key].figures()
    table = page.locator("[data-testid=stDataFrame]").first
    table.wait_for()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 60, box["y"] + 52)  # made on Std, shown to Min-Max
    page.get_by_text(
        re.compile(f"{figures.n_fooling} of the 500 images fool the source, Std.*Min.Max.*{figures.n_transferred}")
    ).wait_for()
    images = page.locator(".lab-grid img[alt*=', confidence ']")
    images.first.wait_for()
    assert len(set(images.evaluate_all("(all) => all.map((image) => image.src)"))) >= 2


def test_addresses_open_the_view_they_name(address, page):
    page.goto(f"{address}&show=Smallest+perturbations")
    page.get_by_text("Distance to the nearest adversarial image").first.wait_for()
    page.get_by_text("Transfer", exact=True).first.click()
    page.wait_for_url(re.compile("show=Transfer"))
