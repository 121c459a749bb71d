"""Adapters on disk: ``adapter_config.json``, ``adapter_model.safetensors`` and ``README.md`` in a folder.

An adapter of one LoRA alone is in PEFT's own format, with our record in the header of its safetensors file, where
PEFT does not look; any other has the record as its configuration file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, final

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from graftwork.components.card import model_card
from graftwork.components.component import Component
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.components.mapped import map_file
from graftwork.components.peft import TENSOR_PREFIX, from_peft, modules_of, to_peft
from graftwork.config import Config
from graftwork.errors import InputError
from graftwork.files import digest, read_json, write_json, write_whole
from graftwork.models.fingerprint import tensors_fingerprint
from graftwork.results.checksums import check_file

__all__ = [
    "VERSION",
    "AdapterRecord",
    "SavedAdapter",
    "fill",
    "map_tensors",
    "read_adapter",
    "weights_file",
    "write_adapter",
]

VERSION = version("graftwork")
_CONFIG, _WEIGHTS, _CARD = "adapter_config.json", "adapter_model.safetensors", "README.md"
_IN_HEADER = "graftwork"


@final
class AdapterRecord(Config):
    """What is written about an adapter beside its weights."""

    graftwork_version: str
    name: str
    base: str
    """The base's name."""
    base_fingerprint: str | None
    """None if the adapter was made by PEFT, which does not record it."""
    weights_sha256: str | None
    """``tensors_fingerprint`` of the file's tensors; None if PEFT made them."""
    components: dict[str, ComponentConfig]
    """By name, in the order they act."""
    shared: dict[str, str]
    """The shared name of each component that was shared when the adapter was saved."""
    sha256: str | None = None
    """Digest of this record and, in PEFT's format, of the configuration file; None in those of PEFT or older."""


@final
@dataclass(frozen=True)
class SavedAdapter:
    """An adapter as read from disk."""

    record: AdapterRecord
    tensors: Mapping[str, torch.Tensor]
    """By ``<component>.<name in the component>``."""


def write_adapter(
    folder: Path,
    record: AdapterRecord,
    tensors: Mapping[str, torch.Tensor],
    fingerprint: str,
    model: PreTrainedModel,
) -> None:
    """Write an adapter; the configuration file comes last, so a folder that has it is whole.

    Args:
        folder: made if it is not there.
        record: all about it but the digest of the weights, which is filled in.
        tensors: its tensors by ``<component>.<name in the component>``.
        fingerprint: the adapter's fingerprint, for the model card.
        model: the base's model, for what PEFT's configuration says of it.

    Raises:
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    alone = _lora_alone(record)
    if alone is not None:
        tensors = {TENSOR_PREFIX + name.removeprefix(f"{alone}."): tensor for name, tensor in tensors.items()}
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    record = record.model_copy(update={"weights_sha256": tensors_fingerprint(stored)})
    beside: dict[str, Any] | None = None
    if alone is not None:
        lora = record.components[alone]
        assert isinstance(lora, LoRAConfig)
        beside = to_peft(
            lora,
            record.base,
            encoder_decoder=bool(model.config.is_encoder_decoder),
            transposed=any(isinstance(module, Conv1D) for module in model.modules()),
        )
    record = record.model_copy(update={"sha256": _seal(record.model_dump(mode="json"), beside)})
    header = {"format": "pt"} | ({_IN_HEADER: record.model_dump_json()} if alone is not None else {})
    write_whole(folder / _WEIGHTS, _sorted_header(safetensors.torch.save(stored, metadata=header)))
    write_whole(folder / _CARD, model_card(record, stored, fingerprint, peft=alone is not None))
    write_json(folder / _CONFIG, record.model_dump(mode="json") if beside is None else beside)


def _seal(record: Mapping[str, Any], beside: Mapping[str, Any] | None) -> str:
    """Digest of all that is said of an adapter, but for itself; ``beside`` is PEFT's configuration."""
    said = {name: value for name, value in record.items() if name != "sha256"}
    return digest(json.dumps(said), json.dumps(beside, sort_keys=True))


