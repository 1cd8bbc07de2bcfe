"""The command line's answers in words, for people; with --json the same answers go out as they are."""

from __future__ import annotations

from typing import Any

from core.commands.parsing import Answer

KEPT_WORDS = {
    "head": "kept: the fitted head; what was trained after it is not clearly better on validation",
    "trained": "kept: the trained state; it is clearly better on validation than the fitted head",
}


def describe_dataset(answer: Answer) -> str:
    """What a dataset holds, what was skipped and what was found, a line each."""
    splits = ", ".join(f"{name} {n:,}" for name, n in answer["splits"].items() if n)
    classes = [f"  {_plain(name)}: {n:,}" for name, n in answer["classes"].items()]
    skipped = [f"  {_plain(item['file'])}: {item['reason']}" for item in answer["skipped"]]
    findings = [f"  {item['severity']}: {item['message']}" for item in answer["findings"]]
    return "\n".join(
        [
            f"{answer['n_samples']:,} {answer['modality']}s in {len(classes)} classes ({splits})",
            *classes,
            *([f"Skipped ({len(skipped):,}):", *skipped] if skipped else []),
            *(["Findings:", *findings] if findings else []),
        ]
    )


def describe_exported(answer: Answer) -> str:
    """What was written where."""
    return f"{answer['file']}: {answer['n_samples']:,} samples, {answer['bytes'] / 1e6:,.1f} MB"


def describe_added_data(answer: Answer) -> str:
    """What was added, what was not and why, and the version that holds it."""
    splits = ", ".join(f"{name} {n:,}" for name, n in answer["splits"].items() if n)
    skipped = [f"  {_plain(item['file'])}: {item['reason']}" for item in answer["skipped"]]
    return "\n".join(
        [
            f"{answer['n_added']:,} samples added: {answer['n_samples']:,} in version {answer['version']} ({splits}), "
            f"{answer['dataset']}",
            *([f"Left out ({len(skipped):,}):", *skipped] if skipped else []),
        ]
    )


def describe_deleted_dataset(answer: Answer) -> str:
    """What is gone, and what stays without it."""
    n, runs = len(answer["deleted"]), answer["runs_without_data"]
    lines = [f"Deleted for good: {', '.join(answer['deleted'])} ({n:,} {'version' if n == 1 else 'versions'})."]
    if answer["versions_left"]:
        lines.append(f"Other versions stay, with the samples they share: {', '.join(answer['versions_left'])}.")
    if runs:
        lines.append(f"Runs that learned from it keep their model and numbers, not their samples: {', '.join(runs)}.")
    if not answer["cleared"]:
        lines.append("Something is imported just now; the files go with the next deletion.")
    return "\n".join(lines)


def describe_deleted_run(answer: Answer) -> str:
    """Which run is gone."""
    return f"Deleted for good: {answer['deleted']}."


def describe_suspects(answer: Answer) -> str:
    """A line per label that is probably wrong, the least believed one first."""
    lines = [
        f"{_plain(one['source'])} ({one['split']}): {_plain(one['given'])} {one['p_given']:.2f}, rather "
        f"{_plain(one['proposed'])} {one['p_proposed']:.2f}"
        for one in answer["suspects"]
    ]
    about = (
        f"{len(lines):,} of {answer['n_asked']:,} labels are probably wrong, by heads on the features of "
        f"{answer['model']} that did not see the sample; {answer['seconds']:.1f} s"
    )
    return "\n".join([about, *lines])


def describe_models(answer: Answer) -> str:
    """A line per backbone."""
    return "\n".join(
        f"{model['id']:<20} {model['modality']:<6} {model['n_parameters'] / 1e6:7.1f} M  {model['weights']:<9}"
        f" {' '.join(model['stages'])}"
        for model in answer["models"]
    )


def describe_added(answer: Answer) -> str:
    """What was taken in, and how to use it."""
    own_id, fitted = answer["id"], answer["fitted"]
    left = len(fitted["unexpected"])
    return (
        f"{own_id}: weights for {answer['base']}; {fitted['n']} of its {fitted['needed']} tensors came from the "
        f"file, {left} of the file's were left out. Use it as --model {own_id}."
    )


def describe_ranking(answer: Answer) -> str:
    """A line per backbone in the order to take them, and what that order rests on."""
    ranking = answer["ranking"]
    lines = [
        f"{place}. {one['model']:<20} {one['score']:.3f} ± {one['standard_error']:.3f}  "
        f"{one['ms_per_sample']:7.1f} ms per sample  neighbours {one['knn']:.3f}  LogME {one['log_me']:+.3f}  "
        f"n {one['n_samples']:,}{'  tied' if one['tied'] else ''}"
        for place, one in enumerate(ranking, start=1)
    ]
    left_out = [f"Not ranked: {one['model']}. {one['reason']}" for one in answer["not_ranked"]]
    about = (
        f"Balanced accuracy of a linear head on training samples, each held out once, ± one standard error; "
        f"{answer['seconds']:.1f} s"
    )
    return "\n".join([about, *lines, *_remarks(ranking), *left_out])


