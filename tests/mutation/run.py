"""Put mistakes into inference/, one at a time: which ones do the module's own tests notice?

    make mutation                                   300 mutants, seed 1
    .venv/bin/python tests/mutation/run.py --only verdicts --sample 50 --seed 2

modules.yaml says which test files belong to which module, survivors.yaml which survivors are
accepted, and why. The checkout is never altered.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml
from trial import FORK, Seconds, prepare, run_mutant, run_unchanged

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INFERENCE = "workflow/scripts/thousandfold/inference/"
MUTATOR = ROOT / ".venv-mutation/bin/python"
SURVIVORS = HERE / "survivors.diff"
Tests = dict[str, list[str]]
"""By module."""


@dataclass(frozen=True)
class Mutant:
    """One mistake in one file."""

    file: str
    line: int
    operator: str
    before: str
    after: str
    code: str

    @property
    def module(self) -> str:
        """Its name within inference/."""
        return module_name(Path(self.file))


def module_name(file: Path) -> str:
    """A module's name within inference/."""
    return ".".join(file.relative_to(INFERENCE).with_suffix("").parts)


def read_tests() -> Tests:
    """modules.yaml; an error if its modules are not those of inference/."""
    tests: Tests = yaml.safe_load((HERE / "modules.yaml").read_text(encoding="utf-8"))
    files = [path.relative_to(ROOT) for path in (ROOT / INFERENCE).rglob("*.py")]
    there = {module_name(file) for file in files if file.name != "__init__.py"}
    if without := there - tests.keys():
        raise SystemExit(f"tests/mutation/modules.yaml: no test files of {', '.join(without)}")
    if gone := tests.keys() - there:
        raise SystemExit(f"tests/mutation/modules.yaml: no such module: {', '.join(gone)}")
    return tests


def draw(modules: list[str], sample: int, seed: int) -> list[Mutant]:
    """The sample, from mutants.py in the environment that has Cosmic Ray."""
    files = [f"{INFERENCE}{module.replace('.', '/')}.py" for module in modules]
    if not MUTATOR.exists():
        raise SystemExit(f"{MUTATOR.relative_to(ROOT)} is missing: `make mutation` sets it up")
    command = [str(MUTATOR), str(HERE / "mutants.py"), *files]
    command += ["--sample", str(sample), "--seed", str(seed)]
    drawn = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return [Mutant(**fields) for fields in json.loads(drawn)]


def run_all(mutants: list[Mutant], tests: Tests, cores: int) -> list[str]:
    """How the tests end with each mutant."""
    with tempfile.TemporaryDirectory() as scratch:
        unchanged, known = Path(scratch) / "unchanged", Seconds()
        prepare(ROOT, unchanged)
        files = sorted({test for mutant in mutants for test in tests[mutant.module]})
        with ProcessPoolExecutor(cores, FORK) as pool:
            for seconds in pool.map(run_unchanged, [unchanged] * len(files), files):
                known |= seconds
        for test in sorted(known, key=lambda test: known[test])[-3:]:
            print(f"slow: {known[test]:.1f} s without a mutant: {test}")
        with ProcessPoolExecutor(cores, FORK) as pool:
            trials = [
                pool.submit(run_mutant, unchanged, m.file, m.code, tests[m.module], known)
                for m in mutants
            ]
            endings = []
            for trial in trials:
                endings.append(trial.result())
                print("S" if endings[-1] == "OK" else ".", end="", flush=True)
    print("\n")
    return endings


def report(mutants: list[Mutant], endings: list[str]) -> str:
    """The survivors, those that are accepted apart, and the score."""
    entries = yaml.safe_load((HERE / "survivors.yaml").read_text(encoding="utf-8"))
    reasons = {(e["module"], e["line"].strip(), e["mutant"].strip()): e["reason"] for e in entries}
    accepted, others = [], []
    for mutant, ending in zip(mutants, endings, strict=True):
        if ending == "OK":
            text = f"{mutant.file}:{mutant.line}  {mutant.operator}\n- {mutant.before}\n+ {mutant.after}\n"
            reason = reasons.get((mutant.module, mutant.before, mutant.after))
            if reason:
                accepted.append(f"{text}accepted: {reason}\n")
            else:
                others.append(text)
    total = Counter(mutant.module for mutant in mutants)
    ended = zip(mutants, endings, strict=True)
    killed = Counter(mutant.module for mutant, ending in ended if ending != "OK")
    return "\n".join(
        [
            *sorted(accepted),
            *sorted(others),
            *[f"{module:15}{killed[module]:4} of {total[module]:4}" for module in sorted(total)],
            f"killed {killed.total()} of {total.total()} ({killed.total() / total.total():.1%}), "
            f"{endings.count('TIME_LIMIT')} of them by the time limit; "
            f"{len(accepted)} survivors are accepted, {len(others)} are not",
        ]
    )


def main() -> None:
    """Draw, run, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sample", type=int, default=300, help="mutants (300)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (1)")
    parser.add_argument("--only", metavar="MODULE", help="one module of inference/")
    parser.add_argument("--cores", type=int, default=2, help="mutants at a time (2)")
    options = parser.parse_args()
    tests = read_tests()
    if options.only and options.only not in tests:
        parser.error(f"--only: no such module: {options.only}; there are {', '.join(tests)}")
    began = time.monotonic()
    mutants = draw([options.only] if options.only else list(tests), options.sample, options.seed)
    text = report(mutants, run_all(mutants, tests, options.cores))
    text += f"; seed {options.seed}, {time.monotonic() - began:.0f} s"
    print(text)
    SURVIVORS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