def _sorted_header(data: bytes) -> bytes:
    """The same file with its header in one order: the library writes its entries in another one each time."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:start]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[start:]


def read_adapter(folder: Path) -> SavedAdapter:
    """Read an adapter, ours or a LoRA of PEFT's, and check that it is whole.

    Raises:
        InputError: a file is missing, damaged, or is not what was saved.
    """
    if not folder.is_dir():
        raise InputError("no such folder", f"adapter {folder}")
    for name in (_CONFIG, _WEIGHTS):
        check_file(folder.parent, folder / name)  # in a run folder, the task's checksums stand there
    config, where = read_json(folder / _CONFIG), str(folder / _CONFIG)
    if not isinstance(config, dict):
        raise InputError("not an adapter's configuration", where)
    header, stored = _read_weights(folder / _WEIGHTS)
    if "peft_type" in config:
        record = _peft_record(config, header, modules_of(stored, str(folder / _WEIGHTS)), folder)
        (alone,) = record.components
        tensors: Mapping[str, torch.Tensor] = _named_for(alone, stored)
    else:
        record, tensors = AdapterRecord.read(config, where), stored
    said, beside = (_said(header, folder), config) if _IN_HEADER in header else (config, None)
    if record.sha256 not in (None, _seal(said, beside)):
        raise InputError("what is said of the adapter is not what was saved", where, "save the adapter again")
    if record.weights_sha256 not in (None, tensors_fingerprint(stored)):
        raise InputError("the weights are not those that were saved", str(folder / _WEIGHTS), "save the adapter again")
    return SavedAdapter(record, tensors)


def map_tensors(folder: Path, record: AdapterRecord) -> dict[str, torch.Tensor]:
    """The tensors of an adapter that ``read_adapter`` has found whole, mapped from its file: nothing is read yet.

    Args:
        folder: the adapter's.
        record: as ``read_adapter`` gave it.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        stored = map_file(folder / _WEIGHTS)
    except (ValueError, OSError, RecursionError) as error:
        raise _not_whole(folder / _WEIGHTS, error) from None
    alone = _lora_alone(record)
    return stored if alone is None else _named_for(alone, stored)


def _named_for(alone: str, stored: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """PEFT's tensors by our names."""
    return {f"{alone}.{name.removeprefix(TENSOR_PREFIX)}": tensor for name, tensor in stored.items()}


def weights_file(folder: Path) -> Path:
    """Where an adapter's tensors are."""
    return folder / _WEIGHTS


def fill(components: Mapping[str, Component], tensors: Mapping[str, torch.Tensor], which: set[str], where: str) -> None:
    """Copy an adapter's tensors into its components.

    Args:
        components: by name.
        tensors: by ``<component>.<name in the component>``; all must be there, no others, and of the right shapes.
        which: the components to copy into; the others' tensors are only checked.
        where: the adapter's place, for messages.

    Raises:
        InputError: the tensors are not those of the components; nothing was copied.
    """
    expected = {f"{part}.{path}": one for part, whole in components.items() for path, one in whole.tensors().items()}
    for name, parameter in expected.items():
        if name not in tensors:
            raise InputError(f"the tensor {name} is missing", where)
        if tensors[name].shape != parameter.shape:
            shapes = f"{list(tensors[name].shape)}, not {list(parameter.shape)}"
            raise InputError(f"the tensor {name} has the shape {shapes}", where)
    for name in tensors:
        if name not in expected:
            raise InputError(f"the tensor {name} has no place in the adapter", where)
    for name, parameter in expected.items():
        if name.partition(".")[0] in which:
            parameter.data.copy_(tensors[name])


def _lora_alone(record: AdapterRecord) -> str | None:
    """The name of the adapter's only component if PEFT can hold it."""
    name, config = next(iter(record.components.items()), ("", None))
    fits = len(record.components) == 1 and isinstance(config, LoRAConfig) and not config.into_extra_layers
    return name if fits else None


def _read_weights(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    if not path.is_file():
        pickled = path.with_suffix(".bin").is_file()
        right = f"{path.stem}.bin is a pickle that can run code; save the adapter with safetensors" if pickled else None
        raise InputError("no such file", str(path), right)
    try:
        with safe_open(path, framework="pt") as file:  # sees that the file is whole
            return file.metadata() or {}, map_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise _not_whole(path, error) from None


def _not_whole(path: Path, error: Exception) -> InputError:
    return InputError(f"not a whole safetensors file ({error})", str(path), "save the adapter again")


def _said(header: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Our record in the header of the weights."""
    try:
        data = json.loads(header[_IN_HEADER])
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InputError("its header is damaged", str(folder / _WEIGHTS), "save the adapter again")
    return data


def _peft_record(
    config: dict[str, Any], header: Mapping[str, str], modules: tuple[str, ...], folder: Path
) -> AdapterRecord:
    lora = from_peft(config, modules, str(folder / _CONFIG))
    if _IN_HEADER not in header:
        base = str(config.get("base_model_name_or_path"))
        return AdapterRecord(
            graftwork_version=VERSION,
            name=folder.resolve().name,
            base=base,
            base_fingerprint=None,
            weights_sha256=None,
            components={"lora": lora},
            shared={},
        )
    record = AdapterRecord.read(_said(header, folder), str(folder / _WEIGHTS))
    # As text, because the order of a pattern's keys counts.
    if [one.model_dump_json() for one in record.components.values()] != [lora.model_dump_json()]:
        raise InputError("says otherwise than the adapter that was saved", str(folder / _CONFIG))
    return record
