"""Runs on disk: the folder one lives in, and the store that finds them."""
