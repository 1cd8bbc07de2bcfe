"""Workflows in the background: a queue, its one thread, and the trainings it executes."""
