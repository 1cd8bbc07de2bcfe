"""The `Trainer` of transformers at the defaults of AutoTrain, which fine-tunes the whole encoder.

Those defaults: AdamW at 5e-5, 3 epochs, batches of 8, linear schedule with a tenth of warm-up, at most 128 tokens.
AutoTrain pads every text to 128 tokens; here each batch is padded to its longest text, which is several times faster.
"""

from __future__ import annotations

import tempfile
import time
from typing import Any

import numpy as np
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from benchmarks.peers.networks import minilm_folder
from benchmarks.peers.parts import Part, PeerResult

LEARNING_RATE, N_EPOCHS, BATCH_SIZE, WARMUP_SHARE, MAX_TOKENS = 5e-5, 3, 8, 0.1, 128


def run_trainer(parts: dict[str, Part[str]], n_classes: int, *, n_epochs: int = N_EPOCHS) -> PeerResult:
    """Fine-tune on the part "train" and answer the part "test"."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        trainer = _build_trainer(parts["train"], n_classes, n_epochs, folder)
        trainer.train()
        answers = trainer.predict(_tokenize(parts["test"])).predictions.argmax(axis=1)
        seconds = time.perf_counter() - started
    return PeerResult(seconds=seconds, accuracy={"test": float(np.mean(answers == parts["test"].labels))})


def _build_trainer(train: Part[str], n_classes: int, n_epochs: int, folder: str) -> Trainer:
    return Trainer(
        model=AutoModelForSequenceClassification.from_pretrained(minilm_folder(), num_labels=n_classes),
        args=TrainingArguments(
            output_dir=folder,
            learning_rate=LEARNING_RATE,
            num_train_epochs=n_epochs,
            per_device_train_batch_size=BATCH_SIZE,
            lr_scheduler_type="linear",
            warmup_steps=WARMUP_SHARE,
            optim="adamw_torch",
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            seed=0,
        ),
        train_dataset=_tokenize(train),
        data_collator=DataCollatorWithPadding(_tokenizer()),
    )


def _tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(minilm_folder())


def _tokenize(part: Part[str]) -> list[dict[str, Any]]:
    encoded = _tokenizer()(list(part.samples), truncation=True, max_length=MAX_TOKENS)
    rows = zip(encoded["input_ids"], encoded["attention_mask"], part.labels.tolist(), strict=True)
    return [{"input_ids": ids, "attention_mask": mask, "labels": label} for ids, mask, label in rows]
