"""What decides a result: digests by which it is known whether something that is done was done the same way."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graftwork.data.recipe import BuiltTask
from graftwork.files import digest
from graftwork.models.load import Base
from graftwork.study.config import ApproachConfig, StudyConfig

__all__ = ["KEEPING", "of_base", "of_tasks"]

KEEPING = ("checkpoint_minutes", "checkpoint_steps")
"""Settings of training that change nothing of what comes out."""


def of_tasks(
    config: StudyConfig, approach: ApproachConfig, seed: int, base: Base, built: Mapping[str, BuiltTask]
) -> Callable[[Sequence[str]], str]:
    """Everything that decides what a sequence of tasks comes to with an approach and a seed, as one digest."""
    own = {name: value for name, value in approach.training.items() if name not in KEEPING}
    training, without = config.training_of(approach), set(KEEPING)
    if training.stored_activations is None:  # for folders that were made before there was this setting
        without.add("stored_activations")
    settings = {
        "approach": {**approach.model_dump(mode="json", exclude={"description"}), "training": own},
        "training": training.model_dump(mode="json", exclude=without),
        **_measuring(config),
    }

    def inputs(tasks: Sequence[str]) -> str:
        words = (json.dumps(settings, sort_keys=True), str(seed))
        return digest(base.fingerprint, *words, *tasks, *_digests(built))

    return inputs


def of_base(config: StudyConfig, base: Base, built: Mapping[str, BuiltTask]) -> str:
    """Everything that decides what the untouched base scores, as one digest."""
    return digest(base.fingerprint, json.dumps(_measuring(config), sort_keys=True), *_digests(built))


def _measuring(config: StudyConfig) -> dict[str, Any]:
    """The settings that decide every score, whatever the approach."""
    return {
        "decoding": config.decoding.model_dump(mode="json", exclude={"batch_rows"}),
        "prompt": config.prompt,
        "max_source_tokens": config.max_source_tokens,
        "probes": config.probes,
        "execute": config.execute,
    }


def _digests(built: Mapping[str, BuiltTask]) -> list[str]:
    """The data of all tasks, in one order whatever theirs is."""
    return [built[task].task.digest for task in sorted(built)]
