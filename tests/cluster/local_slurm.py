"""A Slurm of one node on this machine, for as long as a test or a command takes.

    python tests/cluster/local_slurm.py snakemake --profile profiles/slurm ...

Needs Debian's slurmctld, slurmd, slurm-client and munge; installs nothing. Everything listens on
loopback or in a scratch folder, and everything that was started is stopped again.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "sinfo")
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])

CONFIGURATION = """
ClusterName=local
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmUser={user}
SlurmdUser={user}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd.pid
SlurmdLogFile={folder}/slurmd.log
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
# A job that uses more memory than it asked for is killed, as on a real cluster.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
KillWait=2
NodeName=localhost NodeAddr=127.0.0.1 NodeHostname={host} CPUs=4 RealMemory=16000
PartitionName=short Nodes=localhost Default=YES MaxTime=60 State=UP
"""


def missing_programs() -> list[str]:
    """The programs that are needed and are not installed."""
    return [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class LocalSlurm:
    """Use as a context manager; `environment` is what a command needs to talk to it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self.configuration = self.folder / "slurm.conf"
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(self.folder / "bin"), PATH]),
            "SLURM_CONF": str(self.configuration),
        }
        self._daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(self, *command: str) -> str:
        """What a command of Slurm prints."""
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def jobs(self) -> list[str]:
        """The ids of all jobs that wait or run."""
        return self.run("squeue", "--noheader", "--format=%i").split()

    def _start(self) -> None:
        # munge's clients may be anybody.
        self.folder.chmod(0o755)
        for name in ("spool", "state", "bin"):
            (self.folder / name).mkdir()
        # Snakemake's plugin hides SLURM_CONF from the srun in each job.
        srun = self.folder / "bin" / "srun"
        real = shutil.which("srun", path=PATH)
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.configuration} exec {real} "$@"\n')
        srun.chmod(0o755)
        controller_port, node_port = _free_ports(2)
        self.configuration.write_text(
            CONFIGURATION.format(
                folder=self.folder, user=getpass.getuser(), host=socket.gethostname().split(".")[0],
                controller_port=controller_port, node_port=node_port,
            )
        )  # fmt: skip
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        files = {
            "key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log",
            "seed-file": "seed",
        }  # fmt: skip
        options = [f"--{name}={self.folder}/munge.{ending}" for name, ending in files.items()]
        self._daemon("munged", "--foreground", *options)
        self._wait_until((self.folder / "munge.socket").exists)
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D", "-N", "localhost")
        self._wait_until(self._is_idle)

    def _daemon(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.out").open("wb") as output:
            daemon = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        self._daemons.append(daemon)

    def _is_idle(self) -> bool:
        asked = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return asked.stdout.strip() == "idle"

    def _wait_until(self, is_so, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline or any(d.poll() is not None for d in self._daemons):
                logs = sorted([*self.folder.glob("*.out"), *self.folder.glob("*.log")])
                said = "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in logs)
                raise RuntimeError(f"Slurm did not start:\n{said}")
            time.sleep(0.05)

    def _stop(self) -> None:
        if self._daemons[2:]:
            subprocess.run(
                ["scancel", "--full", "--signal=KILL", f"--user={getpass.getuser()}"],
                env=self.environment, capture_output=True, check=False, timeout=30,
            )  # fmt: skip
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(daemon.pid, signal.SIGKILL)
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def main() -> int:
    """Run a command while a local Slurm is up; its exit status."""
    if missing_programs():
        sys.exit(f"not installed: {', '.join(missing_programs())}")
    with LocalSlurm() as slurm:
        return subprocess.run(sys.argv[1:], env=slurm.environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
