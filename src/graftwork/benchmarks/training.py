"""Training a LoRA on every linear layer, against Transformers' ``Seq2SeqTrainer`` with PEFT."""

import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, final

import torch
from transformers import DataCollatorForSeq2Seq, PreTrainedModel, Seq2SeqTrainer, Seq2SeqTrainingArguments
from transformers.utils import logging

from graftwork.benchmarks.data import base, encoded_functions, t5_of_shapes, token_counts
from graftwork.benchmarks.harness import Measurement, Say, Scale, compare, peer_package, prove
from graftwork.benchmarks.memory import peak_memory_ratio
from graftwork.components import Grafts, LoRAConfig
from graftwork.models.anatomy import anatomy_of
from graftwork.models.linear import linear_features
from graftwork.training.batches import Encoded
from graftwork.training.loop import StepRecord, TrainingConfig, batches_of, bf16_is_fast, train

__all__ = ["PEERS", "forget_precision", "long_ours", "long_peer", "measure", "quiet"]

RANK, ROWS = 16, 8
PEER_DROPOUT = 0.1
"""T5's own, and what PEFT's examples give a LoRA."""
TOLERANCE = 1e-5
"""How far two losses of a step may be apart, as a share of them."""
PROOF_RATE = 5e-5
"""The trainer's own rate. What rounding comes to grows with it: Adam takes steps as large for small gradients."""
LONG = 512
LARGE, PRODUCTS = 2048, 20
"""Width of the matrices whose products are the machine's rate, and how many make one measurement."""

BEST: dict[str, Any] = {
    "bf16": bf16_is_fast(torch.device("cuda" if torch.cuda.is_available() else "cpu")),
    "train_sampling_strategy": "group_by_length",
}
"""The peer's best settings; bfloat16 where the machine is made for it, for elsewhere it is several times slower."""
PEERS: dict[str, tuple[dict[str, Any], bool, float]] = {
    "best": (BEST, False, 4.5),
    "default": ({}, False, 6.5),
    "best, same dropout": (BEST, True, 3.0),
}
"""The peer's settings, whether ours drops as much as the peer, and what the ratio is to be."""


@final
@dataclass(frozen=True)
class _Size:
    functions: int
    """Trained on against the peer."""
    many: int
    """Trained on for the share of the machine's rate: so many that batches are filled, as in a study."""
    repetitions: int
    proof_steps: int
    shapes: dict[str, int]


TINY = {"d_model": 32, "d_ff": 64, "d_kv": 8, "num_heads": 4, "num_layers": 2, "num_decoder_layers": 2}
SIZES = {"toy": _Size(8, 8, 1, 3, TINY), "quick": _Size(32, 96, 5, 50, {}), "full": _Size(64, 232, 5, 50, {})}


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Real (unpadded) tokens a second, and the share of the processor's rate of matrix products that is reached."""
    peer_package("peft")
    size = SIZES[scale]
    examples = encoded_functions(size.functions)
    say(f"training: the same losses over {size.proof_steps} steps")
    _prove_equal(size)
    tokens = sum(token_counts(examples))
    memory = None
    if scale != "toy":
        memory = peak_memory_ratio(f"{__name__}:long_ours", f"{__name__}:long_peer", shapes=size.shapes)
    measurements = []
    for name, (settings, dropout, reach) in PEERS.items():
        say(f"training: the peer's {name}")
        ours, theirs = _Ours(size.shapes, dropout), _Theirs(size.shapes)
        measurements.append(
            compare(
                f"training/{name}",
                lambda ours=ours: ours.train(examples),  # type: ignore[misc]  # bound in the loop
                lambda theirs=theirs, settings=settings: theirs.train(examples, **settings),  # type: ignore[misc]
                proof=lambda: None,  # above, once for all
                peer_is=f"Seq2SeqTrainer and PEFT, {settings or 'as they come'}, dropout {PEER_DROPOUT}",
                reach=reach,
                work=tokens,
                repetitions=size.repetitions,
                conditions={"tokens": tokens, "rows": ROWS, "rank": RANK, "dropout": PEER_DROPOUT if dropout else 0.0},
                peak_memory_ratio=memory,
            )
        )
    say("training: the share of the machine's rate")
    return [*measurements, _share_of_the_machine(size)]


