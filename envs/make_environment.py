"""Build a locked environment, unless it is there already.

    python envs/make_environment.py          # .venv, which everything runs in
    python envs/make_environment.py torch    # .venv-torch, for benchmarks/speed.py alone
    python envs/make_environment.py jax      # .venv-jax, for benchmarks/sizes.py alone
    python envs/make_environment.py mutation # .venv-mutation, for tests/mutation/ alone

Run by `make` with any CPython that the locks serve; needs that Python's pip and nothing else.
Standard library only.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_FOLDER = ROOT / ".uv"
UV_CACHE = ROOT / ".uv-cache"
BUILD_LOCK = ROOT / "envs" / "build.lock"
UV_LOCK = ROOT / "envs" / "uv.lock"
ENVIRONMENTS = {
    "main": (ROOT / ".venv", ROOT / "requirements.lock"),
    "jax": (ROOT / ".venv-jax", ROOT / "envs" / "jax.lock"),
    "torch": (ROOT / ".venv-torch", ROOT / "envs" / "torch.lock"),
    "mutation": (ROOT / ".venv-mutation", ROOT / "envs" / "mutation.lock"),
}
"""Name -> the folder, and the lock that it is built from."""

PYTHONS = ((3, 11), (3, 12), (3, 13))
PLATFORMS = (("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"))

BREAKING = set(" \t\n'\"\\`$&;|<>()*?[{}:")
"""Snakemake gives Python's path to a shell as it stands, and the PATH is cut at colons."""

INSTALLER = re.compile("PIP_|UV_")
HOW_TO_REACH_AN_INDEX = re.compile(
    "INDEX|FIND_LINKS|HOST|CERT|TLS|PROXY|TIMEOUT|RETRIES|KEYRING|OFFLINE|CACHE|CONFIG_FILE"
    "|CONCURRENT|LINK_MODE"
)
BASE_PYTHON: str = getattr(sys, "_base_executable", None) or sys.executable
"""Of an active virtual environment, the Python that it was made from."""


def check_platform() -> None:
    """Stop with one clear error if the lock has no packages for this platform."""
    here = f"{platform.python_implementation()} {platform.python_version()} on "
    here += f"{platform.system()} {platform.machine()}"
    is_served = (
        platform.python_implementation() == "CPython"
        and sys.version_info[:2] in PYTHONS
        and (platform.system(), platform.machine()) in PLATFORMS
    )
    if not is_served:
        sys.exit(
            f"Thousandfold cannot be set up with {here}. It needs CPython 3.11, 3.12 or 3.13 on "
            "Linux x86_64 (the tested one), Linux aarch64 or macOS arm64. If such a Python is "
            "installed under another name, say so: make study PYTHON=python3.11"
        )


def check_path() -> None:
    """Stop if the path of this checkout would break every run."""
    found = sorted(BREAKING & set(str(ROOT)))
    if found:
        characters = " and ".join(map(repr, found))
        sys.exit(
            f"Snakemake cannot run in the folder of this checkout, {str(ROOT)!r}, whose path has "
            f"{characters} in it. Move the checkout, then run the same command again."
        )


def tell_what_changes_runs() -> None:
    """Print a line for each variable that still applies when Snakemake is started."""
    for name in ("PYTHONPATH", "PYTHONHOME"):
        if os.environ.get(name):
            print(
                f"{name} is set: Python takes modules from there before those of the locked "
                f"environment. Before you start snakemake: unset {name}",
                flush=True,
            )
    profile = os.environ.get("SNAKEMAKE_PROFILE")
    if profile:
        print(
            f"SNAKEMAKE_PROFILE is set: Snakemake takes the options in {profile} too, where "
            "profiles/default says nothing. Unless that is meant: unset SNAKEMAKE_PROFILE",
            flush=True,
        )


def can_be_written(folder: Path) -> bool:
    """Whether files can be written to a folder, which is created if it does not exist."""
    try:
        folder = folder.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # The latter if nobody knows where home is.
        return False
    return os.access(folder, os.W_OK)


