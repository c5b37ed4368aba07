"""Exploring what is recorded: the film, one slider for all, questions, addresses, files to take away and to bring."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dashboard.sources import closest_watched
from engine.data.sources import load_dataset
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.records import read_conv_weights
from engine.runs.run_files import adversarial_path
from engine.runs.store import SHIPPED, RunStore
from tests.browser.serving import laboratory as serve_laboratory
from tests.browser.serving import wait_until

pytestmark = pytest.mark.slow
STORE = RunStore(SHIPPED)
BY_VARIANT = {name: run.run_id for name, run in closest_watched(list_runs(STORE, RunQueue(SHIPPED))[0]).items()}
STD, MINMAX = BY_VARIANT["std"], BY_VARIANT["min-max"]
HISTOGRAM = ".live-chart[aria-label^='Histogram of weights']"
PAIR = f"runs={STD}&runs={MINMAX}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exploring")


@pytest.fixture(scope="module")
def laboratory(folder):
    with serve_laboratory(folder) as address:
        yield address


def drawn(page, selector, expression):
    """Evaluate a JavaScript expression about `chart`, the Plotly node."""
    page.wait_for_selector(f"{selector} .main-svg")
    return page.evaluate(f'(() => {{ const chart = document.querySelector("{selector}"); return {expression}; }})()')


def counts_now(page):
    """Label -> weights per bin, as drawn for the moment shown."""
    traces = drawn(
        page,
        HISTOGRAM,
        "chart._fullData.map((trace) => [trace.uid, Array.from(trace.x), Array.from(trace.customdata)])",
    )
    return {uid.removesuffix("-now"): (x, counts) for uid, x, counts in traces if uid.endswith("-now")}


def test_one_slider_moves_two_runs(laboratory, page):
    page.goto(f"{laboratory}/weights?{PAIR}")
    slider = page.get_by_role("slider", name="Epoch")
    slider.wait_for()
    for key, epoch, position in (("Home", "0.0", 0), ("ArrowRight", "0.2", 1), ("End", "10.0", 50)):
        slider.press(key)
        page.wait_for_selector(f".live-chart[aria-label^='Histogram of weights at epoch {epoch}']")
        for run_id, (x, counts) in counts_now(page).items():
            weights = read_conv_weights(STORE.folder(run_id), "conv1")[position]
            edges = np.linspace(x[0], x[-1], len(x) - 1)
            expected = np.histogram(weights.clip(edges[0], edges[-1]), edges)[0]
            assert counts[1:-1] == expected.tolist(), (run_id, epoch)


def test_the_player_asks_the_server_for_nothing_until_it_is_left(laboratory, page):
    page.goto(f"{laboratory}/weights?{PAIR}&epoch=0")
    page.wait_for_selector(".live-chart[aria-label^='Histogram of weights at epoch 0.0'] .main-svg")
    titles = set()
    page.get_by_role("combobox", name="Speed").select_option("0.5")
    slider = page.get_by_role("slider", name="Epoch")
    slider.press("Space")

    def has_moved():
        titles.add(drawn(page, HISTOGRAM, "chart.layout.title.text"))
        return len(titles) >= 3

    wait_until(has_moved, "the title names several epochs", 30)
    assert page.evaluate("location.href").endswith("&epoch=0")
    assert page.locator(f"{HISTOGRAM}[aria-label*='at epoch 0.00']").count() == 1
    slider.press("Space")
    name = slider.get_attribute("aria-valuetext")
    page.wait_for_function("(name) => location.href.endsWith(`&epoch=${name}`)", arg=name)
    page.go_back()
    page.wait_for_function("document.querySelector('input[aria-label=Epoch]').getAttribute('aria-valuetext') === '0'")


def test_csv_equals_what_is_plotted(laboratory, page):
    page.goto(f"{laboratory}/weights?{PAIR}&epoch=2")
    page.wait_for_selector(".live-chart[aria-label^='Histogram of weights at epoch 2.0']")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download Histogram-conv1 as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    for run_id, (x, counts) in counts_now(page).items():
        own = [row for row in rows if row["run_id"] == run_id]
        assert [float(row["count"]) for row in own] == counts[1:-1]
        centers = [(float(row["left"]) + float(row["right"])) / 2 for row in own]
        np.testing.assert_allclose(centers, x[1:-1])
    assert {row["run_id"] for row in rows} == {STD, MINMAX}


def stored(run_id, attack):
    """Predictions and labels of the paper's protocol, which has the most images."""
    protocol = max(STORE.report_paths(run_id), key=lambda path: path.stat().st_size).stem
    folder = STORE.folder(run_id)
    clean = np.load(adversarial_path(folder, protocol, "none"))
    return np.load(adversarial_path(folder, protocol, attack))["predictions"], clean["labels"], clean["sample_ids"]


