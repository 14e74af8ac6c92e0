"""From the findings section to registered claims: what each compares, and with which margin."""

from collections.abc import Iterator, Mapping
from typing import Any

from thousandfold.config_files import Key
from thousandfold.inference.contrasts import KINDS, Asked, Contrast
from thousandfold.metrics import Metric
from thousandfold.schema import BadKeyError
from thousandfold.study import Finding, OverSeries

Metrics = Mapping[str, Metric]


def registered_findings(config: Mapping[str, Any], metrics: Metrics) -> Iterator[Finding]:
    """All findings of a config, each about one of these metrics. Raises BadKeyError."""
    for id_, finding in config["findings"].items():
        contrasts = tuple(_contrasts(("findings", id_), finding, config, metrics))
        expect = "all_of" if "all_of" in finding else finding["expect"]
        note, over = finding.get("note", ""), _over(("findings", id_), finding, contrasts)
        yield Finding(id_, finding["claim"], finding["source"], expect, contrasts, note, over)


def _over(
    key: Key, finding: Mapping[str, Any], contrasts: tuple[Contrast, ...]
) -> OverSeries | None:
    """What a finding claims of series like the study's; None if it is about each by itself."""
    if "over" not in finding:
        for name in ("typical", "on_at_least"):
            if name in finding:
                problem = "only a claim over series takes it; add over: series, or remove it"
                raise BadKeyError((*key, name), problem)
        return None
    on_at_least = finding.get("on_at_least")
    if on_at_least is not None and "typical" in finding:
        problem = "with on_at_least the share decides, not the typical effect; remove one of them"
        raise BadKeyError((*key, "typical"), problem)
    for contrast in contrasts:
        if contrast.expect == "precision":
            raise BadKeyError((*key, "over"), "a claim about precision is about one series; remove")
        if contrast.expect == "equivalent" and on_at_least is None:
            problem = (
                "that there is no difference on a typical series says little about each; add "
                "on_at_least, the share of series on which there is none"
            )
            raise BadKeyError(key, problem)
    return OverSeries(finding.get("typical", "median"), on_at_least)


def _contrasts(
    key: Key, finding: Mapping[str, Any], config: Mapping[str, Any], metrics: Metrics
) -> Iterator[Contrast]:
    """The contrasts of a finding, or of one comparison in its all_of."""
    if "all_of" in finding:
        for index, part in enumerate(finding["all_of"]):
            yield from _contrasts((*key, "all_of", index), part, config, metrics)
        return
    asked = Asked(key, finding, config, metrics)
    kind = next(kind for kind in KINDS.values() if kind.is_asked(asked))
    yield from kind.from_config(asked)
