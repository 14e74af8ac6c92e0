"""Verdicts on single series of a study whose claims are about the population: exploratory ones."""

import numpy as np
from statsmodels.stats.multitest import multipletests


def exploratory_p(p: np.ndarray) -> np.ndarray:
    """The claims' p over series × findings, adjusted for the false discovery rate.

    At most a share alpha of the claims whose adjusted p is up to alpha are expected to be wrong,
    however the p depend on each other (Benjamini and Yekutieli 2001, *Annals of Statistics* 29,
    theorem 1.3). Any shape; NaN, where there is no p, stays and does not count.
    """
    adjusted = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        adjusted[known] = multipletests(p[known], method="fdr_by")[1]
    return adjusted
