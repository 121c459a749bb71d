"""Benchmarks: what is fast here, measured beside what else people would run, in one environment and one run."""
