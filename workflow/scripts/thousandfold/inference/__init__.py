"""From the table of repeats to summaries, intervals and verdicts.

Nothing in here reads a file, draws or knows how a repeat was trained.
"""
