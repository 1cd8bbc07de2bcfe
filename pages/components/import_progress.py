"""How far an import is, how fast it goes and what is left, with the way to stop it."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.time_words import about_words

SETTLING_S = 2.0
"""What is seen of the rate before then says little."""

STOP_KEY = "data.import-stop"


class ImportProgress:
    """A progress bar in a place kept for it, so that nothing jumps.

    Any press makes Streamlit end the page's script where it next draws, so the button needs no code of its own: no
    dataset is saved, and the files handed over stay for another try.
    """

    def __init__(self, slot: DeltaGenerator) -> None:
        self._started = time.perf_counter()
        with slot.container(horizontal=True, vertical_alignment="center"):
            self._bar = st.progress(0.0, text="Reading")
            st.button("Stop", key=STOP_KEY, type="tertiary", icon=":material/stop_circle:")

    def show(self, done: int, of: int) -> None:
        """So many samples of so many are read."""
        elapsed_s = time.perf_counter() - self._started
        self._bar.progress(done / of if of else 0.0, text=import_words(done, of, elapsed_s))


def import_words(done: int, of: int, elapsed_s: float) -> str:
    """How far it is in words; the rate and what is left where there is a while to wait."""
    if done >= of:
        return f"Read {of:,}; comparing, splitting and saving"
    words = f"Reading {done:,} of {of:,}"
    if elapsed_s < SETTLING_S or not done:
        return words
    rate = done / elapsed_s
    return f"{words} · {rate:,.0f} per second · {about_words((of - done) / rate)} left"
