"""A training goes on whatever happens to the page that shows it."""

import re

from playwright.sync_api import expect

from tests.e2e.app import MANY_EPOCHS, App

JUMP_PX = 2.0
WATCH_MS = 8_000
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
    before = app.epoch()
    moved_px = app.page.evaluate(
        """async ([selectors, ms]) => {
            const places = () => selectors.flatMap(one => {
                const box = document.querySelector(one)?.getBoundingClientRect();
                return box ? [box.left, box.top, box.width, box.height] : [NaN];
            });
            const first = places();
            let moved = 0;
            for (const end = performance.now() + ms; performance.now() < end;) {
                await new Promise(requestAnimationFrame);
                const now = places();
                if (now.length !== first.length || now.includes(NaN)) return 'an element is missing';
                moved = Math.max(moved, ...now.map((at, i) => Math.abs(at - first[i])));
            }
            return moved;
        }""",
        [[f".st-key-{box.format(run=run_id)}" for box in BOXES], WATCH_MS],
    )
    assert app.epoch() > before
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