def _remarks(ranking: list[dict[str, Any]]) -> list[str]:
    if len(ranking) == 1:
        return [f"{ranking[0]['model']} is the only one to compare: the command models lists more to download."]
    tied = [one["model"] for one in ranking if one["tied"]]
    return [f"Within one standard error of each other, the fastest first: {', '.join(tied)}."] if tied else []


def describe_relation(answer: Answer) -> str:
    """A line per class, what it is most taken for; then what that is worth as a classifier."""
    scored = answer["zero_training"]
    lines = [
        f"{_plain(one['class'])}: "
        + (", ".join(f"{found['concept']} {found['share']:.2f}" for found in one["taken_for"]) or "no training sample")
        for one in answer["classes"]
    ]
    verdict = (
        f"Without training it tells the classes apart with balanced accuracy {scored['balanced_accuracy']:.3f} ± "
        f"{scored['standard_error']:.3f} (chance {scored['chance']:.3f}), on {answer['n_samples']:,} training samples, "
        f"each left out once; {answer['seconds']:.1f} s"
    )
    nothing = (
        "It says nothing about these classes: shuffled labels fit as well. Expect little of frozen features alone."
    )
    return "\n".join(
        [
            f"What {answer['model']} takes each class for:",
            *lines,
            verdict,
            *([nothing] if answer["says_nothing"] else []),
        ]
    )


def describe_training(answer: Answer) -> str:
    """What a training, or a dry run of one, ended with."""
    if "estimate" in answer:
        return _describe_estimate(answer)
    folds = answer.get("cross_validation")
    return "\n".join([describe_run(answer), *(folds["words"] if folds else [])])


def _describe_estimate(answer: Answer) -> str:
    found = answer["estimate"]
    frozen = ", ".join(answer["frozen_stages"]) or "none"
    return "\n".join(
        [
            f"{answer['model']}, {answer['strategy']}; frozen stages: {frozen}",
            f"engine of the frozen stages: {answer['engine']}",
            f"About {found['seconds']:.0f} s at most, {found['memory_mb']:.0f} MB of memory and "
            f"{found['disk_mb']:.0f} MB on the disk; nothing was started",
            *(f"  {phase['name']}: {phase['seconds']:.1f} s" for phase in found["per_phase"]),
        ]
    )


def describe_run(answer: Answer) -> str:
    """A run's numbers, the freeze proof and the seconds."""
    lines = [f"Run {answer['run']}: {answer['status']} ({answer['model']}, {answer['strategy']})", answer["reason"]]
    if answer["batches"]:
        lines.append(f"batches: {answer['batches']}")
    first = answer["first_estimate"]
    if first:
        lines.append(
            f"first estimate after {first['elapsed_s']:.1f} s: accuracy {first['accuracy']:.4f}, macro-F1 "
            f"{first['macro_f1']:.4f}, on the training samples, each left out once, n {first['n']:,}"
        )
    for split, part in answer["metrics"].items():
        lines.append(
            f"{split}: accuracy {part['accuracy']:.4f}, macro-F1 {part['macro_f1']:.4f}, loss {part['loss']:.4f}, "
            f"n {part['n']:,}"
        )
        lines.extend(_describe_honesty(answer["calibration"][split], answer["baselines"][split]))
    lines.extend(_careful(answer))
    if answer["kept"]:
        lines.append(KEPT_WORDS[answer["kept"]])
    if answer["parameters"] and answer["frozen"]:
        lines.append(
            f"{answer['parameters']['trainable']:,} of {answer['parameters']['total']:,} parameters trained; "
            f"frozen tensors changed: {answer['frozen']['n_changed']} of {answer['frozen']['n_tensors']}"
        )
    lines.append(", ".join(f"{name} {number:.1f} s" for name, number in answer["seconds"].items()))
    return "\n".join(line for line in lines if line)


def _describe_honesty(calibration: dict[str, float] | None, baselines: dict[str, float]) -> list[str]:
    lines = ["  simpler ways: " + ", ".join(f"{name} {accuracy:.4f}" for name, accuracy in baselines.items())]
    if calibration:
        lines.append(
            f"  calibration error {calibration['ece']:.4f}, before scaling {calibration['ece_before']:.4f}, "
            f"by chance {calibration['ece_by_chance']:.4f}"
        )
    return lines


def describe_report(answer: Answer) -> str:
    """Where the report of a run lies, and how large it is."""
    return f"{answer['file']}: the report of run {answer['run']}, {answer['n_bytes'] / 1e3:,.0f} kB"


def describe_runs(answer: Answer) -> str:
    """A line per run."""
    rows = [
        f"{run['run']}  {run['status']:<11} {run['model']:<18} {run['strategy']:<20} "
        f"{'' if run['macro_f1'] is None else format(run['macro_f1'], '.4f'):<7} {_plain(run['dataset'])}"
        for run in answer["runs"]
    ]
    return "\n".join(rows) or "There are no runs yet."


