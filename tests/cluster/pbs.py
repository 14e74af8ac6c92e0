"""A scheduler of a few lines that answers as PBS Pro does to qsub, qstat -x -f and qdel.

Jobs run at once, as processes of this machine; what is known of them lies in the folder PBS_HOME.
A job may be killed by the limits that it asked for: memory, by its address space.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ["PBS_HOME"])

RUNNER = """
cd {folder}
ulimit -v {kilobytes}
sh {script} > {log} 2>&1
echo $? > {home}/{job}.exit
"""


def qsub(*arguments: str) -> None:
    """Start a script and print its job's id."""
    options = " ".join(arguments)
    megabytes = int(re.search(r"mem=(\d+)mb", options)[1])
    assert re.search(r"-l walltime=\d+:\d+:00 ", options)
    job = f"{len(list(HOME.glob('*.sh'))) + 1}.pbs"
    runner = HOME / f"{job}.sh"
    logs = Path(arguments[arguments.index("-o") + 1])
    runner.write_text(
        RUNNER.format(
            folder=Path.cwd(), script=arguments[-1], log=logs / f"{job}.log", home=HOME, job=job,
            # TensorFlow reserves much more than it uses.
            kilobytes=(megabytes + 20_000) * 1000,
        )
    )  # fmt: skip
    process = subprocess.Popen(["sh", runner], start_new_session=True)
    (HOME / f"{job}.pid").write_text(str(process.pid))
    print(job)


def qstat(*arguments: str) -> None:
    """Tell of a job, running or finished."""
    assert arguments[:2] == ("-x", "-f")
    pid, end = HOME / f"{arguments[2]}.pid", HOME / f"{arguments[2]}.exit"
    if not pid.exists():
        sys.exit(f"qstat: Unknown Job Id {arguments[2]}")
    if end.exists():
        state = f"    job_state = F\n    Exit_status = {end.read_text().strip()}"
    elif is_running(int(pid.read_text())):
        state = "    job_state = R"
    else:
        state = "    job_state = F\n    Exit_status = 265"
    print(f"Job Id: {arguments[2]}\n{state}\n    queue = workq")


def is_running(pid: int) -> bool:
    """Whether a process is alive and no zombie."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def qdel(*jobs: str) -> None:
    """Kill jobs with all that they started."""
    for job in jobs:
        os.killpg(int((HOME / f"{job}.pid").read_text()), signal.SIGKILL)


if __name__ == "__main__":
    {"qsub": qsub, "qstat": qstat, "qdel": qdel}[sys.argv[1]](*sys.argv[2:])
