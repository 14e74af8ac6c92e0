"""Refuse overlays that cannot be read, before Snakemake reads them.

profiles/default/config.yaml calls this. Snakemake itself says neither which overlay is wrong nor
where, and it executes templates.
"""

import argparse
import sys
from collections.abc import Sequence

from thousandfold.config_files import ConfigError, read_layer


def overlays(arguments: Sequence[str]) -> list[str]:
    """The files that a Snakemake command line gives as --configfile."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", action="extend", default=[])
    # Otherwise taken for short for --configfile.
    parser.add_argument("--config", "-C", nargs="*")
    return list(parser.parse_known_args(arguments)[0].configfile)


def check_overlays(arguments: Sequence[str]) -> None:
    """Exit with a message naming the file, and usually the line, if an overlay is unreadable."""
    try:
        for file in overlays(arguments):
            read_layer(file)
    except ConfigError as error:
        sys.exit(str(error))
    except argparse.ArgumentError:
        return  # Snakemake says what is wrong with its command line.