ATTACKS = ("fgsm", "pgd", "cw", "mi-fgsm", "l2-bim", "linf-bim")


def test_std_fooled_and_minmax_not_is_true_of_every_image_found(laboratory, page):
    page.goto(f"{laboratory}/examples?{PAIR}")
    page.locator(".lab-grid").wait_for()
    page.get_by_text(re.compile(r"^Std · seed 0 fooled, Min-Max .* not \(any attack in the ball\): ")).wait_for()
    answers = page.get_by_text(re.compile(r"\d+ of 500 images match"))
    answers.wait_for()
    labels, ids = stored(STD, "none")[1:]
    right = {(run, attack): stored(run, attack)[0] == labels for run in (STD, MINMAX) for attack in ("none", *ATTACKS)}
    in_ball = [attack for attack in ATTACKS if attack != "cw"]
    fooled = right[STD, "none"] & ~np.all([right[STD, attack] for attack in in_ball], axis=0)
    withstands = np.all([right[MINMAX, attack] for attack in ("none", *in_ball)], axis=0)
    page.get_by_text(f"{(fooled & withstands).sum()} of 500 images match").wait_for()
    expected = [int(ids[place]) for place in np.flatnonzero((fooled & withstands)[:32])]
    seen = []
    for number in expected[:4]:
        page.get_by_text(f"test image {number}, true class").wait_for()
        marks = page.locator(".lab-grid button[aria-label]:not([hidden])").evaluate_all(
            "(all) => all.map((cell) => cell.ariaLabel)"
        )
        std = [mark for mark in marks if mark.startswith("Std")]
        minmax = [mark for mark in marks if mark.startswith("Min-Max")]
        assert len(std) == len(minmax) == 7
        std, minmax = ([mark for mark in marks if ", cw:" not in mark] for marks in (std, minmax))
        assert any("wrong" in mark for mark in std) and not any("wrong" in mark for mark in minmax)
        seen.append(number)
        page.get_by_role("button", name="Next").click()
    assert seen == expected[:4]


def test_an_address_shows_the_same_in_another_browser(laboratory, page, browser):
    page.goto(f"{laboratory}/weights?{PAIR}")
    slider = page.get_by_role("slider", name="Epoch")
    slider.wait_for()
    page.get_by_role("button", name="Second convolution").click()
    page.get_by_role("button", name="First convolution").click()
    page.get_by_role("radio", name="Weight by weight").or_(page.get_by_role("button", name="Weight by weight")).click()
    slider.press("Home")
    for _ in range(3):
        slider.press("ArrowRight")
    chart = ".live-chart[aria-label='Second convolution: weight by index at epoch 0.60']"
    values = "chart._fullData.map((trace) => Array.from(trace.y ?? []).join()).join('|')"
    before = drawn(page, chart, values)
    wait_until(lambda: "epoch=0.6" in page.url, "the address names the epoch")
    compare_in_another_context(browser, page.url, lambda other: drawn(other, chart, values) == before)

    page.goto(f"{laboratory}/examples?{PAIR}&find=some+run+fooled")
    page.locator(".lab-grid").wait_for()
    page.get_by_role("combobox", name="True class").click()
    page.get_by_role("option", name="7", exact=True).click()
    page.get_by_text(re.compile("true class 7; ε = 0.3 normalized")).wait_for()
    page.get_by_role("slider", name=re.compile("^ε")).press("ArrowRight")
    page.get_by_text(re.compile("true class 7; ε = 0.4 normalized")).wait_for()
    page.locator(".lab-grid button[aria-label*=', pgd:'][aria-label*='l∞ 0.123']").first.wait_for()
    texts = "(all) => all.map((cell) => cell.ariaLabel)"
    cells = page.locator(".lab-grid button[aria-label]:not([hidden])")
    said = cells.evaluate_all(texts)
    wait_until(lambda: "epsilon=0.4" in page.url, "the address names ε")

    def is_same(other):
        other.get_by_text(re.compile("true class 7; ε = 0.4 normalized")).wait_for()
        other.locator(".lab-grid button[aria-label*=', pgd:'][aria-label*='l∞ 0.123']").first.wait_for()
        return other.locator(".lab-grid button[aria-label]:not([hidden])").evaluate_all(texts) == said

    compare_in_another_context(browser, page.url, is_same)


