"""A library of adapters on disk, of which those in use are in memory: a thousand of them cost what the few do.

An adapter is read when it is first asked for. Its tensors are mapped from its file, so nothing is copied, and what
leaves memory is what was used longest ago. Modules of adapters that left are used again for others of the same
configuration, since making them takes longer than mapping tensors.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import final

import torch

from graftwork.components.attach import Grafts, Selection
from graftwork.components.component import Component
from graftwork.components.store import AdapterRecord, map_tensors, read_adapter, weights_file
from graftwork.errors import InputError

__all__ = ["BUDGET_BYTES", "AdapterLibrary", "folders_in"]

BUDGET_BYTES = 1 << 30
_Stamp = tuple[int, int, int]


def folders_in(directory: Path) -> dict[str, Path]:
    """The adapters right in a folder, each a folder with ``adapter_config.json``, by the folders' names.

    Raises:
        InputError: it is no folder, or holds no adapter.
    """
    if not directory.is_dir():
        raise InputError("no such folder", f"adapters {directory}")
    found = {path.parent.name: path.parent for path in sorted(directory.glob("*/adapter_config.json"))}
    if not found:
        raise InputError("holds no adapter", f"adapters {directory}", "give a folder of adapters' folders")
    return found


@final
class _Kind:
    """Adapters of one configuration."""

    def __init__(self) -> None:
        self.spare: list[Mapping[str, Component]] = []
        """Components without tensors, of adapters that left."""
        self.shapes: dict[str, torch.Size] = {}


@final
class AdapterLibrary:
    """Adapters in folders, chosen by name as in ``Grafts``; they come into memory and leave it by themselves."""

    def __init__(self, grafts: Grafts, folders: Mapping[str, Path], budget_bytes: int = BUDGET_BYTES) -> None:
        """Get ready; nothing is read.

        Args:
            grafts: what the adapters are hung on; adapters that it has under other names are left alone.
            folders: the adapters' folders, by the names they are to have.
            budget_bytes: adapters that are not in use leave once all together take more than this.
        """
        self._grafts, self._folders, self._budget = grafts, dict(folders), budget_bytes
        self._bytes: dict[str, int] = {}
        """Of the adapters in memory, the least recently used first."""
        self._known: dict[str, tuple[_Stamp | None, AdapterRecord]] = {}
        """Adapters that were found whole, with what their file was then."""
        self._kinds: dict[str, _Kind] = {}
        """By the JSON of the components' configuration."""
        self._kind_of: dict[str, _Kind] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All adapters that can be chosen."""
        return tuple(self._folders)

    @property
    def held(self) -> tuple[str, ...]:
        """The adapters in memory, the least recently used first."""
        return tuple(self._bytes)

    @property
    def held_bytes(self) -> int:
        """What their tensors take."""
        return sum(self._bytes.values())

    def use(self, selection: Selection) -> None:
        """Choose adapters as ``Grafts.use`` does, reading those that are not in memory.

        Raises:
            InputError: there is no adapter of a name, or its folder is missing, damaged or made for another base.
        """
        named = [selection] if isinstance(selection, str | None) else selection
        wanted = [name for name in dict.fromkeys(named) if name is not None]
        for name in wanted:
            if name in self._folders:
                self._fetch(name, wanted)
        self._grafts.use(selection)

    def _fetch(self, name: str, wanted: list[str]) -> None:
        """Have an adapter in memory, as the one used last."""
        if name in self._bytes:
            self._bytes[name] = self._bytes.pop(name)
            return
        folder = self._folders[name]
        _, size, _ = _stamp(weights_file(folder)) or (0, 0, 0)
        for other in self.held:
            if self.held_bytes + size > self._budget and other not in wanted:
                self._drop(other)
        self._bytes[name] = self._load(name, folder)

    def _drop(self, name: str) -> None:
        components = self._grafts.components_of(name)
        self._grafts.remove(name)
        for component in components.values():
            for parameter in component.parameters():
                parameter.data = parameter.data.new_empty(0)
        self._kind_of.pop(name).spare.append(components)
        del self._bytes[name]

    @torch.inference_mode(False)  # asked for within it, an adapter could never be trained
    def _load(self, name: str, folder: Path) -> int:
        """Read an adapter and return the bytes of its tensors; the first time, it is checked and hashed."""
        where = f"adapter {folder}"
        record, tensors = self._read(name, folder, where)
        kind = self._kinds.setdefault(record.model_dump_json(include={"components"}), _Kind())
        if kind.spare:
            if {path: tensor.shape for path, tensor in tensors.items()} != kind.shapes:
                raise InputError("its tensors are not those of its configuration", where, "save the adapter again")
            self._grafts.adopt(name, kind.spare.pop())
        else:
            self._grafts.check_tensors(record.components, tensors, where)
            self._grafts.add(name, record.components)
            kind.shapes = {path: tensor.shape for path, tensor in tensors.items()}
        self._kind_of[name] = kind
        for path, parameter in self._grafts.tensors_of(name).items():
            parameter.data = tensors[path].to(parameter.device, parameter.dtype)
        return sum(tensor.nbytes for tensor in tensors.values())

    def _read(self, name: str, folder: Path, where: str) -> tuple[AdapterRecord, Mapping[str, torch.Tensor]]:
        """What was found whole before, and whose file is as it was then, is not hashed again."""
        stamp = _stamp(weights_file(folder))
        known = self._known.get(name)
        if known is not None and known[0] == stamp:
            return known[1], map_tensors(folder, known[1])
        saved = read_adapter(folder)
        self._check_base(saved.record, where)
        self._known[name] = stamp, saved.record
        return saved.record, saved.tensors

    def _check_base(self, record: AdapterRecord, where: str) -> None:
        if record.base_fingerprint not in (None, self._grafts.base_fingerprint):
            what = f"made for another base ({record.base}, fingerprint {record.base_fingerprint})"
            right = f"this one is {self._grafts.base_name}, fingerprint {self._grafts.base_fingerprint}"
            raise InputError(what, where, right)


def _stamp(path: Path) -> _Stamp | None:
    """What tells whether a file is the one that it was; None where there is none."""
    try:
        state = path.stat()
    except OSError:
        return None  # reading it will say what is wrong
    return state.st_ino, state.st_size, state.st_mtime_ns