@final
class _Ours:
    """A base with an adapter, trained as ``train`` does by default."""

    def __init__(self, shapes: dict[str, int], dropout: bool, **settings: Any) -> None:
        self.grafts = Grafts(t5_of_shapes(**shapes))
        share = PEER_DROPOUT if dropout else 0.0
        self.grafts.add(
            "a", {"lora": LoRAConfig(rank=RANK, alpha=2.0 * RANK, targets="all-linear", dropout=share)}, seed=1
        )
        self.grafts.use("a")
        self.config = TrainingConfig(**{"epochs": 1, "batch_rows": ROWS, "base_dropout": dropout} | settings)

    def train(self, examples: Sequence[Encoded]) -> list[float]:
        """Train on the examples once; the losses of the steps."""
        losses: list[float] = []

        def on_step(step: StepRecord) -> None:
            losses.append(step.loss)

        grafts = self.grafts
        parameters = {"lora": grafts.parameters_of("a")}
        train(grafts.model, parameters, examples, self.config, 0, on_step, mode=lambda: _training(grafts))
        return losses


@contextmanager
def _training(grafts: Grafts) -> Iterator[None]:
    grafts.train()
    try:
        yield
    finally:
        grafts.eval()


@final
class _Theirs:
    """The same base and adapter in PEFT's hands."""

    def __init__(self, shapes: dict[str, int], dropout: float = PEER_DROPOUT) -> None:
        peft = peer_package("peft")
        ours = _Ours(shapes, dropout=False)
        with tempfile.TemporaryDirectory() as folder:
            ours.grafts.save("a", Path(folder) / "a")
            with warnings.catch_warnings(action="ignore"):
                self._model = peft.PeftModel.from_pretrained(
                    t5_of_shapes(**shapes), Path(folder) / "a", is_trainable=True
                )
        for module in list(self._model.modules()):
            if isinstance(module, torch.nn.Dropout):
                module.p = dropout
            elif isinstance(getattr(module, "dropout", None), float):  # of attention weights
                module.dropout = dropout
            if isinstance(module, peft.tuners.lora.Linear):
                module.lora_dropout["default"] = torch.nn.Dropout(dropout)

    def train(self, examples: Sequence[Encoded], multiple: int | None = None, **settings: Any) -> list[float]:
        """Train on the examples once; the losses of the steps."""
        tokenizer = base().tokenizer
        rows = [
            {"input_ids": list(one.source), "attention_mask": [1] * len(one.source), "labels": list(one.target)}
            for one in examples
        ]
        forget_precision()
        with tempfile.TemporaryDirectory() as folder, quiet():
            arguments = Seq2SeqTrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=ROWS,
                num_train_epochs=1,
                use_cpu=not torch.cuda.is_available(),
                report_to=[],
                disable_tqdm=True,
                save_strategy="no",
                logging_strategy="no",
                **settings,
            )
            collator = DataCollatorForSeq2Seq(tokenizer, self._model, pad_to_multiple_of=multiple)
            trainer = _Trainer(model=self._model, args=arguments, train_dataset=rows, data_collator=collator)
            wanted = "bf16" if settings.get("bf16") else "no"
            prove(trainer.accelerator.mixed_precision == wanted, "the peer runs in another precision than asked for")
            trainer.train()
        return trainer.losses


class _Trainer(Seq2SeqTrainer):  # type: ignore[misc]  # Transformers is not typed
    """It keeps the losses of its steps to the last digit."""

    def compute_loss(self, *arguments: Any, **keywords: Any) -> Any:
        result = super().compute_loss(*arguments, **keywords)
        loss = result[0] if isinstance(result, tuple) else result
        self.losses = [*getattr(self, "losses", []), float(loss.detach())]
        return result


def forget_precision() -> None:
    """Accelerate keeps the precision of the first trainer of a process for all that follow."""
    peer_package("accelerate").state.AcceleratorState._reset_state(reset_partial_state=True)
    os.environ.pop("ACCELERATE_MIXED_PRECISION", None)