def compare_in_another_context(browser, url, is_same):
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    other = context.new_page()
    other.goto(url)
    assert is_same(other)
    context.close()


def test_a_page_taken_away_opens_from_disk_without_a_network(laboratory, page, browser, tmp_path):
    page.goto(f"{laboratory}/examples?{PAIR}")
    page.locator(".lab-grid").wait_for()
    said = page.locator(".lab-grid img").evaluate_all("(all) => all.map((image) => image.alt)")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download page as HTML").first.click()
    file = tmp_path / "examples.html"
    download.value.save_as(file)
    context = browser.new_context(offline=True)
    away = context.new_page()
    complaints, requests = [], []
    away.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    away.on("pageerror", lambda error: complaints.append(str(error)))
    away.on("request", lambda request: requests.append(request.url))
    away.goto(file.as_uri())
    away.locator(".live-chart .main-svg").first.wait_for()
    assert away.locator(".lab-grid img").evaluate_all("(all) => all.map((image) => image.alt)") == said
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def test_weights_from_elsewhere_are_shown_and_attacked(laboratory, page, tmp_path):
    """The network is built and trained here by plain PyTorch, so that nothing but its state dict is ours."""
    torch.manual_seed(3)
    layers = torch.nn.Sequential()
    shapes = [("conv1", torch.nn.Conv2d(1, 32, 3, padding=1)), ("conv2", torch.nn.Conv2d(32, 64, 3, padding=1))]
    for name, convolution in shapes:
        layers.add_module(name, convolution)
        layers.add_module(f"relu-{name}", torch.nn.ReLU())
        layers.add_module(f"pool-{name}", torch.nn.MaxPool2d(2))
    layers.add_module("flatten", torch.nn.Flatten())
    layers.add_module("linear1", torch.nn.Linear(3136, 200))
    layers.add_module("relu", torch.nn.ReLU())
    layers.add_module("linear2", torch.nn.Linear(200, 10))
    data = load_dataset("mnist-mini", tmp_path)
    images, labels = (
        torch.from_numpy(data.train_images[::4]).float() / 255,
        torch.from_numpy(data.train_labels[::4]),
    )
    optimizer = torch.optim.Adam(layers.parameters(), 1e-3)
    for start in list(range(50)) * 2:
        batch = slice(start, None, 50)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(layers(images[batch]), labels[batch]).backward()
        optimizer.step()
    file = tmp_path / "from elsewhere.pt"
    torch.save({"state_dict": layers.state_dict()}, file)

    page.goto(f"{laboratory}/launch")
    page.get_by_text("Import weights from a file").click()
    page.locator(".st-key-import-file input[type=file]").set_input_files(file)
    page.get_by_role("combobox", name="Architecture of the file").click()
    page.get_by_role("option", name=re.compile("Advertorch")).click()
    page.get_by_role("button", name="Import weights", exact=True).click()
    page.get_by_role("button", name="Show its weights").click(timeout=60_000)
    page.wait_for_selector(f"{HISTOGRAM} .main-svg")
    page.get_by_text("from elsewhere").first.wait_for()
    (counts,) = [counts for _, counts in counts_now(page).values()]
    assert sum(counts[1:-1]) == 32 * 9

    page.get_by_role("link", name="Robustness").click()
    page.get_by_role("heading", name="Robustness under attack").wait_for()
    for attack in ("pgd", "cw", "mi-fgsm", "l2-bim", "linf-bim"):
        page.get_by_role("button", name=attack, exact=True).click()
    samples = page.get_by_label("Test images", exact=True)
    samples.fill("40")
    samples.press("Enter")
    page.get_by_text(re.compile("--attacks fgsm --samples 40")).wait_for()
    page.get_by_role("button", name="Attack these runs", exact=True).click()
    bars = ".live-chart[aria-label^='Accuracy without']"
    page.wait_for_selector(f"{bars} .main-svg", timeout=60_000)
    clean, fgsm, worst = drawn(page, bars, "Array.from(chart._fullData[0].y)")
    assert worst == fgsm < clean
    assert clean > 0.5, "it was read as what it was trained to be"


