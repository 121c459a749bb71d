"""PEFT's format of a LoRA adapter: its configuration keys and its names of tensors (PEFT 0.21)."""

from typing import Any

from graftwork.components.lora import LoRAConfig
from graftwork.errors import InputError

__all__ = ["TENSOR_PREFIX", "from_peft", "to_peft"]

TENSOR_PREFIX = "base_model.model."
"""What PEFT puts before a tensor's path in the base."""

_WITHOUT_EFFECT = {
    "auto_mapping",
    "base_model_name_or_path",
    "inference_mode",
    "lora_alpha",
    "lora_dropout",
    "megatron_core",
    "peft_type",
    "peft_version",
    "qalora_group_size",
    "r",
    "revision",
    "target_modules",
    "task_type",
}
"""Keys that are read, or that change nothing by themselves; any other must be off."""
_OFF: tuple[Any, ...] = (None, False, {}, [], "none")


def to_peft(config: LoRAConfig, base: str) -> dict[str, Any]:
    """The configuration as PEFT writes it, for a sequence-to-sequence base of that name."""
    return {
        "alpha_pattern": {},
        "auto_mapping": None,
        "base_model_name_or_path": base,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "layers_pattern": None,
        "layers_to_transform": None,
        "lora_alpha": int(config.alpha) if config.alpha.is_integer() else config.alpha,
        "lora_dropout": config.dropout,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": config.rank,
        "rank_pattern": {},
        "revision": None,
        "target_modules": config.targets if isinstance(config.targets, str) else list(config.targets),
        "task_type": "SEQ_2_SEQ_LM",
        "use_dora": False,
        "use_rslora": False,
    }


def from_peft(data: dict[str, Any], where: str) -> LoRAConfig:
    """Read a LoRA configuration that PEFT wrote.

    Raises:
        InputError: it is of another kind, or uses what is not supported here; the key is named.
    """
    if data.get("peft_type") != "LORA":
        raise InputError(f"a PEFT adapter of type {data.get('peft_type')!r}", where, "of PEFT's types LORA works")
    for key, value in data.items():
        starts_plainly = key == "init_lora_weights" and value in (True, "gaussian")
        if key not in _WITHOUT_EFFECT and value not in _OFF and not starts_plainly:
            raise InputError(f"PEFT's {key} = {value!r} is not supported", where)
    targets = data.get("target_modules")
    if isinstance(targets, str) and targets != "all-linear":
        raise InputError("PEFT's target_modules as a pattern is not supported", where, "give a list of names")
    known = {"rank": "r", "alpha": "lora_alpha", "dropout": "lora_dropout", "targets": "target_modules"}
    return LoRAConfig.read({ours: data[theirs] for ours, theirs in known.items() if theirs in data}, where)
