"""Examples: the same test images under each attack, one row per run."""

import numpy as np
import streamlit as st

from dashboard import sources
from dashboard.figures.images import image_png, perturbation_png
from dashboard.navigation import PAGES, pick_runs
from dashboard.protocols import pick_protocol
from engine.runs.overview import RunOverview

here = sources.settings()
st.title("Adversarial examples")
attacked = [run for run in sources.runs() if sources.reports(run.run_id)]
if not attacked:
    st.info("No run has been attacked yet.")
    st.page_link(PAGES["robustness"], label="Attack a finished run", icon=":material/bolt:")
    st.stop()
chosen = pick_runs(attacked, "Runs")
if len({run.config.dataset for run in chosen}) > 1:
    st.warning("These runs were trained on different data, so they share no test image. Choose runs of one data set.")
    st.stop()
reports = {run.run_id: sources.reports(run.run_id) for run in chosen}
protocol = pick_protocol(reports)
if protocol is None:
    st.info("Choose the runs to be shown.")
    st.stop()
shown = [run for run in chosen if protocol in reports[run.run_id]]
clean = sources.examples(shown[0].run_id, protocol, "none")
if not clean:
    st.error("The images of this evaluation are missing. Attack the run again.")
    st.stop()
classes = shown[0].config.dataset_spec.classes
attacks = list(dict.fromkeys(name for run in shown for name in reports[run.run_id][protocol].robust_accuracy_by_attack))

kept = len(clean["adversarial_images"])
labels = clean["labels"][:kept]
fooled = np.zeros(kept, dtype=bool)
for run in shown:
    right = sources.examples(run.run_id, protocol, "none")["predictions"][:kept] == labels
    for attack in reports[run.run_id][protocol].robust_accuracy_by_attack:
        fooled |= right & (sources.examples(run.run_id, protocol, attack)["predictions"][:kept] != labels)
which, pick, view = st.columns([3, 4, 2], vertical_alignment="bottom")
only_fooled = which.toggle("Only images that fool some run", value=bool(fooled.any()), key="fooled")
positions = np.flatnonzero(fooled) if only_fooled and fooled.any() else np.arange(kept)
perturbed = view.toggle("Show the perturbation", key="perturbation", help="Blue: darker, red: brighter")
place = 1
if len(positions) > 1:
    place = pick.slider("Test image", 1, len(positions), key=f"image-{only_fooled}", help="In the fixed order")
position = int(positions[place - 1])
label = int(labels[position])
st.markdown(f"Number {clean['sample_ids'][position]} of the test set, truly **{classes[label]}**.")


def as_picture(image: np.ndarray) -> np.ndarray:
    """(C, H, W) -> (H, W) or (H, W, 3)."""
    return image[0] if len(image) == 1 else image.transpose(1, 2, 0)


def draw_cell(run: RunOverview, protocol: str, attack: str) -> None:
    """One image with what the network says to it."""
    found = sources.examples(run.run_id, protocol, attack)
    if not found or position >= len(found["adversarial_images"]):
        st.caption("not attacked")
        return
    image, original = found["adversarial_images"][position], clean["adversarial_images"][position]
    prediction = int(found["predictions"][position])
    probabilities = found["probabilities"][position]
    change = image - original
    name = "no attack" if attack == "none" else attack
    verdict = f"{classes[prediction]}, {probabilities[prediction]:.0%} sure"
    if perturbed and attack != "none":
        png = perturbation_png(as_picture(change))
    else:
        png = image_png(as_picture(np.clip(image, 0, 1)))
    st.image(png, width="stretch", alt=f"{run.config.label}, {name}: classified as {verdict}")
    color, mark = ("green", "✓") if prediction == label else ("red", "✗")
    st.markdown(f":{color}[{mark} **{classes[prediction]}**] {probabilities[prediction]:.0%}")
    if attack != "none" and not change.any():
        st.caption("found nothing")
    elif attack != "none":
        st.caption(f"l∞ {np.abs(change).max():.3f}  \nl₂ {np.sqrt(np.square(change).sum()):.2f}")


for run in shown:
    st.subheader(run.config.label)
    for place, attack in zip(st.columns(1 + len(attacks)), ["none", *attacks], strict=True):
        with place:
            st.markdown(f"**{'clean' if attack == 'none' else attack}**")
            draw_cell(run, protocol, attack)
st.caption("Percentages: the network's confidence in what it says. Sizes of the perturbation in pixels, 0 to 1.")