def clean_environ(folder: Path) -> dict[str, str]:
    """Variables for a command on an environment, without those that change what is installed."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PYTHONHOME")
        and (not INSTALLER.match(name) or HOW_TO_REACH_AN_INDEX.search(name))
    }
    environ |= {"UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(folder)}
    # What some have in pip's own file, and what does not go with a folder of our own.
    environ |= {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    cache = Path(environ.get("XDG_CACHE_HOME") or "~/.cache")
    if "UV_CACHE_DIR" not in environ and not can_be_written(cache / "uv"):
        environ["UV_CACHE_DIR"] = str(UV_CACHE)
    return environ


def run(*command: "str | Path", folder: Path) -> None:
    """Run a command that must succeed, on an environment; no other Python is downloaded."""
    arguments = [str(part) for part in command]
    result = subprocess.run(arguments, env=clean_environ(folder), check=False)
    if result.returncode:
        problem = f"Setting up failed at: {' '.join(arguments)}"
        sys.exit(f"{problem}\nRun the same command again to start over.")


def works(*command: "str | Path") -> bool:
    """Whether a program can be started and exits without an error."""
    arguments = [str(part) for part in command]
    try:
        result = subprocess.run(
            arguments, env=clean_environ(ROOT), capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0


def find_uv() -> Path:
    """The uv on the PATH, or a pinned one in a folder of this checkout."""
    installed = shutil.which("uv")
    if installed and works(installed, "--version"):
        return Path(installed)
    local = UV_FOLDER / "bin" / "uv"
    if not works(local, "--version"):
        fetch_uv()
    return local


def python_with_pip() -> str:
    """This Python, or the one that its environment was made from."""
    for python in (sys.executable, BASE_PYTHON):
        if works(python, "-m", "pip", "--version"):
            return python
    sys.exit(
        f"{sys.executable} has no pip, which fetches uv. Install one of the two for it, or name a "
        "Python that has pip: make study PYTHON=python3.11"
    )


def fetch_uv() -> None:
    """Put uv into its folder, completely or not at all."""
    print("Fetching uv into .uv", flush=True)
    unfinished = UV_FOLDER.with_name(".uv-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    run(
        python_with_pip(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--root-user-action=ignore", "--require-hashes", "--target", unfinished,
        "--requirement", UV_LOCK, folder=unfinished,
    )  # fmt: skip
    if not works(unfinished / "bin" / "uv", "--version"):
        sys.exit(
            f"The uv that was fetched into {unfinished} does not run here; install uv yourself."
        )
    shutil.rmtree(UV_FOLDER, ignore_errors=True)
    unfinished.rename(UV_FOLDER)


def stamp_of(folder: Path, lock: Path) -> str:
    """What an environment was built from, and where: both locks, this Python, the folder."""
    content = lock.read_bytes() + BUILD_LOCK.read_bytes() + sys.version.encode()
    return hashlib.sha256(content + os.fsencode(folder.resolve())).hexdigest()


def is_finished(folder: Path, stamp: Path, expected: str) -> bool:
    """Whether a complete environment exists, in the place that its programs name."""
    has_python = (folder / "bin" / "python").exists()
    return has_python and stamp.exists() and stamp.read_text(encoding="utf-8") == expected


def make_environment(name: str = "main") -> None:
    """Build an environment, bytecode compiled, or leave a finished one alone."""
    check_platform()
    check_path()
    tell_what_changes_runs()
    folder, lock = ENVIRONMENTS[name]
    stamp = folder / "thousandfold-lock.sha256"
    expected = stamp_of(folder, lock)
    if is_finished(folder, stamp, expected):
        return
    uv = find_uv()
    print(f"Building the locked environment in {folder.name}", flush=True)
    stamp.unlink(missing_ok=True)
    run(uv, "venv", "--quiet", "--clear", "--python", BASE_PYTHON, folder, folder=folder)
    # Without compiled bytecode TensorFlow takes 19 s to import instead of 5.
    run(
        uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode",
        "--build-constraints", BUILD_LOCK, lock, folder=folder,
    )  # fmt: skip
    stamp.write_text(expected, encoding="utf-8")


if __name__ == "__main__":
    make_environment(*sys.argv[1:])
