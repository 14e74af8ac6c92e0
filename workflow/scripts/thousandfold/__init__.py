"""Thousandfold's library: from a config to trained repeats, verdicts and a page.

Nothing in here depends on Snakemake. Dependencies point one way: report -> inference -> records,
and engines -> scenario -> series.
"""
