"""Imports what takes seconds in the background, so that the first page to need it opens at once."""

from __future__ import annotations

import gc
import importlib
import logging
import threading

MODULES = (
    "pandas",
    "core.plots.class_bars",
    "core.workflows.plan_run",
    "core.workflows.train_run",
    "core.workflows.predict",
)

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
_thread: threading.Thread | None = None


def start_warm_up() -> threading.Thread:
    """The thread that imports the heavy rooms and measures the backbones; started by the first call of a process."""
    global _thread
    with _lock:
        if _thread is None:
            _thread = threading.Thread(target=_warm_up, name="headstart-warm-up", daemon=True)
            _thread.start()
        return _thread


def _warm_up() -> None:
    try:
        for name in MODULES:
            importlib.import_module(name)
        from core.workflows.list_models import list_models

        list_models(place="here")
        # What was imported stays for good: half a million objects that the collector need not walk.
        gc.collect()
        gc.freeze()
    except Exception:  # whoever needs the module meets the same error and shows it
        _logger.exception("Warming up failed")
