"""The images of one cell of the transfer matrix."""

import shutil

from streamlit.testing.v1 import AppTest

from dashboard.robustness.transfer_images import transfer_protocol
from engine.measurements.transfer.measure import transfer_run
from engine.measurements.transfer.request import TransferRequest
from engine.runs.store import RunStore
from tests.dashboard.store_runs import std_and_minmax
from tests.small_runs import THREAT


def test_pictures_are_found_where_fewer_images_were_there_than_asked_for(few_images, trained_store, tmp_path):
    shutil.copytree(trained_store.root, tmp_path / "store")
    store = RunStore(tmp_path / "store")
    std, minmax = std_and_minmax(store)
    request = TransferRequest(attack="fgsm", targets=(minmax,), samples=9_999, threat=THREAT, other_data=True)
    (transfer,) = transfer_run(store, std, request, few_images, "cpu")
    assert transfer.n == 100 and transfer_protocol(transfer) == request.protocol_id
    assert transfer_protocol(transfer.model_copy(update={"samples": None})) != request.protocol_id


def test_images_that_fool_both_come_first_six_at_a_time():
    def page():
        import streamlit as st

        from dashboard.robustness.transfer_images import pick_images
        from engine.attacks.catalog import ATTACKS
        from engine.attacks.threat import ThreatModel
        from engine.robustness.transfer import Transfer

        n = 24
        labels, wrong = (0,) * n, (1,) * n
        thirds = tuple(int(place % 3 == 0) for place in range(n))  # these fool the target too
        transfer = Transfer(
            source="a", target="b", attack=ATTACKS["pgd"], threat=ThreatModel(), pixel_epsilon=(0.1,), seed=0,
            source_weights="", target_weights="", labels=labels, source_clean=labels, source_adversarial=wrong,
            target_clean=labels, target_adversarial=thirds,
        )  # fmt: skip
        st.text(" ".join(map(str, pick_images(transfer, kept=22))))

    app = AppTest.from_function(page).run()
    assert app.text[0].value == "0 3 6 9 12 15"
    app.number_input(key="transfer-page").set_value(2).run()
    assert app.text[0].value == "18 21" and not app.exception
    (kinds,) = app.button_group
    assert kinds.options == [
        "Fool both (8 with pictures)", "Fool only the source (14 with pictures)"
    ]  # fmt: skip
    kinds.set_value("Fool only the source (14 with pictures)").run()
    assert app.text[0].value == "10 11 13 14 16 17" and not app.exception
