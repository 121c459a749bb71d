import subprocess
import sys
from pathlib import Path

import pytest

from graftwork.results import environment
from graftwork.results.environment import changes, collect_environment


def test_versions_of_python_and_packages_are_there() -> None:
    found = collect_environment()
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert {"torch", "transformers", "pydantic"} <= found.packages.keys()


def test_the_device_is_the_callers() -> None:
    assert collect_environment("cuda: Card").device == "cuda: Card"


def test_hardware_is_there() -> None:
    found = collect_environment()
    assert found.num_cores >= 1
    assert found.memory_bytes > 10**8
    assert found.processor


def test_a_package_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_PACKAGES", ("pydantic", "no-such-package"))
    assert list(collect_environment().packages) == ["pydantic"]


def test_another_projects_repository_is_not_taken_for_ours(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert environment._git_commit(tmp_path / ".venv" / "lib" / "site-packages" / "graftwork" / "results") is None


def test_the_commit_of_a_source_tree_tells_whether_it_had_changes(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    package = tmp_path / "src" / "graftwork" / "results"
    package.mkdir(parents=True)
    (package / "file.py").write_text("1")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    clean = environment._git_commit(package)
    (package / "file.py").write_text("2")
    assert clean is not None
    assert len(clean) == 40
    assert environment._git_commit(package) == f"{clean}-dirty"


def test_no_git_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / ".git").mkdir()
    assert environment._git_commit(tmp_path / "src" / "graftwork" / "results") is None


def test_the_same_machine_and_versions_are_no_change() -> None:
    assert changes(collect_environment("cpu", 2), collect_environment("cpu", 2)) == []


def test_what_may_change_bits_is_told_with_both_values() -> None:
    before, now = collect_environment("cpu", 1), collect_environment("cpu", 2)
    packages = {**now.packages, "torch": "9.9"}
    found = changes(before, now.model_copy(update={"packages": packages, "num_cores": 99, "git_commit": "other"}))
    assert found == ["threads 1, now 2", f"torch {before.packages['torch']}, now 9.9"]
