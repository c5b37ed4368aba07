"""Effects in words."""

from dashboard.paper.claims import effect_words
from engine.paper.claims import judge_claims


def test_effects_say_what_is_missing(archive):
    archive.add("min-max", 1, fuzziness=0.0053 + 0.04)
    said = {
        statement.words: effect_words(statement)
        for claim in judge_claims(archive.evidence(), lambda run_id: None)
        for statement in claim.statements
    }
    assert said["Std is fuzzier than Adv"] == "No seed has a value for both variants."
    assert said["Min-Max is above Std under FGSM"] == "+15.2 points, one seed: no interval."
    assert said["Std is fuzzier than Min-Max"] == "+0.4164 nats, 2 seeds, all with the same difference: no interval."
    assert said["No check for gradient masking fails on Min-Max"] == "No run was checked."
    assert said["Min-Max loses less than 2 points of clean accuracy"].startswith("+1.1 points [−")
