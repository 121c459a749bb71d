"""Small things to mine, written as they come from archives, packages and data sets."""

import io
import tarfile
import zipfile
from pathlib import Path

PYTHON = '''def add(first, second):
    """Add two numbers up.

    :param first: x
    """
    total = first + second
    return total * 1
'''
JAVASCRIPT = """/**
 * Add two numbers up.
 * @param {number} first
 */
function add(first, second) {
  const total = first + second;
  return total * 1;
}
"""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def make_zip(path: Path, members: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def make_tar(path: Path, members: dict[str, str], links: dict[str, str] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


def make_wheel(folder: Path, name: str, version: str, members: dict[str, str]) -> Path:
    record = f"{name}-{version}.dist-info"
    metadata = {
        f"{record}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{record}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{record}/RECORD": "",
    }
    return make_zip(folder / f"{name}-{version}-py3-none-any.whl", {**members, **metadata})
