"""The row of a run: its fields, by which runs are filtered and listed in tables. No torch."""

from collections.abc import Iterable

from engine.attacks.threat import ThreatModel
from engine.minmax.objective import SCOPES
from engine.queue.overview import RunOverview
from engine.queue.run_filter import TEXT, Value
from engine.robustness.report import RobustnessReport
from engine.runs.config import RunConfig, linf_threat
from engine.runs.variants import TITLES


def run_row(run: RunOverview, report: RobustnessReport | None = None) -> dict[str, Value]:
    """Field of `run_filter.FIELDS` -> value of a run, and TEXT. Texts are in lower case, accuracies in percent.

    Args:
        report: the run's report that tells its worst case; see `decisive_report`.
    """
    config, labels = run.config, run.labels
    title, data = TITLES[config.variant], config.dataset_spec.title
    tags, name = tuple(tag.casefold() for tag in labels.tags), run.label.casefold()
    note, run_id = labels.note.casefold(), run.run_id.casefold()
    row: dict[str, Value] = {
        "variant": (config.variant, title.casefold()),
        "data": (config.dataset, data.casefold()),
        "architecture": (config.architecture, config.architecture_spec.title.casefold()),
        "status": (run.status,),
        "tag": tags,
        "clean": percent_of(clean_accuracy(run)),
        "worst": percent_of(report.robust_accuracy if report else None),
        "fuzziness": run.quantity("fuzziness"),
        "name": name,
        "note": note,
        "id": run_id,
        "date": run.created_at.astimezone().isoformat() if run.created_at else None,
        "pinned": labels.pinned,
        "archived": labels.archived,
        "shipped": run.is_shipped,
        TEXT: "\n".join(
            (name, config.label.casefold(), run_id, title.casefold(), data.casefold(), run.status, *tags, note)
        ),
    }
    if isinstance(config, RunConfig):
        scope = config.objective.scope
        row |= {
            "λ": config.objective.l1_strength,
            "μ": 0.0 - config.objective.l2_strength,  # never -0.0
            "seed": config.seed,
            "epochs": config.training.epochs,
            "scope": (scope, SCOPES[scope].casefold()) if config.objective.has_penalty else (),
        }
    return row


def clean_accuracy(run: RunOverview) -> float | None:
    """Clean accuracy on the test set or, of an unfinished run, at its newest snapshot."""
    return (run.result or {}).get("clean_accuracy", (run.last or {}).get("clean_accuracy"))


def decisive_report(run: RunOverview, reports: Iterable[RobustnessReport]) -> RobustnessReport | None:
    """The report with the most attacks, then the most images, then the newest, at the paper's ε on the run's own data.

    None if the run was not attacked at this ε, which is that of its data set in l∞.

    Args:
        reports: those of the run, oldest first.
    """
    threat: ThreatModel = linf_threat(run.config.dataset_spec)
    found = [report for report in reports if report.threat == threat and report.test_data_is != "other"]
    return max(reversed(found), key=lambda report: (len(report.attacks), report.n), default=None)


def percent_of(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
