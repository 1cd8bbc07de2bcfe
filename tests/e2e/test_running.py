"""A training goes on whatever happens to the page that shows it."""

import re

from playwright.sync_api import expect

from tests.e2e.app import MANY_EPOCHS, WAIT_MS, App

JUMP_PX = 2.0
LOOK_EVERY_MS = 40
"""Without a pause the watching itself would take the processor away from the training."""
N_EPOCHS_WATCHED = 3
BOXES = ("live-numbers", "live-{run}-loss-box", "live-{run}-f1-box", "stop")


def test_a_training_survives_a_reload_is_shared_by_its_link_and_keeps_the_best_when_stopped(
    app, server, visitor, pictures_id
):
    run_id = app.start_training(pictures_id, epochs=MANY_EPOCHS)
    app.see_epoch(1)

    app.page.reload()
    app.see_epoch(2)
    assert app.run_id() == run_id

    guest = App(visitor(server.url).open_tab(), server.url)
    guest.open(f"/results?run={run_id}")
    guest.see_epoch(3)
    assert server.status(run_id).state == "running"

    app.press("Stop")
    for screen in (app, guest):
        screen.see_state("Stopped, best kept")
        screen.see_report()
    assert server.status(run_id).state == "stopped"


def test_nothing_moves_while_a_training_goes_on(app, pictures_id):
    run_id = app.start_training(pictures_id, epochs=MANY_EPOCHS)
    app.see_epoch(1)
    boxes = [box.format(run=run_id) for box in BOXES]
    for box in boxes:
        expect(app.keyed(box)).to_be_visible()
    last = app.epoch() + N_EPOCHS_WATCHED
    moved_px = app.page.evaluate(
        """async ([selectors, last, pauseMs, limitMs]) => {
            const places = () => selectors.flatMap(one => {
                const box = document.querySelector(one)?.getBoundingClientRect();
                return box ? [box.left, box.top, box.width, box.height] : [NaN];
            });
            const missing = () => selectors.filter(one => !document.querySelector(one)) + ' is missing';
            const epoch = () => Number(document.querySelector(selectors[0])?.innerText.match(/(\\d+) of \\d+/)?.[1]);
            const first = places();
            let moved = 0;
            for (const end = performance.now() + limitMs; performance.now() < end;) {
                await new Promise(shown => setTimeout(() => requestAnimationFrame(shown), pauseMs));
                const now = places();
                if (now.length !== first.length || now.includes(NaN)) return missing();
                moved = Math.max(moved, ...now.map((at, i) => Math.abs(at - first[i])));
                if (epoch() >= last) return moved;
            }
            return 'the training does not go on';
        }""",
        [[f".st-key-{box}" for box in boxes], last, LOOK_EVERY_MS, WAIT_MS],
    )
    assert isinstance(moved_px, int | float), moved_px
    assert moved_px <= JUMP_PX


def test_a_second_training_waits_for_the_first_and_then_runs(app, server, visitor, pictures_id):
    first = app.start_training(pictures_id, epochs=MANY_EPOCHS)
    app.see_epoch(1)

    other = App(visitor(server.url).open_tab(), server.url)
    second = other.start_training(pictures_id, epochs=MANY_EPOCHS)
    other.see_state("Waiting")
    other.see(re.compile("1 run is ahead"))
    assert [server.status(run_id).state for run_id in (first, second)] == ["running", "queued"]

    app.press("Stop")
    app.see_state("Stopped, best kept")
    other.see_epoch(1)
    expect(other.keyed("live-numbers")).to_be_visible()
