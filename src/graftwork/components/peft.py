"""PEFT's format of a LoRA adapter: its configuration keys and its names of tensors (PEFT 0.21)."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from graftwork.components.lora import LoRAConfig, matches_pattern
from graftwork.components.patterns import match_pattern
from graftwork.errors import InputError

__all__ = ["TENSOR_PREFIX", "from_peft", "modules_of", "to_peft"]

TENSOR_PREFIX = "base_model.model."
"""What PEFT puts before a tensor's path in the base."""

_READ = {
    "alpha_pattern",
    "exclude_modules",
    "init_lora_weights",
    "layers_pattern",
    "layers_to_transform",
    "lora_alpha",
    "lora_dropout",
    "peft_type",
    "r",
    "rank_pattern",
    "target_modules",
    "use_rslora",
}
_WITHOUT_EFFECT = {
    "auto_mapping",
    "base_model_name_or_path",
    "eva_config",  # how A was made at the start
    "fan_in_fan_out",  # PEFT goes by the layer's class, whatever this says
    "inference_mode",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "task_type",
}
"""Keys that change nothing by themselves; any that is neither here nor read must be off."""
_STARTS = (None, True, False, "gaussian", "eva", "orthogonal")
"""Ways to make A and B at the start that leave the base's weights as they are."""
_SUPPORTED = "plain LoRA on linear layers works, also rank-stabilized and with rank and alpha patterns"
_LORA = re.compile(r"(.*)\.lora_[AB]\.weight")


def to_peft(config: LoRAConfig, base: str, *, encoder_decoder: bool, transposed: bool) -> dict[str, Any]:
    """The configuration as PEFT writes it.

    Args:
        config: a LoRA that stays outside extra layers.
        base: the base's name.
        encoder_decoder: whether the base is an encoder-decoder; else it is decoder-only.
        transposed: whether the layers store weights as (inputs, outputs), as GPT-2's do.
    """
    return {
        "alpha_pattern": {key: _plain(alpha) for key, alpha in config.alpha_pattern.items()},
        "auto_mapping": None,
        "base_model_name_or_path": base,
        "bias": "none",
        "fan_in_fan_out": transposed,
        "inference_mode": True,
        "init_lora_weights": True,
        "layers_pattern": None,
        "layers_to_transform": None,
        "lora_alpha": _plain(config.alpha),
        "lora_dropout": config.dropout,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": config.rank,
        "rank_pattern": dict(config.rank_pattern),
        "revision": None,
        "target_modules": config.targets if isinstance(config.targets, str) else list(config.targets),
        "task_type": "SEQ_2_SEQ_LM" if encoder_decoder else "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": config.rank_stabilized,
    }


def _plain(alpha: float) -> float:
    return int(alpha) if alpha.is_integer() else alpha


def modules_of(names: Iterable[str], where: str) -> tuple[str, ...]:
    """The paths in the base of the linear layers that PEFT's tensors belong to, in order.

    Raises:
        InputError: there is LoRA on embeddings among them.
    """
    paths = set()
    for name in names:
        path = name.removeprefix(TENSOR_PREFIX)
        if ".lora_embedding_" in path:
            raise InputError(f"LoRA on embeddings ({path.partition('.lora_')[0]}) is not supported", where, _SUPPORTED)
        if match := _LORA.fullmatch(path):
            paths.add(match[1])
    return tuple(sorted(paths))