def describe_predictions(answer: Answer) -> str:
    """A line per input; for a scored file where the answers lie."""
    if "file" in answer:
        left_out = f", {answer['n_skipped']:,} could not be read and say why" if answer["n_skipped"] else ""
        return f"{answer['file']}: {answer['n_scored']:,} scored{left_out}, in {answer['seconds']:.1f} s"
    return "\n".join(f"{_plain(item['input'])}: {_answer_words(item)}" for item in answer["predictions"])


def _answer_words(item: dict[str, Any]) -> str:
    said = f"{_plain(item['label'])} ({item['probability']:.1%})"
    if item["rejected"]:
        said = f"I don't know; it would have been {said}. {item['reason']}"
    if item["unlike_training"]:
        said += f" [unlike anything it learned from: further away than {item['further_than']:.1%} of validation]"
    return said


def describe_rejection(answer: Answer) -> str:
    """From which probability on a run answers, and what that gives."""
    if answer["precision"] is None:
        return f"Run {answer['run']} answers everything."
    wanted = f"{answer['precision']:.0%} right"
    if answer["threshold"] is None:
        return f"{wanted} cannot be reached on these data: {answer['why']}. The run goes on answering everything."
    parts = [
        f"  {split}: answers {part['coverage']:.1%} of the samples, {part['accuracy']:.1%} of these right"
        for split, part in (("validation", answer["val"]), ("test", answer["test"]))
        if part
    ]
    return "\n".join([f"{wanted}: answers from a probability of {answer['threshold']:.1%} on", *parts])


def describe_explanation(answer: Answer) -> str:
    """What speaks for a class, and how far that can be believed; or the nearest training samples."""
    if "neighbours" in answer:
        near = [f"  {one['similarity']:+.2f}  {_plain(one['label'])}: {_near(one)}" for one in answer["neighbours"]]
        return "\n".join([f"Nearest of {answer['n_looked_at']:,} training samples:", *near, answer["says"]])
    if "words" in answer:
        lines = [f"  {word['score']:+6.2f}  {_plain(word['text'])}" for word in answer["words"]]
    else:
        lines = ["  " + " ".join(f"{score:+6.2f}" for score in row) for row in answer["grid"]]
    return "\n".join(
        [
            f"{_plain(answer['class'])} ({answer['probability']:.1%}), by {answer['method']}; above 0 speaks for it:",
            *lines,
            answer["says"],
            _sanity(answer["sanity"]),
        ]
    )


def _sanity(sanity: dict[str, Any]) -> str:
    if sanity["changes"] is None:
        return f"Changes with a random head: not known, {sanity['why_not']}."
    warning = "" if sanity["changes"] else "; this says little about what the model learned"
    return f"Changes with a random head: {_yes(sanity['changes'])}, similarity {sanity['similarity']:.2f}{warning}"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _near(one: dict[str, Any]) -> str:
    return _plain(one["text"] or one["source"])


def describe_comparison(answer: Answer) -> str:
    """Which runs, the verdict, what it rests on, and what was set differently."""
    names, alone = answer["names"], answer["right_alone"]
    runs = [f"{letter}: {run} ({_plain(name)})" for letter, run, name in zip("AB", answer["runs"], names, strict=True)]
    numbers = [
        f"  {name}: {answer['difference'][key]:+.4f} ({_bounds(answer[interval])})"
        for name, key, interval in (("accuracy", "accuracy", "accuracy_interval"), ("macro-F1", "macro_f1", "interval"))
    ]
    settings = [f"  {row['setting']}: {_plain(' | '.join(row['values']))}" for row in answer["settings"]]
    return "\n".join(
        [
            *runs,
            f"Verdict: {answer['verdict']}",
            f"On {answer['n']:,} {answer['split']} samples, B less A, with 95 % intervals:",
            *numbers,
            f"A alone is right on {alone[0]:,}, B alone on {alone[1]:,}; exact McNemar test: p {answer['p_value']:.3g}",
            *(["Set differently (A | B):", *settings] if settings else ["All settings are the same."]),
            *_careful(answer),
        ]
    )


def describe_race(answer: Answer) -> str:
    """A line per run, the best one marked, and how each stands to the first."""
    lines = [
        f"{'*' if run['run'] == answer['best'] else ' '} {run['strategy']:<20} {run['status']:<11} "
        f"{_score(run['val_accuracy'])} {_score(run['val_macro_f1'])} {run['seconds']:8.1f} s  {run['verdict']}"
        for run in answer["runs"]
    ]
    head = f"  {'strategy':<20} {'status':<11} {'accuracy':<8} {'macro-F1':<8}    seconds  against the first"
    return "\n".join(
        [
            head,
            *(line.rstrip() for line in lines),
            f"Scores on validation, * the best of them; {answer['seconds']:.1f} s in all",
            *_careful(answer),
        ]
    )


def _careful(answer: Answer) -> list[str]:
    return [f"careful: {_plain(warning)}" for warning in answer["warnings"]]


def _bounds(interval: list[float] | None) -> str:
    return "no interval" if interval is None else f"{interval[0]:+.4f} to {interval[1]:+.4f}"


def _score(score: float | None) -> str:
    return f"{'' if score is None else format(score, '.4f'):<8}"


def _plain(text: str) -> str:
    """Text of a user's on one line, without what could steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
