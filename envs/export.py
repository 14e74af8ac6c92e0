"""Write envs/train.yaml and envs/analysis.yaml, the lock's pins for conda users.

python envs/export.py           write them
python envs/export.py --check   fail if they are not what the lock says
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ENVS = Path(__file__).resolve().parent
LOCK = ENVS.parent / "requirements.lock"

SHARED = ("jsonschema", "numpy", "openpyxl", "pandas", "pyarrow", "pyyaml")
ROOTS = {
    "train": (*SHARED, "keras", "psutil", "statsmodels", "tensorflow", "tensorflow-cpu"),
    "analysis": (*SHARED, "arch", "jinja2", "matplotlib", "scipy", "seaborn", "statsmodels"),
}
"""What each kind of rule imports; the lock tells what these need."""


@dataclass(frozen=True)
class Pin:
    """One package of the lock."""

    name: str
    requirement: str
    """Name, version and marker, as pip reads them."""
    needed_by: frozenset[str]


def read_lock(text: str) -> list[Pin]:
    """The lock's packages with the packages that need each."""
    pins = []
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        requirement, _, notes = entry.partition(" \\")
        via = re.findall(r"^    #(?: via|  ) +([a-z0-9._-]+)", notes, flags=re.MULTILINE)
        name = re.split(r"[=\[ ]", requirement)[0]
        pins.append(Pin(name, requirement.strip(), frozenset(via)))
    return pins


def closure(pins: list[Pin], roots: tuple[str, ...]) -> list[Pin]:
    """The roots and everything that they need, in the lock's order."""
    wanted = set(roots)
    while more := {pin.name for pin in pins if pin.needed_by & wanted} - wanted:
        wanted |= more
    return [pin for pin in pins if pin.name in wanted]


def environment_yaml(kind: str, pins: list[Pin]) -> str:
    """A conda environment with the pins of one kind of rule."""
    lines = [
        "# Made by envs/export.py from requirements.lock; do not edit. UNTESTED: the tested way is",
        "# the locked environment that `make` builds.",
        f"name: thousandfold-{kind}",
        "channels: [conda-forge]",
        "dependencies:",
        "  - python=3.11",
        "  - pip",
        "  - pip:",
        *(f'      - "{pin.requirement}"' for pin in closure(pins, ROOTS[kind])),
    ]
    return "\n".join(lines) + "\n"


def main(check: bool) -> int:
    """Write the files, or compare them; the exit code."""
    pins = read_lock(LOCK.read_text(encoding="utf-8"))
    outdated = 0
    for kind in ROOTS:
        path, text = ENVS / f"{kind}.yaml", environment_yaml(kind, pins)
        if not check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            print(f"{path} is not what requirements.lock says; run: python envs/export.py")
            outdated += 1
    return min(outdated, 1)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
