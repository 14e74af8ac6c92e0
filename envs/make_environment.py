"""Build a locked environment, unless it is there already.

    python envs/make_environment.py          # .venv, which everything runs in
    python envs/make_environment.py torch    # .venv-torch, for benchmarks/speed.py alone
    python envs/make_environment.py mutation # .venv-mutation, for tests/mutation/ alone

Run by `make` with any CPython that the locks serve; needs that Python's pip and nothing else.
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
UV_FOLDER = ROOT / ".uv"
BUILD_LOCK = ROOT / "envs" / "build.lock"
UV_LOCK = ROOT / "envs" / "uv.lock"
ENVIRONMENTS = {
    "main": (ROOT / ".venv", ROOT / "requirements.lock"),
    "torch": (ROOT / ".venv-torch", ROOT / "envs" / "torch.lock"),
    "mutation": (ROOT / ".venv-mutation", ROOT / "envs" / "mutation.lock"),
}
"""Name -> the folder, and the lock that it is built from."""

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


def run(*command: "str | Path", folder: Path) -> None:
    """Run a command that must succeed, on an environment; no other Python is downloaded."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(folder)}
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
            "--requirement", UV_LOCK, folder=UV_FOLDER,
        )  # fmt: skip
    return local


def lock_digest(lock: Path) -> str:
    """What an environment was built from: both locks and this Python."""
    content = lock.read_bytes() + BUILD_LOCK.read_bytes() + sys.version.encode()
    return hashlib.sha256(content).hexdigest()


def make_environment(name: str = "main") -> None:
    """Build an environment, bytecode compiled, or leave a finished one alone."""
    check_platform()
    folder, lock = ENVIRONMENTS[name]
    stamp = folder / "thousandfold-lock.sha256"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock_digest(lock):
        return
    uv = find_uv()
    print(f"Building the locked environment in {folder.name}", flush=True)
    run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder, folder=folder)
    # Without compiled bytecode TensorFlow takes 19 s to import instead of 5.
    run(
        uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode",
        "--build-constraints", BUILD_LOCK, lock, folder=folder,
    )  # fmt: skip
    stamp.write_text(lock_digest(lock), encoding="utf-8")


if __name__ == "__main__":
    make_environment(*sys.argv[1:])
