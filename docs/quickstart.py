"""The Python interface in five cells; runs in under a minute on one core.

Open it as a notebook (VS Code and PyCharm run `# %%` cells; `jupytext --to notebook docs/quickstart.py` converts it),
or run `python docs/quickstart.py`. Both need the package: `pip install -e .` in the checkout. Runs go to `checkpoints`,
or to the folder in MINMAX_STORE. A second time, finished runs are not trained again.
"""

# %% Two networks that differ only in the penalty on the first convolution
import pandas as pd

import engine

std = engine.train("mnist-mini", variant="std", epochs=3, seed=0)
min_max = engine.train("mnist-mini", variant="min-max", l1=0.1, mu=0.1, epochs=3, seed=0)
print(std, min_max, sep="\n")

# %% What the penalty does to the weights: fuzziness falls, and most weights move close to 0
columns = ["epoch", "loss", "clean_accuracy", "conv1_fuzziness", "conv1_near_zero"]
for run in (std, min_max):
    print(f"\n{run.label}", pd.DataFrame(run.history)[columns].iloc[[0, -1]].round(3).to_string(index=False), sep="\n")

first, last = engine.fuzziness(min_max.weights("conv1")[[0, -1]])
print(f"\nFuzziness of conv1 under Min-Max: {first:.3f} before training, {last:.3f} nats after it")

# %% Accuracy under attack, on 200 test images at the paper's ε
reports = {run.label: engine.evaluate(run, attacks=["fgsm", "pgd"], samples=200) for run in (std, min_max)}
rows = {
    label: {"clean": report.clean_accuracy, **report.robust_accuracy_by_attack, "worst case": report.robust_accuracy}
    for label, report in reports.items()
}
print(f"\n{pd.DataFrame(rows).T.round(3)}")

# %% The network is a torch.nn.Module that takes pixels in [0, 1]
import torch  # noqa: E402

with torch.no_grad():
    logits = min_max.network()(torch.zeros(1, 1, 28, 28))
print(f"\nPrediction for a black image: {int(logits.argmax())}")

# %% Recorded runs come with the project: full MNIST, ten epochs, eleven attacks
print("\nRecorded: accuracy under the worst of all attacks, 500 test images")
for run in engine.list_runs(dataset="mnist"):
    if run.label in (std.label, min_max.label):
        report = next(iter(run.reports.values()))
        threat = f"{report.threat.norm}, ε = {report.threat.epsilon:g} {report.threat.unit}"
        print(f"{run.label}: {report.robust_accuracy:.3f} ({threat}, {len(report.attacks)} attacks)")
