"""Grow a frozen code model, one language or task after another, without forgetting; measure it honestly.

What stands in ``__all__`` is the public interface; everything else may change without notice. Names are imported when
they are first used, so ``import graftwork`` loads no model library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graftwork.components.attach import Grafts
    from graftwork.components.extra_layer import ExtraLayerConfig
    from graftwork.components.lora import LoRAConfig
    from graftwork.errors import GraftworkError, InputError
    from graftwork.evaluation.generate import DecodingConfig, generate_greedy
    from graftwork.metrics.score import score_predictions
    from graftwork.models.load import load_base
    from graftwork.statistics.continual import summarize
    from graftwork.study.config import read_recipe
    from graftwork.study.run import run_study

__all__ = [
    "DecodingConfig",
    "ExtraLayerConfig",
    "Grafts",
    "GraftworkError",
    "InputError",
    "LoRAConfig",
    "__version__",
    "generate_greedy",
    "load_base",
    "read_recipe",
    "run_study",
    "score_predictions",
    "summarize",
]

__version__ = "0.1.0"

_HOMES = {
    "DecodingConfig": "graftwork.evaluation.generate",
    "ExtraLayerConfig": "graftwork.components.extra_layer",
    "Grafts": "graftwork.components.attach",
    "GraftworkError": "graftwork.errors",
    "InputError": "graftwork.errors",
    "LoRAConfig": "graftwork.components.lora",
    "generate_greedy": "graftwork.evaluation.generate",
    "load_base": "graftwork.models.load",
    "read_recipe": "graftwork.study.config",
    "run_study": "graftwork.study.run",
    "score_predictions": "graftwork.metrics.score",
    "summarize": "graftwork.statistics.continual",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    """The public names, whether imported yet or not."""
    return __all__
