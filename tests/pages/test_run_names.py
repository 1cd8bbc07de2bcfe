"""Lines of runs: what they did, what was set differently, and no two alike."""

import shutil
from dataclasses import replace

from core.workflows.show_run import RunCard, list_runs
from pages.components.run_names import name_runs
from tests.pages.conftest import Trained, open_app


def copies(trained: Trained, n: int) -> tuple[RunCard, ...]:
    """So many further runs that differ in nothing but their ids."""
    folder = trained.workspace.root / "runs"
    for place in range(n):
        shutil.copytree(folder / trained.run_id, folder / f"{trained.run_id[:-4]}{place:04}")
    return list_runs(trained.workspace)


def test_runs_that_differ_in_a_setting_are_told_apart_by_it(finished_run: Trained) -> None:
    first, second = copies(finished_run, 1)
    second = replace(second, spec=replace(second.spec, seed=5))
    lines = name_runs([first, second])
    assert lines[first.id].startswith("Feature extraction, seed 0 · pets · today ")
    assert lines[second.id].startswith("Feature extraction, seed 5 · pets · today ")


def test_a_setting_that_does_not_act_tells_nothing(finished_run: Trained) -> None:
    first, second = copies(finished_run, 1)
    second = replace(second, spec=replace(second.spec, epochs=3, batch_size=8))  # a fitted head takes no steps
    assert "epochs" not in name_runs([first, second])[first.id]


def test_runs_that_are_alike_in_all_end_in_what_their_ids_end_in(finished_run: Trained) -> None:
    lines = name_runs(copies(finished_run, 2))
    assert len(set(lines.values())) == 3
    assert all(line.endswith(f" · {run_id[-4:]}") for run_id, line in lines.items())


def test_one_run_alone_needs_no_setting(finished_run: Trained) -> None:
    (line,) = name_runs(list_runs(finished_run.workspace)).values()
    assert line.startswith("Feature extraction · pets · today ")


def test_home_leads_to_all_runs_where_there_are_many(finished_run: Trained) -> None:
    copies(finished_run, 8)
    newest = open_app()
    assert len(newest.metric) == 6
    every = open_app("home", show="all-runs")
    assert "All 9 runs" in [element.value for element in every.subheader]
    assert len(every.metric) == 9
