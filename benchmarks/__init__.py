"""How fast the program is, beside the usual ways to do the same; `python -m benchmarks` measures everything."""
