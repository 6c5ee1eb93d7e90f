"""Benchmarks: each cost of the product beside a floor or a foil that is measured in the same run.

One module per target (or two that share their rows), in `runs.RUNS`; every one fills or uses the database of `world`,
which is made for the run and dropped after it. Times alone say little on a shared machine: what is judged is a ratio of
medians, taken in turns.
"""
