"""From the table of repeats to summaries, intervals and verdicts.

Nothing in here reads a file, draws a figure or knows how a repeat was trained.
"""
