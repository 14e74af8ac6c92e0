"""Comparisons on earlier test windows of a series, as the page says them."""

import math
from collections.abc import Sequence

from thousandfold.formatting import agreeing, decimals, number
from thousandfold.inference.contrasts import KINDS
from thousandfold.names import listed
from thousandfold.report.run import SeriesRun
from thousandfold.tables.rows import ContrastRow, WindowEffectRow, contrast_key


def sentences_on_windows(run: SeriesRun, contrasts: Sequence[ContrastRow]) -> list[str]:
    """A sentence for each of a claim's comparisons, if the series is cut at earlier ends."""
    windows = [row for row in run.rows(WindowEffectRow) if row.earlier]
    sentences = []
    for contrast in contrasts:
        own = [row for row in windows if contrast_key(row) == contrast_key(contrast)]
        if own:
            labels = KINDS[contrast.estimand].labels(contrast, run.labels)
            who = f"{', '.join(labels)}: " if len(contrasts) > 1 else ""
            sentences.append(who + sentence_on_windows(contrast, own))
    return sentences


def sentence_on_windows(contrast: ContrastRow, earlier: Sequence[WindowEffectRow]) -> str:
    """What a comparison comes to on the latest test window and on earlier ones."""
    kind = KINDS[contrast.estimand]
    digits = 2 if kind.is_ratio else decimals(contrast.margin)

    def shown(value: float) -> str:
        return "not known" if math.isnan(value) else number(value, digits)

    observations = "observation" if [row.earlier for row in earlier] == [1] else "observations"
    ends = listed([f"{row.earlier:,}" for row in earlier])
    values = listed([shown(row.effect) for row in earlier])
    ways = [kind.scaled(row.effect) * kind.scaled(contrast.difference) for row in earlier]
    same = sum(way > 0 for way in ways)
    return (
        f"Trained and tested anew where the series ends {ends} {observations} earlier, the "
        f"{'estimate is' if len(earlier) == 1 else 'estimates are'} {values} "
        f"({shown(contrast.difference)} here); {same} of {len(earlier)} {agreeing(same, 'have')} "
        "the same sign."
    )
