import subprocess
import sys
import threading
from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.results.lock import hold_lock, wait_for_lock

HOLD = """
import sys, time
from pathlib import Path
from graftwork.results.lock import hold_lock
with hold_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused(tmp_path: Path) -> None:
    with (
        hold_lock(tmp_path / ".lock"),
        pytest.raises(InputError, match="another process"),
        hold_lock(tmp_path / ".lock"),
    ):
        pass


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_lock(tmp_path / ".lock"):
            pass


def test_who_waits_gets_the_lock_once_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        threading.Timer(0.3, process.kill).start()
        with wait_for_lock(path):
            assert process.wait(10) != 0


def test_a_process_that_inherits_the_open_file_holds_the_lock_too(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with hold_lock(path) as descriptor:
        heir = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[descriptor])
    with pytest.raises(InputError), hold_lock(path):
        pass
    heir.communicate(b"\n")
    with hold_lock(path):
        pass


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(InputError), hold_lock(path):
            pass
        process.kill()
    with hold_lock(path):
        pass
