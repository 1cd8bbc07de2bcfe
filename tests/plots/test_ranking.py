"""The ranking, drawn and told."""

from dataclasses import replace

from core.evaluation.records import RankedBackbone, Ranking
from core.plots.ranking import describe_ranking, plot_ranking

FIRST = RankedBackbone(
    model="quick",
    title="Quick",
    score=0.90,
    standard_error=0.01,
    log_me=0.5,
    knn=0.85,
    prior=None,
    seconds=4.0,
    ms_per_sample=3.0,
    tied=True,
    n_samples=1_000,
)
SECOND = replace(FIRST, model="slow", title="Slow", score=0.905, ms_per_sample=30.0)
THIRD = replace(FIRST, model="poor", title="Poor", score=0.6, tied=False, n_samples=200)


def ranking(*backbones: RankedBackbone) -> Ranking:
    return Ranking(
        dataset_id="0" * 16, backbones=backbones, not_ranked=(), n_train=2_000, seconds=9.0, created_at="2026-01-01"
    )


def test_scores_stand_over_times_with_their_errors_and_ties_apart() -> None:
    best, others = plot_ranking(ranking(FIRST, SECOND, THIRD)).data
    assert (list(best.x), list(best.y), list(best.error_y.array)) == ([3.0, 30.0], [0.90, 0.905], [0.01, 0.01])
    assert list(others.text) == ["Poor"]


def test_a_winner_alone_stands_out_alone() -> None:
    best, others = plot_ranking(ranking(replace(FIRST, tied=False), THIRD)).data
    assert (list(best.text), list(others.text)) == (["Quick"], ["Poor"])


def test_one_point_gets_an_axis_of_its_own_size() -> None:
    figure = plot_ranking(ranking(replace(FIRST, tied=False)))
    assert len(figure.data) == 1
    assert figure.layout.xaxis.autorangeoptions.include == (1.5, 6.0)


def test_times_are_written_out_along_the_axis() -> None:
    axis = plot_ranking(ranking(FIRST, SECOND)).layout.xaxis
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True))[20.0] == "20"


def test_words_say_who_is_first_and_who_shares_the_place() -> None:
    assert "as good within one standard error: Slow." in describe_ranking(ranking(FIRST, SECOND, THIRD))
    alone = replace(FIRST, tied=False)
    assert "better than all others" in describe_ranking(ranking(alone, THIRD))
    assert "only backbone" in describe_ranking(ranking(alone))
    assert describe_ranking(ranking()) == "No backbone was ranked."
