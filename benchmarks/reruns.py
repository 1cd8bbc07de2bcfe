"""How quickly the dashboard answers a press while a training runs beside it, and while none does."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.apart import apart
from benchmarks.data import NotMeasurable
from benchmarks.presses import Press, open_browser, time_presses
from benchmarks.scripts import MANY_EPOCHS, N_UNTIMED, Timed, time_scripts, wait_for_steps
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.workflows.estimate_run import estimate_run
from core.workflows.inspect_dataset import open_sample
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.workspace import Workspace

if TYPE_CHECKING:
    from tests.e2e.app import App

SAMPLE = "digits"
N_PRESSES, N_QUICK_PRESSES = 24, 4
WORDS = {"page": "Switch between Train and Predict", "strategy": "Choose another strategy on Train"}


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("reruns", "The dashboard beside a training", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    n = N_QUICK_PRESSES if options.quick else N_PRESSES
    table = section.table(
        f"Seconds from a press to a page that stands still, {n} presses of each kind",
        Column(key="where", title="Where"),
        Column(key="press", title="Press"),
        Column(key="idle_median", title="Idle, median", form="{:.2f}"),
        Column(key="idle_p95", title="p95", form="{:.2f}"),
        Column(key="busy_median", title="Training, median", form="{:.2f}"),
        Column(key="busy_p95", title="p95", form="{:.2f}"),
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        dataset_id = apart(prepare, root)
        _add(table, "Script on the server", *apart(time_scripts, root, dataset_id, n))
        try:
            _add(table, "Browser", *apart(time_browser, Path(folder), dataset_id, n))
        except NotMeasurable as reason:
            section.notes.append(f"Not measured in a browser: {reason}.")
    section.notes.append(
        "The training: every stage on the bundled digits, in the server's own process. The script alone is timed by "
        "Streamlit's test driver; the browser is the system's Chromium on the same machine, which computes as well."
    )


def prepare(root: Path, sample: str = SAMPLE) -> str:
    """The id of a bundled dataset in a new workspace, its times known, so that no page measures them meanwhile."""
    workspace = Workspace(root)
    dataset = open_sample(workspace, sample)
    estimate_run(workspace, plan_run(workspace, RunChoices(dataset_id=dataset.id)))
    return dataset.id


def time_browser(folder: Path, dataset_id: str, n: int) -> tuple[Timed, Timed]:
    """Seconds per press in a browser, by what is pressed: while nothing trains, and while the server trains.

    Raises:
        NotMeasurable: there is no browser here.
    """
    with open_browser() as browser:
        # Imported here: they need Playwright, which may be missing.
        from tests.e2e.app import App
        from tests.e2e.server import Server

        server = Server(folder)
        server.start()
        try:
            with closing(browser.new_context()) as context:
                app = App(context.new_page(), server.url)
                idle = _time_all(app, dataset_id, n)
                _start_training(app, dataset_id)
                wait_for_steps(server.workspace, app.run_id())
                return idle, _time_all(app, dataset_id, n)
        finally:
            server.stop_runs()
            server.end()


def _start_training(app: App, dataset_id: str) -> None:
    """Start what trains everything, in the words of the screens."""
    app.open(f"/train?dataset={dataset_id}")
    app.choose_strategy("Full fine-tuning")
    app.set_numbers(patience=0, epochs=MANY_EPOCHS)
    app.see_phases(f"at most {MANY_EPOCHS} epochs")
    app.press("Start training")
    app.page.locator(".st-key-stop").wait_for()


def _time_all(app: App, dataset_id: str, n: int) -> Timed:
    app.open(f"/train?dataset={dataset_id}")
    app.see_title("Train")
    app.choose_strategy("Feature extraction")  # so that the first press changes something
    app.settle()

    def choose(title: str) -> Press:
        option = app.keyed("strategy").locator("label").filter(has_text=title).first
        return Press(click=option.click, selector=".st-key-phases", words=f"{title}, step by step")

    def go_to(title: str) -> Press:
        return Press(click=lambda: app.go_to(title), selector="h1", words=title)

    strategy = time_presses(app.page, [choose("Full fine-tuning"), choose("Feature extraction")], N_UNTIMED + n)
    page = time_presses(app.page, [go_to("Predict"), go_to("Train")], N_UNTIMED + n)
    return {"strategy": strategy[N_UNTIMED:], "page": page[N_UNTIMED:]}


def _add(table: Table, where: str, idle: Timed, busy: Timed) -> None:
    for kind, words in WORDS.items():
        table.add(
            where=where,
            press=words,
            idle_median=median(idle[kind]),
            idle_p95=_p95(idle[kind]),
            busy_median=median(busy[kind]),
            busy_p95=_p95(busy[kind]),
        )


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
