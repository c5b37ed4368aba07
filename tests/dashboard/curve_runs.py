"""Runs with curves of accuracy against epsilon: two seeds of Std, and Std+L1."""

import pandas as pd

from dashboard.frames.curves import curve_frame, curve_groups, curve_summary
from engine.attacks.configs import FGSM
from engine.attacks.threat import ThreatModel
from engine.queue.overview import RunOverview
from engine.robustness.curve import RobustnessCurve
from engine.runs.config import RunConfig

STEP = ThreatModel(epsilon=0.5)


def overview(seed: int, l1: float = 0.0) -> RunOverview:
    config = RunConfig(seed=seed, objective={"l1_strength": l1})
    return RunOverview(config.run_id, config, "finished", None, None, None)


def curve(*broken_at: float | None, attack=FGSM()) -> RobustnessCurve:  # noqa: B008
    known = sorted({0.0, *(epsilon for epsilon in broken_at if epsilon is not None)})
    epsilons = known if attack.minimizes else [0.5 * step for step in range(int(known[-1] / 0.5) + 1)]
    return RobustnessCurve(
        attack=attack,
        threat=STEP,
        pixel_scale=(0.2,),
        seed=0,
        sample_ids=tuple(range(len(broken_at))),
        epsilons=tuple(epsilons),
        broken_at=broken_at,
        ended="most steps" if None in broken_at else "nothing left",
    )


RUNS = [overview(0), overview(1), overview(0, l1=0.1)]


CURVES = {
    RUNS[0].run_id: curve(0.0, 0.5, 0.5, 1.0),
    RUNS[1].run_id: curve(0.5, 1.0, 1.0, 1.5),
    RUNS[2].run_id: curve(1.0, 1.5, None, None),
}


def frames(together: bool, curves=CURVES, runs=RUNS) -> tuple[pd.DataFrame, pd.DataFrame]:
    groups = curve_groups(runs, curves, together)
    return curve_frame(groups, curves), curve_summary(groups, curves)


def rows_of(frame: pd.DataFrame, run: RunOverview) -> pd.DataFrame:
    return frame[frame["run_id"] == run.run_id]
