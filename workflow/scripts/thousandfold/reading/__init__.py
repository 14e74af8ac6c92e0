"""Reading users' files: which text, numbers and dates they hold.

Nothing here knows about series, scenarios or configs. What ReadOptions does not say is inferred
from the whole column or file, never from one cell, and assumptions are reported.
"""
