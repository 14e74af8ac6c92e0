"""Build the locked environment in .venv, unless it is there already.

Run by `make` with any CPython that the lock serves; needs that Python's pip and nothing else.
Standard library only.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
UV_FOLDER = ROOT / ".uv"
LOCK = ROOT / "requirements.lock"
BUILD_LOCK = ROOT / "envs" / "build.lock"
UV_LOCK = ROOT / "envs" / "uv.lock"
STAMP = ENVIRONMENT / "thousandfold-lock.sha256"

PYTHONS = ((3, 11), (3, 12), (3, 13))
PLATFORMS = (("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"))


def check_platform() -> None:
    """Stop with one clear error where the lock has no packages."""
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


def run(*command: "str | Path") -> None:
    """Run a command that must succeed; no other Python is downloaded."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(ENVIRONMENT)}
    result = subprocess.run([str(part) for part in command], env=environment, check=False)
    if result.returncode:
        sys.exit(f"Setting up failed at: {' '.join(map(str, command))}")


def find_uv() -> Path:
    """The uv on the PATH, or a pinned one in a folder of this checkout."""
    installed = shutil.which("uv")
    if installed:
        return Path(installed)
    local = UV_FOLDER / "bin" / "uv"
    if not local.exists():
        print("Fetching uv into .uv", flush=True)
        run(
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--root-user-action=ignore", "--require-hashes", "--target", UV_FOLDER,
            "--requirement", UV_LOCK,
        )  # fmt: skip
    return local


def lock_digest() -> str:
    """What the environment was built from: both locks and this Python."""
    content = LOCK.read_bytes() + BUILD_LOCK.read_bytes() + sys.version.encode()
    return hashlib.sha256(content).hexdigest()


def make_environment() -> None:
    """Build the environment, bytecode compiled, or leave a finished one alone."""
    check_platform()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == lock_digest():
        return
    uv = find_uv()
    print("Building the locked environment in .venv", flush=True)
    run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT)
    # Without compiled bytecode TensorFlow takes 19 s to import instead of 5.
    run(
        uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode",
        "--build-constraints", BUILD_LOCK, LOCK,
    )  # fmt: skip
    STAMP.write_text(lock_digest(), encoding="utf-8")


if __name__ == "__main__":
    make_environment()
