"""Pretraining a small T5 base on mined functions and generated problems: tokenizer, model, card, manifest.

``PretrainConfig`` is the whole recipe; ``Corpus`` is what was mined for it. The base is asked to describe → code only
in the languages whose corpora say so; the others it only denoises and continues, so that a study can teach them.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, final

import torch
from pydantic import Field
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from graftwork.config import Config
from graftwork.data.example import Example
from graftwork.data.manifest import content_hash
from graftwork.data.problems import Problem, make_problems
from graftwork.errors import InputError
from graftwork.models.tokenizer import NUM_SENTINELS, token_ids
from graftwork.training.batches import Batch, Encoded, bucketed_batches, collate
from graftwork.training.objectives import continue_prefix, corrupt_spans

__all__ = ["Corpus", "CorpusConfig", "PretrainConfig", "PretrainProgress", "Pretraining", "build_model", "prompt_of"]

Objective = Literal["describe", "continue", "denoise"]
CONTINUE_PROMPT = "Continue: "
POOL_EXAMPLES = 4096
"""How many examples are drawn and put into batches of like length together."""


def prompt_of(language: str, description: str) -> str:
    """The prompt for description → code; studies use the same words, so that a new language is a new word."""
    return f"Generate {language}: {description}"


@final
class CorpusConfig(Config):
    """Where functions of one language come from and what they are used for."""

    language: str
    sources: tuple[str, ...]
    """Source specifications as ``graftwork mine`` takes them."""
    objectives: tuple[Objective, ...] = ("describe", "continue", "denoise")
    most: int | None = Field(default=None, gt=0)
    """At most so many functions are used."""
    licence: str = ""
    """Licences of the sources, for the model card."""


@final
class ShapeConfig(Config):
    """Shape of the T5 model."""

    d_model: int = 256
    d_ff: int = 1024
    d_kv: int = 64
    num_heads: int = 4
    num_layers: int = 4
    num_decoder_layers: int = 3


@final
class PretrainConfig(Config):
    """Recipe of a base."""

    name: str
    seed: int = 1
    vocabulary_size: int = Field(default=4096, ge=3 + NUM_SENTINELS + 256)
    """Tokens of the model: special ones, sentinels, all bytes, and what the tokenizer learns."""
    shape: ShapeConfig = ShapeConfig()
    corpora: tuple[CorpusConfig, ...] = ()
    held_out: tuple[CorpusConfig, ...] = ()
    """Corpora whose functions a study uses: whatever equals one of them is left out, by content hash."""
    problem_languages: tuple[str, ...] = Field(default=("ruby", "php", "java"), min_length=1)
    num_problems: int = Field(default=150_000, ge=0)
    problem_share: float = Field(default=0.5, ge=0, le=1)
    """Share of training examples that are generated problems; the rest are mined functions."""
    max_source_tokens: int = 160
    max_target_tokens: int = 224
    batch_tokens: int = Field(default=2_500, gt=0)
    """Padded tokens of a batch, source and target together."""
    learning_rate: float = Field(default=2e-3, gt=0)
    warmup_steps: int = Field(default=100, ge=1)
    decay_share: float = Field(default=0.4, gt=0, le=1)
    """The last share of training, over which the rate falls linearly to zero."""
    weight_decay: float = Field(default=0.05, ge=0)
    max_tokens: int = Field(default=30_000_000, gt=0)
    max_minutes: float | None = Field(default=None, gt=0)
    """Stop (and decay) by the clock if that comes first."""
    bf16: bool = True


@final
@dataclass(frozen=True)
class Corpus:
    """Mined functions of one language and what they are used for."""

    language: str
    objectives: tuple[Objective, ...]
    examples: tuple[Example, ...]


@final
@dataclass(frozen=True)
class PretrainProgress:
    """Where pretraining stands: step, real tokens seen, share done (0 to 1), mean loss since the last report."""

    step: int
    tokens: int
    share: float
    loss: float


@final
@dataclass
class Pretraining:
    """The data of a pretraining run, encoded; ``run`` trains a model on it.

    Raises:
        InputError: there is no usable function and no problem.
    """

    config: PretrainConfig
    tokenizer: PreTrainedTokenizerFast
    corpora: Sequence[Corpus]
    seen: set[int] = field(default_factory=set)
    """Content hashes of everything that may be trained on: function texts, descriptions, problem keys."""

    def __post_init__(self) -> None:
        self._problems = make_problems("train", self.config.num_problems, self.config.seed)
        self.seen |= {content_hash(text) for problem in self._problems for text in (problem.key, problem.description)}
        self._end = self.tokenizer.eos_token_id
        self._sentinels = self.tokenizer.convert_tokens_to_ids([f"<extra_id_{n}>" for n in range(NUM_SENTINELS)])
        self._continue = tuple(self.encode([CONTINUE_PROMPT])[0])
        self._mined: list[tuple[tuple[Objective, ...], tuple[int, ...], tuple[int, ...]]] = []
        for corpus in self.corpora:
            prompts = self.encode([prompt_of(corpus.language, example.description) for example in corpus.examples])
            targets = self.encode([example.target for example in corpus.examples])
            for example, prompt, target in zip(corpus.examples, prompts, targets, strict=True):
                if len(target) < 8 or len(target) >= self.config.max_target_tokens:
                    continue
                fits = len(prompt) < self.config.max_source_tokens
                usable = tuple(kind for kind in corpus.objectives if kind != "describe" or fits)
                self._mined.append((usable, tuple(prompt), tuple(target)))
                self.seen |= {content_hash(example.target), content_hash(example.description)}
        if not self._mined and not self._problems:
            raise InputError("nothing to learn from", self.config.name, "name corpora or a number of problems")

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of some texts, without end tokens."""
        return token_ids(self.tokenizer, texts)

    def run(
        self,
        model: T5ForConditionalGeneration,
        report: Callable[[PretrainProgress], None] = lambda progress: None,
        report_every: int = 50,
    ) -> PretrainProgress:
        """Train the model in place until the tokens or the minutes are used up; report as it goes."""
        config = self.config
        optimizer = _MuonWithAdamW(model, config)
        started = time.monotonic()
        tokens = 0
        losses: list[torch.Tensor] = []
        share = 0.0
        progress = PretrainProgress(0, 0, 0.0, float("nan"))
        model.train()
        for step, batch in enumerate(self.batches(), start=1):
            rate = _rate(step, share, config)
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * rate
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=config.bf16):
                loss = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.detach())
            tokens += batch.num_tokens
            share = tokens / config.max_tokens
            if config.max_minutes is not None:
                share = max(share, (time.monotonic() - started) / 60 / config.max_minutes)
            if step % report_every == 0 or share >= 1:
                progress = PretrainProgress(step, tokens, min(share, 1.0), float(torch.stack(losses).mean()))
                losses.clear()
                report(progress)
            if share >= 1:
                break
        model.eval()
        return progress

    def batches(self) -> Iterator[Batch]:
        """An endless stream of bucketed batches, drawn anew from the mixture for every pool."""
        generator = random.Random(self.config.seed)
        while True:
            examples = [self._draw(generator) for _ in range(POOL_EXAMPLES)]
            pool = bucketed_batches(examples, POOL_EXAMPLES, generator, self.config.batch_tokens)
            for indices in pool:
                yield collate(examples, indices, self.tokenizer.pad_token_id, encoder_decoder=True)

    def _draw(self, generator: random.Random) -> Encoded:
        if not self._mined or (self._problems and generator.random() < self.config.problem_share):
            return self._draw_problem(generator.choice(self._problems), generator)
        objectives, prompt, target = generator.choice(self._mined)
        objective = generator.choice(objectives) if objectives else "denoise"
        if objective == "describe":
            return Encoded((*prompt, self._end), (*target, self._end))
        if objective == "continue":
            return continue_prefix(target, self._continue, self._end, generator)
        return corrupt_spans(target, self._sentinels, self._end, generator)

    def _draw_problem(self, problem: Problem, generator: random.Random) -> Encoded:
        language = generator.choice(self.config.problem_languages)
        prompt, target = self.encode([prompt_of(language, problem.description), problem.program(language)])
        return Encoded((*prompt, self._end), (*target, self._end))


