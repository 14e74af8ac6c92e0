"""What a job says when it fails: into its log, or past it where the disk is full."""

import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

JOB = """
import sys
sys.path.insert(0, sys.argv[1])
from thousandfold.errors import UserError
from thousandfold.joblog import log_to
log_to(sys.argv[2])
print("a remark", file=sys.stderr, flush=True) if sys.argv[2] != "/dev/full" else None
raise {error}
"""


def fail(error, log):
    scripts = ROOT / "workflow" / "scripts"
    command = [sys.executable, "-c", JOB.format(error=error), scripts, log]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_a_user_can_fix_is_one_message_in_the_log(tmp_path):
    log = tmp_path / "job.log"
    failed = fail("UserError('data.csv: is empty')", log)
    assert (failed.returncode, failed.stderr) == (1, "")
    assert log.read_text(encoding="utf-8") == "a remark\ndata.csv: is empty\n"


def test_an_interrupt_has_no_traceback(tmp_path):
    log = tmp_path / "job.log"
    failed = fail("KeyboardInterrupt", log)
    assert failed.returncode != 0
    assert failed.stderr == ""
    text = log.read_text(encoding="utf-8")
    assert text == "a remark\nInterrupted; the same command goes on from what is finished.\n"


def test_anything_else_has_a_traceback_in_the_log(tmp_path):
    log = tmp_path / "job.log"
    assert fail("KeyError('x')", log).returncode == 1
    assert "Traceback (most recent call last)" in log.read_text(encoding="utf-8")
    assert log.read_text(encoding="utf-8").endswith("KeyError: 'x'\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /dev/full")
def test_a_log_on_a_full_disk_hides_no_message():
    failed = fail("UserError('t.csv: cannot be written')", "/dev/full")
    assert (failed.returncode, failed.stderr) == (1, "t.csv: cannot be written\n")


def telling(does, log):
    """The command of a job that can say lines past its log."""
    job = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from thousandfold.joblog import log_to\n"
        f"say = log_to(sys.argv[2]); {does}\n"
    )
    return [sys.executable, "-c", job, ROOT / "workflow" / "scripts", log]


def test_a_job_can_say_a_line_past_its_log(tmp_path):
    log = tmp_path / "job.log"
    job = telling("print('a remark', flush=True); say('half of it is done')", log)
    done = subprocess.run(job, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "half of it is done\n")
    assert log.read_text(encoding="utf-8") == "a remark\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /dev/full")
def test_a_job_goes_on_though_nobody_can_be_told(tmp_path):
    log = tmp_path / "job.log"
    job = telling("say('half of it is done'); print('finished', flush=True)", log)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        subprocess.run(job, stderr=full, check=True)
    assert log.read_text(encoding="utf-8") == "finished\n"
