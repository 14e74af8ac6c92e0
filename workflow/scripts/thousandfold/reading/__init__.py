"""Files as people have them: which text, numbers and dates they hold.

Nothing here knows of series, scenarios or configs. What is not said by ReadOptions is found out
from the whole column or file, never from one cell, and what was assumed is told.
"""
