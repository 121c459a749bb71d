"""The peer's side of the benchmark of a whole study: Transformers' ``Seq2SeqTrainer`` with PEFT, and ``generate``.

Kinds of component that PEFT lacks are ours, trained and run by the same trainer and ``generate``. What a
continual-learning method adds to a step is left out here, and so is saving.
"""

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import torch
from transformers import (
    DataCollatorForSeq2Seq,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
)
from transformers.trainer_pt_utils import get_length_grouped_indices

from graftwork.benchmarks.generation import generate_with_transformers
from graftwork.benchmarks.harness import prove
from graftwork.benchmarks.peft_side import with_peft
from graftwork.benchmarks.study_slice import WARM_AND_TIMED, Rates, Slice, evenly, real_tokens
from graftwork.benchmarks.training import forget_precision, quiet
from graftwork.components import Grafts
from graftwork.models.load import Base
from graftwork.study.config import ApproachConfig
from graftwork.training.batches import Encoded

__all__ = ["DEFAULT_ROWS", "PeerSide"]

DEFAULT_ROWS = 8
"""Rows of an evaluation batch of Transformers' trainer as it comes."""


@final
class PeerSide:
    """One kind of cell in the peer's hands."""

    def __init__(self, cut: Slice, fresh: Callable[[], Base], approach: ApproachConfig, steps: int) -> None:
        """Get ready.

        Args:
            cut: what is measured.
            fresh: loads a base of its own.
            approach: whose components are trained, or the whole base.
            steps: how many are timed.
        """
        base = fresh()
        self._slice, self._steps, self._tokenizer = cut, steps, base.tokenizer
        self._rows = cut.config.training_of(approach).batch_rows
        self._beside: list[torch.nn.Parameter] = []
        """What is trained and is no part of the model."""
        self._model: Any = base.model
        if not approach.components:
            base.model.requires_grad_(True)
        elif [one.kind for one in approach.components.values()] == ["lora"]:
            grafts = Grafts(fresh())
            grafts.add("a", approach.components, seed=0)
            self._model = with_peft(base.model, grafts, ("a",), trainable=True)
        else:
            grafts = Grafts(base)
            grafts.add("a", approach.components, seed=0)
            grafts.use("a")
            self._beside = list(grafts.parameters_of("a"))

    def generated(self, rows: int) -> tuple[Rates, Mapping[str, list[list[int]]]]:
        """Seconds of generating and of losses with so many rows a batch, and the tokens by subset."""
        longest, validation = self._slice.config.decoding.max_new_tokens, self._slice.validation
        seconds, outputs = {}, {}
        self._model.eval()
        collator = DataCollatorForSeq2Seq(self._tokenizer, None)
        for _ in WARM_AND_TIMED:
            for name, tests in self._slice.tests.items():
                prompts = [row.source for row in tests]
                started = time.perf_counter()
                outputs[name] = generate_with_transformers(self._model, prompts, rows, longest, in_order=True)
                seconds[name] = (time.perf_counter() - started) / len(tests)
            started = time.perf_counter()
            with torch.inference_mode():
                for first in range(0, len(validation), rows):
                    self._model(**collator(_features(validation[first : first + rows])))
            loss = (time.perf_counter() - started) / real_tokens(validation)
        return Rates((0.0, 0.0), seconds, loss), outputs

    def seconds_a_token(self, settings: Mapping[str, Any]) -> float:
        """Train on batches of a whole epoch, evenly from short to long, and time all steps but the first."""
        rows = self._slice.train
        chosen = [index for batch in self._batches("train_sampling_strategy" in settings) for index in batch]
        clock, trained = _Clock(), self._beside or [one for one in self._model.parameters() if one.requires_grad]
        before = [one.detach().clone() for one in trained]
        forget_precision()
        plain = {name: value for name, value in settings.items() if name != "train_sampling_strategy"}
        with tempfile.TemporaryDirectory() as folder, quiet():
            arguments = Seq2SeqTrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=self._rows,
                num_train_epochs=1,
                train_sampling_strategy="sequential",
                use_cpu=self._model.device.type == "cpu",
                report_to=[],
                disable_tqdm=True,
                save_strategy="no",
                logging_strategy="no",
                **plain,
            )
            optimizer = torch.optim.AdamW(self._beside, lr=5e-5) if self._beside else None
            trainer = Seq2SeqTrainer(
                model=self._model,
                args=arguments,
                train_dataset=_features([rows[index] for index in chosen]) * len(WARM_AND_TIMED),
                data_collator=DataCollatorForSeq2Seq(self._tokenizer, self._model),
                callbacks=[clock],
                optimizers=(optimizer, None),
            )
            trainer.train()
        prove(any(not torch.equal(*pair) for pair in zip(before, trained, strict=True)), "the peer trained nothing")
        steps = len(WARM_AND_TIMED) * (self._steps + 1)
        prove(len(clock.ends) == steps, f"the peer took {len(clock.ends)} steps, not {steps}")
        timed = clock.ends[-1] - clock.ends[-1 - self._steps]
        return timed / real_tokens([rows[index] for index in chosen[self._rows :]])

    def _batches(self, by_length: bool) -> list[Sequence[int]]:
        """Batches of the peer's own epoch: in random order, or grouped by the length of the input."""
        rows, count = self._slice.train, self._rows
        if by_length:
            lengths = [len(row.source) for row in rows]
            order = get_length_grouped_indices(lengths, count, generator=torch.Generator().manual_seed(0))
        else:
            order = random.Random(0).sample(range(len(rows)), len(rows))
        whole = range(0, len(order) - count + 1, count)
        return evenly(rows, [order[first : first + count] for first in whole], self._steps)


class _Clock(TrainerCallback):  # type: ignore[misc]  # Transformers is not typed
    """When each step ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *arguments: Any, **keywords: Any) -> None:
        self.ends.append(time.perf_counter())


def _features(rows: Sequence[Encoded]) -> list[dict[str, list[int]]]:
    return [
        {"input_ids": list(one.source), "attention_mask": [1] * len(one.source), "labels": list(one.target)}
        for one in rows
    ]
