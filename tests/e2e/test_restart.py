"""The server dies in the middle of a training, and nothing is lost."""

import signal

import pytest

from tests.conftest import make_image_zip
from tests.e2e.app import MANY_EPOCHS, App
from tests.e2e.files import N_PER_CLASS

SAID_WITHOUT_A_SERVER = (
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_CONNECTION_RESET",
    "WebSocket connection",
    "when disconnected from server",
    "server is not responding",
)
"""What Streamlit's page writes to the console while it looks for its server."""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM], ids=lambda sign: sign.name)
def test_a_training_whose_server_died_is_shown_as_interrupted_and_goes_on(fresh_server, visitor, sign):
    dataset_id = fresh_server.add_dataset("pets.zip", make_image_zip(n_per_class=N_PER_CLASS))
    person = visitor(fresh_server.url)
    person.harmless += SAID_WITHOUT_A_SERVER
    app = App(person.open_tab(), fresh_server.url)
    run_id = app.start_training(dataset_id, epochs=MANY_EPOCHS)
    app.see_epoch(2)

    fresh_server.end(sign)
    before = fresh_server.epochs(run_id)
    assert fresh_server.status(run_id).state == ("interrupted" if sign == signal.SIGTERM else "running")
    fresh_server.start()

    app.open(f"/results?run={run_id}")
    app.see_state("Interrupted")
    app.see("This run was interrupted")
    app.press("Resume")
    app.see_epoch(len(before) + 1)
    app.press("Stop")
    app.see_state("Stopped, best kept")
    app.see_report()
    # An epoch's duration is never the same twice: the first one was not trained again.
    assert fresh_server.epochs(run_id)[0] == before[0]