@contextmanager
def quiet() -> Iterator[None]:
    """In this block the peer prints and warns of nothing."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings(action="ignore"), redirect_stdout(StringIO()):  # the trainer prints its summary
            yield
    finally:
        logging.set_verbosity(verbosity)


def _prove_equal(size: _Size) -> None:
    """In float32, without dropout and with the same batches, both have the same losses step by step."""
    count = size.proof_steps * ROWS
    examples = [Encoded(one.source[:24], (*one.target[:31], one.target[-1])) for one in encoded_functions(count)]
    examples = (examples * -(-count // len(examples)))[:count]
    ours = _Ours(size.shapes, dropout=False, precision="float32", learning_rate=PROOF_RATE)
    order = [place for batch in batches_of(examples, ours.config, 0, encoder_decoder=True) for place in batch]
    theirs = _Theirs(size.shapes, dropout=0.0).train(
        [examples[place] for place in order],
        multiple=8,
        learning_rate=PROOF_RATE,
        lr_scheduler_type="constant",
        optim="adamw_torch",
        train_sampling_strategy="sequential",
    )
    pairs = list(zip(ours.train(examples), theirs, strict=True))
    apart = max(abs(one - other) / abs(other) for one, other in pairs)
    prove(apart <= TOLERANCE, f"the losses are {apart:.1e} apart, not {TOLERANCE:.0e}")


def long_ours(shapes: dict[str, int]) -> None:
    """A step at the longest sequences, for its peak memory."""
    _Ours(shapes, dropout=False).train(_long(ROWS))


def long_peer(shapes: dict[str, int]) -> None:
    """The same in the peer's way at its best setting."""
    _Theirs(shapes).train(_long(ROWS), **PEERS["best"][0])


def _long(count: int) -> list[Encoded]:
    tokens = (*(10 + place % 900 for place in range(LONG - 1)), 1)
    return [Encoded(tokens, tokens)] * count


def _share_of_the_machine(size: _Size) -> Measurement:
    """What training needs in matrix products, real tokens alone, against what the processor does of them."""
    examples, ours = encoded_functions(size.many), _Ours(size.shapes, dropout=False)
    needed = sum(_operations(ours.grafts.model, one) for one in examples)
    tokens = sum(token_counts(examples))
    return compare(
        "training/matrix rate",
        lambda: ours.train(examples),
        _large_products,
        proof=lambda: None,  # both are counted in operations
        peer_is=f"products of {LARGE:,} x {LARGE:,} matrices",
        reach=0.5,
        work=needed,
        peer_work=PRODUCTS * 2.0 * LARGE**3,
        repetitions=size.repetitions,
        conditions={"tokens": tokens, "functions": size.many, "rows": ROWS, "rank": RANK},
    )


def _operations(model: PreTrainedModel, example: Encoded) -> float:
    """Operations of one example's step: forward, and back to the inputs, and the branches' own gradients."""
    source, target = len(example.source), len(example.target)
    total = 0.0
    for path, module in anatomy_of(model).linears().items():
        inputs, outputs = linear_features(module)
        reads_source = path.startswith("encoder") or path.endswith(("EncDecAttention.k", "EncDecAttention.v"))
        total += (source if reads_source else target) * (4 * inputs * outputs + 6 * RANK * (inputs + outputs))
    config = model.config
    width = config.num_heads * config.d_kv
    pairs = config.num_layers * source**2 + config.num_decoder_layers * (target**2 / 2 + source * target)
    total += 12 * width * pairs + 4 * target * config.d_model * config.vocab_size
    return float(total)


@cache
def _large_matrices() -> tuple[torch.Tensor, torch.Tensor]:
    """In bfloat16 where the processor is made for it."""
    dtype = torch.bfloat16 if bf16_is_fast(torch.device("cpu")) else torch.float32
    return torch.randn(LARGE, LARGE).to(dtype), torch.randn(LARGE, LARGE).to(dtype)


def _large_products() -> None:
    for _ in range(PRODUCTS):
        torch.mm(*_large_matrices())