def photograph(digit: np.ndarray) -> bytes:
    """A 5 MB JPEG of a digit on grainy paper."""
    rng = np.random.default_rng(0)
    paper = 200 + rng.normal(0, 12, (2000, 2000, 3))
    paper[400:1400, 400:1400] -= np.kron(digit[2:-2:1, 2:-2:1] / 255.0, np.ones((42, 42)))[:1000, :1000, None] * 150
    content = io.BytesIO()
    for quality in (90, 95, 97, 99, 100):
        content = io.BytesIO()
        Image.fromarray(paper.clip(0, 255).astype(np.uint8)).save(content, "JPEG", quality=quality)
        if content.tell() > 4_000_000:
            break
    return content.getvalue()


def test_a_photograph_an_empty_file_and_a_text_each_end_well(laboratory, page, tmp_path):
    data = load_dataset("mnist-mini", tmp_path)
    place = int(np.flatnonzero(data.test_labels == 3)[0])
    good = tmp_path / "photo.jpg"
    good.write_bytes(photograph(data.test_images[place, 0]))
    assert 4_000_000 < good.stat().st_size <= 5 * 2**20
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("This is no image.")

    page.goto(f"{laboratory}/examples?{PAIR}")
    page.locator(".lab-grid").wait_for()
    page.get_by_text("Attack your own image").first.click()
    chooser = page.locator(".st-key-own-upload input[type=file]")
    for name in ("empty.png", "text.png"):
        chooser.set_input_files(tmp_path / name)
        page.locator(".st-key-own-image [data-testid=stAlert]").wait_for()
        said = page.locator(".st-key-own-image [data-testid=stAlert]").inner_text()
        assert "Traceback" not in said and said.count("\n") == 0 and said.startswith("Expected")
        page.locator(".st-key-own-upload button[aria-label^='Remove']").click()
        page.locator(".st-key-own-image [data-testid=stAlert]").wait_for(state="detached")
    chooser.set_input_files(good)
    page.get_by_role("img", name=re.compile("Network input")).wait_for()
    for attack in ("pgd", "cw", "mi-fgsm", "l2-bim", "linf-bim"):
        page.locator(".st-key-own-attacks").get_by_role("button", name=attack, exact=True).click()
        page.wait_for_timeout(300)  # a run under way closes the list that is opened next
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.locator(".st-key-own-image").get_by_role("combobox", name="True class").click()
    page.get_by_role("option", name="3", exact=True).click()
    page.get_by_role("button", name="Attack this image").click()
    own = page.locator(".st-key-own-image .lab-grid button[aria-label]:not([hidden])")
    own.nth(3).wait_for(timeout=60_000)
    said = own.evaluate_all("(all) => all.map((cell) => cell.ariaLabel)")
    assert sorted(text.split(",")[1].strip().split(":")[0] for text in said) == ["clean", "clean", "fgsm", "fgsm"]
    assert all("predicted 3" in text for text in said if ", clean:" in text)


def test_images_follow_epsilon(laboratory, page):
    page.goto(f"{laboratory}/examples?{PAIR}")
    page.locator(".lab-grid").wait_for()
    slider = page.get_by_role("slider", name=re.compile("^ε"))
    slider.press("Home")
    for epsilon in ("0.1", "0.2", "0.3", "0.4", "0.6", "0.8", "1"):
        page.get_by_text(f"ε = {epsilon} normalized").wait_for()
        size = f"l∞ {0.3081 * float(epsilon):.3f}"
        page.locator(f".lab-grid button[aria-label^='Std'][aria-label*=', pgd:'][aria-label*='{size}']").wait_for()
        slider.press("ArrowRight")
