"""The Paper page: recorded results next to the paper's, claims with their runs, missing runs, and downloads."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from engine.paper.claims import CLAIMS
from engine.paper.tables import CELLS
from tests.browser.serving import laboratory as serve_laboratory

pytestmark = pytest.mark.slow
TABLE = ".live-chart[aria-label^='Accuracies of the paper and ours']"
FOREST = ".live-chart[aria-label^='Difference and 95 % interval']"
PRINTED = {(cell.dataset, cell.variant): [] for cell in CELLS}
for cell in CELLS:
    if cell.quantity != "fuzziness":
        PRINTED[cell.dataset, cell.variant].append(cell.value)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory, other_images):
    """With 250 images under the name of MNIST, which are not those of the recorded runs."""
    folder = tmp_path_factory.mktemp("reproducing")
    (folder / "data").mkdir()
    shutil.copy(other_images("x_train") / "mnist-mini.npz", folder / "data" / "mnist.npz")
    with serve_laboratory(folder) as address:
        yield address


def open_paper(page, laboratory, query=""):
    page.set_viewport_size({"width": 1280, "height": 7000})
    page.goto(f"{laboratory}/paper{query}")
    page.get_by_role("button", name="All statements as CSV").wait_for()
    page.wait_for_selector(f"{TABLE} .main-svg")


def saved(page, label, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def table(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def drawn(page, selector):
    """Trace uid -> x, of the traces of a chart."""
    page.wait_for_selector(f"{selector} .main-svg")
    return page.locator(selector).evaluate(
        "(node) => Object.fromEntries(node._fullData.map((trace) => [trace.uid, Array.from(trace.x)]))"
    )


def test_it_opens_with_shipped_results(laboratory, page, tmp_path):
    open_paper(page, laboratory)
    page.get_by_role("heading", name="Table 1: accuracy on MNIST").wait_for()
    found = drawn(page, TABLE)
    for variant in ("std", "std+l1", "std+l2", "min-max"):
        assert found[f"{variant.replace('+', '-')}-printed"] == PRINTED["mnist", variant]
    assert len(found["std-ours"]) == 7 and len(found["min-max-ours"]) >= 1
    rows = table(saved(page, "All cells as CSV", tmp_path))
    assert [float(row["ours"]) for row in rows if row["table"] == "1" and row["variant"] == "Std"] == found["std-ours"]

    for words in CLAIMS.values():
        page.get_by_text(words, exact=True).wait_for()
    statements = table(saved(page, "All statements as CSV", tmp_path))
    differences = sorted(float(row["difference"]) for row in statements if row["difference"])
    assert sorted(sum(drawn(page, FOREST).values(), [])) == pytest.approx(differences)
    for figure in (
        "Histogram of weights",
        "First convolution: weight",
        "Training loss",
        "Membership",
        "Distance to the",
    ):
        page.wait_for_selector(f".live-chart[aria-label^='{figure}'] .main-svg")

    latex = saved(page, "All tables as LaTeX", tmp_path).read_text(encoding="utf-8")
    assert latex.count(r"\begin{table}") == 6 and r"69.80 \dag{}" in latex


def test_the_page_saved_opens_without_a_server(laboratory, page, browser, tmp_path):
    open_paper(page, laboratory)
    printed = drawn(page, TABLE)["std-printed"]
    file = saved(page, "Download page as HTML", tmp_path)
    context = browser.new_context(offline=True)
    away = context.new_page()
    complaints = []
    away.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    away.on("pageerror", lambda error: complaints.append(str(error)))
    away.goto(file.as_uri())
    assert drawn(away, TABLE)["std-printed"] == printed
    assert away.locator(".live-chart .main-svg").count() >= 9
    for caption in ("Table 1, MNIST", "Table 3, MNIST", "Claims of the paper", "Min-Max, closest to the paper first"):
        away.locator("caption", has_text=caption).wait_for()
    context.close()
    assert complaints == []


def test_a_claim_leads_to_its_runs_and_the_address_to_the_other_data_set(laboratory, page):
    open_paper(page, laboratory)
    page.get_by_role("link", name=re.compile("^Weights of .* for this claim$")).first.click()
    page.wait_for_selector(".live-chart[aria-label^='Histogram of weights'] .main-svg")
    assert {"adv", "std"} <= {name.split("-")[1] for name in re.findall(r"runs=([^&]+)", page.url)}
    open_paper(page, laboratory, "?dataset=CIFAR-10")
    page.get_by_text("Almost certainly swapped").wait_for()
    assert drawn(page, TABLE)["min-max-printed"] == PRINTED["cifar10", "min-max"]
    page.get_by_role("button", name=re.compile("^Train and attack missing runs")).wait_for()


def test_what_is_missing_is_trained_and_attacked(laboratory, page):
    open_paper(page, laboratory, "?wanted-seeds=1")
    page.get_by_text("The data folder has other images.").wait_for()
    page.get_by_role("radiogroup", name="Data", exact=True).get_by_text("In the data folder").click()
    page.get_by_label("Attacked images", exact=True).last.fill("7")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("seed 0 not trained")).first.wait_for()
    page.get_by_text(re.compile("reproduce table1-mnist --seeds 1 --samples 7")).wait_for()
    page.get_by_role("button", name=re.compile(r"^Train and attack missing runs \(5 runs")).click()
    page.get_by_text(re.compile(r"^\d of 5 runs done")).wait_for()
    page.get_by_role("button", name="Stop").wait_for()
    page.get_by_text("5 of 5 runs done.").wait_for(timeout=240_000)
    page.get_by_text("all seeds are complete").nth(1).wait_for()  # tables 1 and 3, once the page is drawn again
