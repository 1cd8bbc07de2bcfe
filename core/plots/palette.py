"""The few colours that mean something; all others are left to the page's theme."""

from __future__ import annotations

FROZEN = "#7590B2"
"""Cool grey-blue: weights that stay as they are. Readable on white and on dark slate."""

TRAINABLE = "#E0702B"
"""Warm accent: weights that learn."""

BLOCK_TEXT = "#10161F"
"""Text on either of both, in either theme."""

MARK = "#8A94A6"
"""Neutral grey for thin lines that mark a place; visible on white and on dark slate."""

SELECTED = "#E0702B"
"""Frame around what a person clicked."""