def build_model(config: PretrainConfig, tokenizer: PreTrainedTokenizerFast) -> T5ForConditionalGeneration:
    """A new T5 of the recipe's shape; dropout is zero, since no example is seen often."""
    torch.manual_seed(config.seed)
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=config.vocabulary_size,
            **config.shape.model_dump(),
            dropout_rate=0.0,
            feed_forward_proj="relu",
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.pad_token_id,
        )
    )


@final
class _MuonWithAdamW(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) for matrices, AdamW for the rest.

    T5 does not scale its attention scores but starts its queries smaller by the root of the head's width; so their
    rate is smaller by the same. At one rate for all, scores grew until attention was one-hot, and the loss of
    generated problems stood at 0.7 for 9 M tokens; this way it reaches 1.1 after 0.2 M.
    """

    def __init__(self, model: T5ForConditionalGeneration, config: PretrainConfig) -> None:
        named = list(model.named_parameters())
        outside = ("shared", "relative_attention_bias")
        matrices = [(name, p) for name, p in named if p.ndim == 2 and not any(word in name for word in outside)]
        queries = [p for name, p in matrices if name.endswith(".q.weight")]
        others = [p for name, p in named if p.ndim != 2 or any(word in name for word in outside)]
        rate = config.learning_rate
        groups = [
            {"params": [p for name, p in matrices if not name.endswith(".q.weight")], "lr": rate},
            {"params": queries, "lr": rate / math.sqrt(config.shape.d_kv)},
        ]
        self._parts = (
            torch.optim.Muon(groups, lr=rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=2 * rate, betas=(0.9, 0.98), weight_decay=0.0),
        )
        super().__init__([p for _, p in named], {"lr": rate})
        self.param_groups = [group for part in self._parts for group in part.param_groups]
        for group in self.param_groups:
            group["initial_lr"] = group["lr"]

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step with both."""
        for part in self._parts:
            part.step(closure)  # type: ignore[no-untyped-call]  # Muon's is not typed


def _rate(step: int, share: float, config: PretrainConfig) -> float:
    """Warm up, hold, then fall linearly over the last ``decay_share``."""
    return min(1.0, step / config.warmup_steps) * min(1.0, max(0.0, 1 - share) / config.decay_share)