def from_peft(data: dict[str, Any], modules: Collection[str], where: str) -> LoRAConfig:
    """Read a LoRA configuration that PEFT wrote.

    Args:
        data: its keys and values.
        modules: the paths of the linear layers that the adapter has weights for. PEFT's names and patterns may fit any
            number of bases, so those that fit none of these are left out.
        where: its file, for messages.

    Raises:
        InputError: it is of another kind, or uses what is not supported here; the key is named.
    """
    if data.get("peft_type") != "LORA":
        raise InputError(f"a PEFT adapter of type {data.get('peft_type')!r}", where, "of PEFT's types LORA works")
    for key, value in data.items():
        if not (key in _READ or key in _WITHOUT_EFFECT or _is_off(key, value)):
            raise InputError(f"PEFT's {key} = {value!r} is not supported", where, _SUPPORTED)
    start = data.get("init_lora_weights")
    if start not in _STARTS:
        right = "it may change the base's weights; save the adapter with path_initial_model_for_weight_conversion"
        raise InputError(f"PEFT's init_lora_weights = {start!r} is not supported", where, right)
    ours = {
        "rank": data.get("r", 8),
        "alpha": data.get("lora_alpha", 8),
        "dropout": data.get("lora_dropout", 0.0),
        "targets": _targets(data, modules, where),
        "rank_stabilized": data.get("use_rslora", False),
        "rank_pattern": _pattern(data, "rank_pattern", modules, where),
        "alpha_pattern": _pattern(data, "alpha_pattern", modules, where),
    }
    return LoRAConfig.read(ours, where)


def _is_off(key: str, value: object) -> bool:
    return value is None or value is False or value in ({}, []) or (key, value) == ("bias", "none")


def _targets(data: dict[str, Any], modules: Collection[str], where: str) -> str | list[str]:
    """Which layers: in PEFT's own words where ours are the same, else the path of each."""
    names = data.get("target_modules")
    narrowed = any(data.get(key) not in (None, []) for key in ("exclude_modules", "layers_to_transform"))
    if not narrowed and isinstance(names, str) and names.lower() == "all-linear":
        return "all-linear"
    try:
        chosen = [path for path in modules if _is_target(path, data)]
    except (ValueError, TypeError) as error:
        raise InputError(f"PEFT's choice of modules cannot be read ({error})", where) from None
    if not chosen:
        raise InputError("it has no weights for any of PEFT's target_modules", where, "save the adapter again")
    if narrowed or names is None or isinstance(names, str):
        return chosen
    return [name for name in names if any(_ends(path, name) for path in chosen)]


def _is_target(path: str, data: dict[str, Any]) -> bool:
    """Whether PEFT goes into a linear layer: its rules for target_modules and what narrows them."""
    names, excluded, layers = (data.get(key) for key in ("target_modules", "exclude_modules", "layers_to_transform"))
    if excluded and _is_named(path, excluded):
        return False
    if names is not None and not (isinstance(names, str) and names.lower() == "all-linear"):
        if not _is_named(path, names):
            return False
        if not isinstance(names, str) and path not in names and layers not in (None, []):
            return _layer(path, data.get("layers_pattern")) in ([layers] if isinstance(layers, int) else layers)
    return True


def _is_named(path: str, names: str | Collection[str]) -> bool:
    if isinstance(names, str):
        return match_pattern(f"(?:{names})\\Z", path) is not None
    return any(_ends(path, name) for name in names)


def _ends(path: str, name: str) -> bool:
    return path == name or path.endswith(f".{name}")


def _layer(path: str, patterns: str | list[str] | None) -> int | None:
    """The number of the block that a module is in, by the name of the list of blocks if that is given."""
    for pattern in [patterns] if isinstance(patterns, str) else patterns or [r"[^.]*"]:
        start = r".*?\." if not patterns else r"(?:^|.*?\.)"
        if match := match_pattern(rf"{start}{pattern}\.(?P<number>\d+)\.", path):
            return int(match["number"])
    return None


def _pattern(data: dict[str, Any], key: str, modules: Collection[str], where: str) -> dict[str, Any]:
    """A rank or alpha pattern without the keys that fit none of the modules."""
    pattern = data.get(key) or {}
    if not isinstance(pattern, dict):
        raise InputError(f"PEFT's {key} is no mapping", where)
    try:
        return {one: value for one, value in pattern.items() if any(matches_pattern(one, path) for path in modules)}
    except ValueError as error:
        raise InputError(f"PEFT's {key} cannot be read ({error})", where) from None
