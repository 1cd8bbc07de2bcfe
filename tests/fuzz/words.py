"""Words for the command line that are paths, formulas, other options, or numbers without end."""

from __future__ import annotations

from random import Random

IDS = (
    "../../etc",
    "..",
    ".",
    "",
    "/etc/passwd",
    "~",
    "a/b",
    "a\\b",
    "C:\\x",
    "*",
    "%00",
    "x" * 300,
    "x" * 10_000,
    "0" * 16,
    "\u202e\u200b",
    "\x1b[2J",
    "$(touch out)",
    "{{7*7}}",
    "--",
    "-1",
    "None",
    "\udcff\udcfe",
    "latest",
    "2026-01-01-000000",
)
NUMBERS = (
    "nan",
    "inf",
    "-inf",
    "-1",
    "0",
    "1e400",
    "9" * 5_000,
    "1e-400",
    "",
    "x",
    "0x10",
    "1_0",
    "\u0663",
    "--3",
    "1,5",
)
SETTINGS = (
    "epochs",
    "batch_size",
    "learning_rate",
    "n_views",
    "__class__",
    "",
    "seed",
    "image_size_px",
    "dropout",
    "../x",
)
MODELS = ("timm:", "hf:", "own:", "timm:../../etc", "hf:../..", "hf:a/b/c", "own:../../out", "own:" + "0" * 64,
          "hf:OWNER/NAME@main", "resnet18\n", "timm:resnet18;rm", "efficientnet-lite0", *IDS)  # fmt: skip
FORMATS = (".html", ".md", ".zip", ".csv", ".parquet", ".png", "", "/", "/../../out.html")


def build_words(rng: Random, good: dict[str, str], out: str) -> list[str]:
    """One command with hostile words in it.

    Args:
        rng: decides.
        good: paths and ids that exist, by "images", "texts", "dataset", "image_run" and "text_run".
        out: a folder for what a command is asked to write.
    """
    run = rng.choice((*IDS, good["text_run"], good["image_run"]))
    data = rng.choice((good["images"], good["texts"], *IDS))
    text = rng.choice((*IDS, "word " * 3_000, "\n", "=1+1", "\u200b", "a"))
    column = ("--text-column", rng.choice((*IDS, "text", "label")))
    number = rng.choice(NUMBERS)
    file = f"{out}/x{rng.choice(FORMATS)}"
    return rng.choice(
        (
            ["show", run],
            ["resume", rng.choice(IDS)],
            ["compare", run, rng.choice((*IDS, good["text_run"]))],
            ["combine", rng.choice(IDS), rng.choice(IDS), "--by", rng.choice(("features", "x", "weights"))],
            ["report", run, file, "--question", text],
            ["reject", run, rng.choice((*NUMBERS, "off"))],
            ["learning-curve", rng.choice(IDS)],
            ["export", rng.choice(IDS), file],
            ["export-data", rng.choice((*IDS, good["dataset"])), file],
            ["explain", rng.choice(IDS), rng.choice((*IDS, good["images"])), "--method", rng.choice(IDS)],
            ["predict", good["text_run"], text, "--text"],
            ["predict", good["image_run"], rng.choice((*IDS, good["images"], "/dev/zero", "/dev/stdin", out))],
            ["predict", good["text_run"], data, "--out", file, *column],
            ["inspect", data, *column],
            ["inspect", data, "--test", rng.choice((*IDS, good["texts"], good["images"]))],
            ["inspect", data, "--label-column", rng.choice(IDS), "--group-column", rng.choice(IDS)],
            ["train", data, "--dry-run", "--set", f"{rng.choice(SETTINGS)}={number}"],
            ["train", data, "--dry-run", rng.choice(("--epochs", "--batch-size", "--learning-rate", "--seed")), number],
            ["train", good["texts"], "--dry-run", "--model", rng.choice(MODELS)],
            ["train", good["images"], "--dry-run", "--strategy", rng.choice(IDS), "--freeze", rng.choice(IDS)],
            ["train", good["images"], "--dry-run", "--freeze-until", rng.choice(IDS)],
            ["add-weights", data, "--model", rng.choice(MODELS)],
            ["models", "--modality", rng.choice(IDS)],
            ["rank", rng.choice(IDS), "--model", rng.choice(MODELS)],
            ["runs", rng.choice(IDS)],
            [rng.choice(IDS), rng.choice(IDS)],
            ["inspect", data, "--workspace", rng.choice(("/dev/null", good["texts"]))],
            ["serve", rng.choice(IDS), "--port", number],
        )
    )
