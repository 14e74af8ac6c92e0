"""From the findings section to registered claims: what each compares, and with which margin."""

from collections.abc import Iterator, Mapping
from typing import Any

from thousandfold.config_files import Key
from thousandfold.inference.contrasts import KINDS, Asked, Contrast
from thousandfold.metrics import Metric
from thousandfold.study import Finding

Metrics = Mapping[str, Metric]


def registered_findings(config: Mapping[str, Any], metrics: Metrics) -> Iterator[Finding]:
    """All findings of a config, each about one of these metrics. Raises BadKeyError."""
    for id_, finding in config["findings"].items():
        contrasts = tuple(_contrasts(("findings", id_), finding, config, metrics))
        expect = "all_of" if "all_of" in finding else finding["expect"]
        note = finding.get("note", "")
        yield Finding(id_, finding["claim"], finding["source"], expect, contrasts, note)


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
