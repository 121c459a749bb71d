"""Load a base model and its tokenizer: the embedded one, a local folder, or one from the hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
from huggingface_hub.utils import logging as hub_logging
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from graftwork.errors import InputError
from graftwork.models.anatomy import FAMILIES
from graftwork.models.fingerprint import model_fingerprint

__all__ = ["DEFAULT", "DEFAULT_FOLDER", "Base", "auto_class_of", "load_base", "load_config", "load_tokenizer"]

DEFAULT = "default"
"""The name of the base that the package carries."""

_HERE = Path(__file__).parent
DEFAULT_FOLDER = _HERE / "default_base"
_PACKAGED_CONFIGS = {
    "Salesforce/codet5-small": _HERE / "data" / "codet5-small",
    "Qwen/Qwen2.5-Coder-0.5B": _HERE / "data" / "qwen2.5-coder-0.5b",
}


@final
@dataclass(frozen=True, eq=False)
class Base:
    """A pretrained model with its tokenizer."""

    model: PreTrainedModel
    """In float32 and in evaluation mode."""
    tokenizer: PreTrainedTokenizerBase
    name: str
    """As it was asked for: ``default``, a folder, or a name on the hub."""
    fingerprint: str
    """Digest of the weights as loaded."""
    dtype: torch.dtype = torch.float32


def load_base(name_or_path: str) -> Base:
    """Load a base in float32: ``default`` (embedded), a folder, or a hub name such as ``Salesforce/codet5-small``.

    Weights are read from safetensors only and no code of the repository is run. A decoder-only base whose tokenizer has
    no padding token is padded with its end token.

    Raises:
        InputError: it cannot be found or read, is of a family that is not known, lacks weights, or its tokenizer does
            not fit it.
    """
    source = _source(name_or_path)
    config = load_config(name_or_path)
    if config.model_type not in FAMILIES:
        families = ", ".join(FAMILIES)
        raise InputError(
            f"a {config.model_type} model", f"base {name_or_path}", f"the families that work are {families}"
        )
    if Path(source).is_dir():
        _check_folder(Path(source), name_or_path)
    with _readable(name_or_path), _quiet():
        model, information = auto_class_of(config).from_pretrained(
            source,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            output_loading_info=True,
        )
    _check_complete(name_or_path, information)
    tokenizer = load_tokenizer(source, name_or_path, model.get_input_embeddings().num_embeddings)
    if not config.is_encoder_decoder:
        _pad(name_or_path, model, tokenizer)
    return Base(model.eval(), tokenizer, name_or_path, model_fingerprint(model))


def load_tokenizer(source: str | Path, name: str, num_embeddings: int) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a base and see that it works.

    Args:
        source: a folder, or a name on the hub.
        name: the base as it was asked for.
        num_embeddings: tokens that the model knows.

    Raises:
        InputError: it cannot be read, does nothing, or has more tokens than the model.
    """
    with _readable(name), _quiet():
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        _check_tokenizer(name, tokenizer, num_embeddings)
    return tokenizer


def auto_class_of(config: PretrainedConfig) -> Any:
    """Transformers' class that makes or loads models with such a configuration which write tokens."""
    return AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM


def load_config(name_or_path: str) -> PretrainedConfig:
    """Read a model's configuration alone; those of the recipes are in the package and need no network.

    Raises:
        InputError: it cannot be found or read.
    """
    source = _PACKAGED_CONFIGS.get(name_or_path) or _source(name_or_path)
    with _readable(name_or_path), _quiet():
        return AutoConfig.from_pretrained(source, trust_remote_code=False)


def _source(name_or_path: str) -> str | Path:
    """What Transformers is to load: a folder if there is one, else a name on the hub."""
    if name_or_path == DEFAULT:
        if not DEFAULT_FOLDER.is_dir():
            raise InputError("this installation carries no base", f"base {name_or_path}", "give a folder or a hub name")
        return DEFAULT_FOLDER
    try:
        path = Path(name_or_path).expanduser()
        is_folder, is_there = path.is_dir(), path.exists()
    except (OSError, RuntimeError) as error:  # no name is so long, and nobody has such a home
        raise InputError(f"cannot be read ({error})", f"base {name_or_path}") from None
    if is_folder:
        return path
    if is_there:
        raise InputError("is a file", f"base {name_or_path}", "give the folder of a model")
    if path.is_absolute() or name_or_path.startswith((".", "~")) or name_or_path.count("/") != 1:
        raise InputError("no such folder", f"base {name_or_path}", "give default, a folder, or a hub name such as a/b")
    return name_or_path


def _check_folder(folder: Path, name: str) -> None:
    if not list(folder.glob("*.safetensors")):
        pickled = next((path.name for path in sorted(folder.glob("*.bin"))), None)
        what = f"its weights are only in {pickled}, a pickle that can run code" if pickled else "it holds no weights"
        raise InputError(what, f"base {name}", "save the model with safetensors (save_pretrained does)")


def _check_complete(name: str, information: dict[str, Any]) -> None:
    for key, what in (("missing_keys", "has no weights for"), ("mismatched_keys", "has weights of another shape for")):
        names = sorted(str(one[0] if isinstance(one, tuple) else one) for one in information[key])
        if names:
            more = f" and {len(names) - 1} more" if names[1:] else ""
            raise InputError(f"{what} {names[0]}{more}", f"base {name}", "the model was not saved whole")


def _check_tokenizer(name: str, tokenizer: PreTrainedTokenizerBase, num_embeddings: int) -> None:
    # Where its files are missing, Transformers makes an empty tokenizer without a word.
    if "return" not in tokenizer.decode(tokenizer("return a + b").input_ids):
        raise InputError("has no tokenizer", f"base {name}", "give the model with its own tokenizer")
    if len(tokenizer) > num_embeddings:
        what = f"the tokenizer has {len(tokenizer)} tokens and the model {num_embeddings}"
        raise InputError(what, f"base {name}", "give the model with its own tokenizer")


def _pad(name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Agree on a padding token; many decoder-only bases have none, since they were trained on text without gaps."""
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            what = "the tokenizer has neither a padding token nor an end token"
            raise InputError(what, f"base {name}", "name one of them in tokenizer_config.json")
        tokenizer.pad_token = tokenizer.eos_token
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn what Transformers raises for unusable input into one line."""
    try:
        yield
    except InputError:
        raise
    except SafetensorError as error:
        raise InputError(
            f"its weights are not whole ({error})", f"base {name}", "fetch or save the model again"
        ) from None
    except Exception as error:  # what a damaged or foreign file makes a parser raise cannot be listed
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        right = "weights are read from safetensors only, because other files are pickles that can run code"
        raise InputError(
            f"cannot be loaded ({reason.rstrip('.:')})", f"base {name}", right if "safetensors" in reason else None
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings or progress bars from Transformers or the hub's client inside; their settings are put back after."""
    verbosity, hub_verbosity = logging.get_verbosity(), hub_logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    hub_logging.set_verbosity(logging.ERROR)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        hub_logging.set_verbosity(hub_verbosity)
        if bars:
            logging.enable_progress_bar()
