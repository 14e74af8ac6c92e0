"""What a job can find out about the machine it runs on."""

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")


def processor() -> str:
    """The name of this machine's processor."""
    cpuinfo = Path("/proc/cpuinfo")
    found = (
        re.search(r"model name\s*: (.+)", cpuinfo.read_text("utf-8")) if cpuinfo.exists() else None
    )
    return found[1] if found else platform.processor() or platform.machine()


SCHEDULERS = {
    "SLURM_JOB_ID": "Slurm", "PBS_JOBID": "PBS", "LSB_JOBID": "LSF", "JOB_ID": "Grid Engine",
}  # fmt: skip
"""The variables by which batch systems let their jobs know them."""


def host_kind() -> str:
    """What kind of host this is: system, cores, and the batch system if this is its job."""
    scheduler = next((name for key, name in SCHEDULERS.items() if key in os.environ), None)
    place = f", a job of {scheduler}" if scheduler else ""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{place}"


def available_memory_mb(cgroups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """The memory that this process can still take, in MB: what is free, within its control group.

    A batch system or a container limits a group of processes; the tightest limit from this
    process's group up to the root counts. `cgroups` and `own` are where Linux lists them.
    """
    free = psutil.virtual_memory().available
    return min([free, *_left_in_groups(cgroups, own)]) // 1_000_000


def _left_in_groups(cgroups: Path, own: Path) -> Iterator[int]:
    """Bytes left under each limit of control groups, of version 2 and of version 1."""
    for line in own.read_text("utf-8").splitlines() if own.exists() else ():
        _, controllers, name = line.split(":", 2)
        if controllers == "":
            root, limit, usage = cgroups, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root = cgroups / "memory"
            limit, usage = "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        group = root / name.lstrip("/")
        for folder in [group, *group.parents]:
            most, used = _number(folder / limit), _number(folder / usage)
            if most is not None and used is not None:
                yield max(0, most - used)
            if folder == root:
                break


def _number(file: Path) -> int | None:
    """The number in a file; None if there is none, for example if a limit is "max"."""
    try:
        return int(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
