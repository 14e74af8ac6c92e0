"""Keep the merged config beside the results."""

from pathlib import Path
from typing import Any

import yaml

from thousandfold.joblog import log_to
from thousandfold.records import written_whole


def write_config(config: dict[str, Any], output: Path) -> None:
    """Write a merged config as YAML, in its own order."""
    with written_whole(output) as partial:
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
        partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_config(config=snakemake.params.config, output=Path(snakemake.output[0]))
