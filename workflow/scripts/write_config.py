"""Write the merged config next to the results."""

from pathlib import Path
from typing import Any

import yaml

from thousandfold.disk import write_own_checksum, write_text
from thousandfold.joblog import log_to


def write_config(config: dict[str, Any], output: Path) -> None:
    """Write a merged config as YAML, in its own order."""
    write_text(output, yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100))
    write_own_checksum(output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_config(config=snakemake.params.config, output=Path(snakemake.output[0]))
