"""Commands about backbones: which there are, which fits the data, what one takes the classes for, own weights."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.commands.parsing import Answer, Commands, add_data_options, import_data, workspace_of
from core.commands.progress_bar import ProgressBar
from core.commands.words import describe_added, describe_models, describe_ranking, describe_relation
from core.evaluation.records import RankedBackbone


def add_to(commands: Commands) -> None:
    """`models`, `rank`, `relate` and `add-weights`."""
    models = commands.add("models", _models, describe_models, "list the backbones")
    models.add_argument("--modality", choices=("image", "text"))
    rank = commands.add("rank", _rank, describe_ranking, "say which of the backbones on this machine fits the data")
    add_data_options(rank)
    rank.add_argument("--model", metavar="ID", action="append", help="rank this one; may be repeated; default: all")
    add = commands.add("add-weights", _add_weights, describe_added, "take in a file of weights of your own")
    add.add_argument("file", metavar="FILE", type=Path, help=".safetensors, or what torch.save writes")
    add.add_argument("--model", metavar="ID", help="the network it is for; default: the one that it fits completely")
    relate = commands.add("relate", _relate, describe_relation, "say what a pretrained network takes the classes for")
    add_data_options(relate)
    relate.add_argument("--model", metavar="ID", help="ask this one; default: the one that comes with the installation")


def _models(options: argparse.Namespace) -> Answer:
    from core.workflows.list_models import list_models  # brings torch; other commands should not wait for it

    return {
        "models": [
            {
                "id": info.row.id,
                "modality": info.row.modality,
                "family": info.row.family,
                "n_parameters": info.n_parameters,
                "stages": list(info.stage_names),
                "weights": info.weights,
            }
            for info in list_models(options.modality)
        ]
    }


def _rank(options: argparse.Namespace) -> Answer:
    from core.workflows.rank_backbones import rank_backbones

    dataset, bar = import_data(options), ProgressBar()
    ranking = rank_backbones(workspace_of(options), dataset, models=options.model or (), on_progress=bar.draw)
    bar.close()
    return {
        "dataset": dataset.id,
        "n_train": ranking.n_train,
        "seconds": round(ranking.seconds, 3),
        "ranking": [_ranked(one) for one in ranking.backbones],
        "not_ranked": [{"model": one.model, "reason": one.reason} for one in ranking.not_ranked],
    }


def _ranked(one: RankedBackbone) -> dict[str, Any]:
    return {
        "model": one.model,
        "score": one.score,
        "standard_error": one.standard_error,
        "seconds": round(one.seconds, 3),
        "tied": one.tied,
        "ms_per_sample": round(one.ms_per_sample, 3),
        "log_me": one.log_me,
        "knn": one.knn,
        "prior": one.prior,
        "n_samples": one.n_samples,
    }


def _add_weights(options: argparse.Namespace) -> Answer:
    from core.workflows.own_networks import add_network, choose_fit

    fit = choose_fit(options.file, options.model)
    own = add_network(options.file, file_name=options.file.name, base=fit.base)
    return {
        "id": own.id,
        "base": own.base,
        "fitted": {
            "n": fit.n_fitted,
            "needed": fit.n_needed,
            "missing": list(fit.missing),
            "unexpected": list(fit.unexpected),
        },
    }


def _relate(options: argparse.Namespace) -> Answer:
    from core.workflows.relate_source import relate_source

    dataset, bar = import_data(options), ProgressBar()
    relation = relate_source(workspace_of(options), dataset, model=options.model, on_progress=bar.draw)
    bar.close()
    return {
        "dataset": dataset.id,
        "model": relation.model,
        "n_train": relation.n_train,
        "n_samples": relation.n_samples,
        "image_size_px": relation.image_size_px,
        "seconds": round(relation.seconds, 3),
        "zero_training": {
            "split": "train",
            "balanced_accuracy": relation.score,
            "standard_error": relation.standard_error,
            "chance": relation.chance,
        },
        "says_nothing": relation.says_nothing,
        "shuffled_share": relation.shuffled_share,
        "log_expected_prediction": relation.log_expected_prediction,
        "n_concepts": relation.n_concepts,
        "classes": [
            {
                "class": one.class_name,
                "n": one.n,
                "taken_for": [{"concept": name, "share": share} for name, share in one.concepts],
            }
            for one in relation.classes
        ],
    }
