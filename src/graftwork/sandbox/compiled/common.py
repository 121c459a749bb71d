"""What all programs of a language share of ours: compiled once in a process, as only our own text is in it."""

import os
import shutil
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import final

from graftwork.errors import InputError
from graftwork.sandbox.compiled.compiler import Sources

__all__ = ["Common"]

SECONDS = 300


@final
class Common:
    """A folder that is made when it is first asked for, that programs read, and that goes with this process."""

    def __init__(self, language: str, sources: Callable[[], Sources], steps: Callable[[Path], list[list[str]]]) -> None:
        """Remember what to make it of: files, and a folder that holds them -> commands to run in it."""
        self._language, self._sources, self._steps = language, sources, steps
        self._lock = threading.Lock()
        self._folder: Path | None = None

    def __call__(self) -> Path:
        """The folder, made if it is not there yet.

        Raises:
            InputError: the compiler does not take our own text.
        """
        with self._lock:
            if self._folder is None:
                self._folder = self._made()
            return self._folder

    def _made(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="common-"))
        weakref.finalize(self, _remove, folder, os.getpid())
        for name, text in self._sources().items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        try:
            for step in self._steps(folder):
                subprocess.run(step, cwd=folder, capture_output=True, check=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error).encode()).decode("utf-8", "replace").strip()[:300]
            what = f"the compiler of {self._language} that is found does not take graftwork's own part: {said!r}"
            raise InputError(what, "sandbox", "repair or remove it") from None
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # whatever the umask: programs run as another user
        return folder


def _remove(folder: Path, process: int) -> None:
    """Remove it, unless this is a fork of the process that made it and still uses it."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
