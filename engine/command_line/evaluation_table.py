"""Tables that `evaluate` prints; their documents are the JSON objects of its --json option."""

from engine.attacks.catalog import attack_config, counts_any_size
from engine.attacks.threat import ThreatModel
from engine.formatting import percent, pixel_range

DATA_WORDS = {
    "same": "",
    "other": ", test images of other data than the run was trained on",
    "unknown": "; unknown: whether the test images belong to the data that the run was trained on",
}
"""Relation of the test images to the run -> what the table says."""


def print_run(documents: list[dict]) -> None:
    """Print the evaluations of one run as a table, a column per ε."""
    print(f"{documents[0]['run_id']}  {', '.join(dict.fromkeys(document['status'] for document in documents))}")
    for document in documents:
        if document["error"]:
            print(f"  ε = {document['threat']['epsilon']:g}: {document['error']}")
    done = [document for document in documents if "n" in document or "answers" in document]
    if not done:
        return
    unit = done[0]["threat"]["unit"]
    if "n" in done[0]:
        print(f"  n = {done[0]['n']}{DATA_WORDS[done[0]['test_data_is']]}")
    else:
        print(f"  {done[0]['label']}, an image of your own ({done[0]['image']})")
    _print_row(f"ε {unit}", [f"{document['threat']['epsilon']:g}" for document in done])
    if unit != "pixel":
        _print_row("ε in pixels", [pixel_range(document["pixel_epsilon"], "–") for document in done])
    _print_row("no attack", [_cell(document, "none") for document in done])
    for attack in done[0].get("robust_accuracy_by_attack", done[0].get("answers", {})):
        if attack != "none":
            _print_row(attack, [_cell(document, attack) for document in done])
    if "n" in done[0]:
        _print_row("worst case", [_with_interval(document, "worst case") for document in done])
        print("  In brackets: 95 % intervals over images (Wilson).")
        _print_any_size(done[0])
        _print_unlisted(done)
        _print_distances(done[0])
        for document in done:
            _print_checks(document)


def _print_row(name: str, cells: list[str]) -> None:
    print(f"  {name:12}" + "".join(f" {cell:>20}" for cell in cells))


def _cell(document: dict, attack: str) -> str:
    if "answers" in document:
        answer = document["answers"][attack]
        return f"{answer['prediction']} {percent(answer['confidence'])}"
    return _with_interval(document, attack)


def _with_interval(document: dict, name: str) -> str:
    named = {"none": document["clean_accuracy"], "worst case": document["robust_accuracy"]}
    low, high = document["intervals"][name]
    value = (named | document["robust_accuracy_by_attack"])[name]
    return f"{percent(value)} ({100 * low:.1f}–{100 * high:.1f})"


def _print_any_size(document: dict) -> None:
    """Name the attacks whose accuracy may be below the worst case, with the reason."""
    threat, rows = ThreatModel(**document["threat"]), document["robust_accuracy_by_attack"]
    if names := [name for name in rows if counts_any_size(attack_config(name), threat)]:
        print(f"  Counted at any size ({', '.join(names)}); the worst case counts only perturbations within ε.")


def _print_unlisted(documents: list[dict]) -> None:
    """Name the attacks of earlier evaluations that the worst case includes but no row shows."""
    for document in documents:
        shown = document["robust_accuracy_by_attack"].keys() | document["distances"].keys()
        if names := [name for name in document["worst_case_of"] if name not in shown]:
            epsilon = f"{document['threat']['epsilon']:g}"
            print(f"  ε = {epsilon}: the worst case includes attacks of earlier evaluations: {', '.join(names)}.")


def _print_distances(document: dict) -> None:
    """Print the median size of perturbations found by attacks that minimize it."""
    for attack, found in document["distances"].items():
        if found["median_l2"] is None:
            continue
        print(
            f"  {attack} found {found['found']} of {found['of']} perturbations, at a median of "
            f"l∞ {found['median_linf']:.4f} and l2 {found['median_l2']:.3f} in pixels"
        )


def _print_checks(document: dict) -> None:
    """Print the verdict of the checks, if they were run, and the evidence of each failed or suspicious one."""
    diagnosis = document["diagnosis"]
    if diagnosis is None:
        return
    print(f"  ε = {document['threat']['epsilon']:g}: {diagnosis['sentence']}")
    for finding in diagnosis["findings"]:
        if finding["verdict"] in ("failed", "suspicious"):
            print(f"    {finding['verdict']}: {finding['title']}. {finding['evidence']}")
