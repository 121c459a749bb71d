"""Greedy decoding, lean: rows that are done leave the batch, and prompts that wait enter it.

Tokens equal those of Transformers' ``generate`` (a test holds them together); the loop only leaves out what greedy
decoding has no use for.
"""

from collections.abc import Callable, Sequence
from typing import final

import torch
from pydantic import Field
from transformers import PreTrainedModel

from graftwork.config import Config
from graftwork.evaluation.forward_decoding import DecoderOnlyDecoding, EncoderDecoderDecoding
from graftwork.models.anatomy import Decoding, anatomy_of
from graftwork.training.batches import Encoded, collate_for, sorted_batches

__all__ = ["DecodingConfig", "generate_greedy"]

SHRINK_TO = 0.75
"""Rows leave the batch once no more than this share of it goes on: taking them out copies the cache of the others."""
REFILL_AT = 0.9
"""Waiting prompts enter once no more than this share of the batch goes on: a few at a time cost less."""

PADDED_AT_MOST = 1.15
"""Prompts that are read together are padded to no more than this times their tokens, so long as there are ..."""
READ_AT_LEAST = 4
"""... so many, for fewer are not read at the machine's rate."""


@final
class DecodingConfig(Config):
    """How outputs are generated: greedily, so that one model gives one output."""

    max_new_tokens: int = Field(default=160, ge=1)
    """Generation ends here if it has not ended itself."""
    batch_rows: int = Field(default=64, ge=1)
    """Prompts a batch; the outputs do not depend on it."""


@torch.inference_mode()
def generate_greedy(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    config: DecodingConfig,
    on_batch: Callable[[int], None] = lambda done: None,
    use_rows: Callable[[Sequence[int]], None] | None = None,
    lean: bool = True,
) -> list[list[int]]:
    """Continue each prompt greedily until its end token.

    Args:
        model: an encoder-decoder or a decoder-only model, in evaluation mode.
        prompts: token numbers of each prompt, ended as ``encode_prompts`` ends them.
        config: limits.
        on_batch: told how many prompts are done, after as many as a batch holds and at the end.
        use_rows: told which prompts are the rows of the batch, whenever it changes, to choose adapters by row:
            ``lambda rows: grafts.use([names[row] for row in rows])``. What it chose last stays chosen.
        lean: decode by the family's own lean steps where it has some, with weights laid out for the processor; False
            for the model's forward pass as it is, to compare.

    Returns:
        The new tokens of each prompt, without the start and the end token, in the order of the prompts.
    """
    batches = _Batches(model, prompts, config, use_rows or (lambda rows: None), lean)
    outputs: list[list[int]] = [[] for _ in prompts]
    ends = _end_tokens(model)
    finished: set[int] = set()
    told = 0
    while batches.change(finished):
        if len(finished) >= told + config.batch_rows:
            told = len(finished)
            on_batch(told)
        for index, token in zip(batches.rows, batches.step(), strict=True):
            if index in finished:
                continue
            if token in ends:
                finished.add(index)
                continue
            outputs[index].append(token)
            if len(outputs[index]) == config.max_new_tokens:
                finished.add(index)
    if len(finished) > told:
        on_batch(len(finished))
    return outputs


def _end_tokens(model: PreTrainedModel) -> set[int]:
    """The tokens that end an output; a model may have none, one or several."""
    ends = model.generation_config.eos_token_id
    return set(ends) if isinstance(ends, list) else set() if ends is None else {ends}


@final
class _Batches:
    """Which prompts are in the batch: the longest first, so that a lack of memory shows at once."""

    def __init__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[Sequence[int]],
        config: DecodingConfig,
        use_rows: Callable[[Sequence[int]], None],
        lean: bool,
    ) -> None:
        self._model, self._use_rows, self._lean = model, use_rows, lean
        self._examples = [Encoded(tuple(prompt), ()) for prompt in prompts]
        self._chunks = sorted_batches(self._examples, config.batch_rows)[::-1]
        self._waiting: list[int] = []
        self._read: list[int] = []
        self._told: list[int] = []
        self._decoding: Decoding | None = None
        self.rows: list[int] = []
        """The prompt in each slot of the batch."""

    def step(self) -> list[int]:
        """Write one more token in every row."""
        assert self._decoding is not None
        tokens: list[int] = self._decoding.step().tolist()
        return tokens

    def change(self, finished: set[int]) -> bool:
        """Let rows leave and prompts enter where it is worth it; False once all prompts are done."""
        going = [slot for slot, index in enumerate(self.rows) if index not in finished]
        waiting = bool(self._waiting or self._chunks)
        if not going:
            return waiting and self._begin()
        if waiting and self._decoding is not None and self._decoding.refills:
            if len(going) <= REFILL_AT * len(self.rows):
                self._enter([slot for slot, index in enumerate(self.rows) if index in finished])
        elif len(going) <= SHRINK_TO * len(self.rows):
            self._keep(going)
        return True

    def _begin(self) -> bool:
        """An empty batch, filled with prompts."""
        self._decoding = _decoding_of(self._model, self._lean)
        self.rows = []
        if self._waiting:  # they were read by what decoded before
            self._chunks.append(self._waiting)
            self._waiting = []
        self._enter(range(len(self._chunks[-1])))
        return True

    def _enter(self, slots: Sequence[int]) -> None:
        """Give slots to waiting prompts, as long as there are some."""
        assert self._decoding is not None
        while slots and (self._waiting or self._chunks):
            if not self._waiting:
                self._read_next()
            now, slots = slots[: len(self._waiting)], slots[len(self._waiting) :]
            entering, self._waiting = self._waiting[: len(now)], self._waiting[len(now) :]
            self._decoding.enter(now, [self._read.index(index) for index in entering])
            self.rows += [0] * (now[-1] + 1 - len(self.rows))
            for slot, index in zip(now, entering, strict=True):
                self.rows[slot] = index
        self._tell(self.rows)

    def _read_next(self) -> None:
        assert self._decoding is not None
        self._read = self._chunks.pop()
        if self._decoding.refills and (rest := self._cut_off(self._read)):
            self._chunks.append(rest)
        self._waiting = list(self._read)
        self._tell(self._read)
        batch = collate_for(self._model, self._examples, self._read)
        self._decoding.read(batch.input_ids, batch.attention_mask)

    def _cut_off(self, read: list[int]) -> list[int]:
        """Take the shortest prompts out, as far as they would be padded too much; they are read after the others."""
        lengths = [len(self._examples[index].source) for index in read]
        count = min(READ_AT_LEAST, len(read))
        while count < len(read) and lengths[0] * (count + 1) <= PADDED_AT_MOST * sum(lengths[: count + 1]):
            count += 1
        rest = read[count:]
        del read[count:]
        return rest

    def _keep(self, going: Sequence[int]) -> None:
        assert self._decoding is not None
        self._decoding.keep(going)
        self.rows = [self.rows[slot] for slot in going]
        self._tell(self.rows)

    def _tell(self, rows: Sequence[int]) -> None:
        """Have the adapters of other rows chosen, if they are others."""
        if rows != self._told:
            self._told = list(rows)
            self._use_rows(self._told)


def _decoding_of(model: PreTrainedModel, lean: bool) -> Decoding:
    decoding = anatomy_of(model).decoding() if lean else None
    if decoding is not None:
        return decoding
    family = EncoderDecoderDecoding if model.config.is_encoder_decoder else DecoderOnlyDecoding
    return family(model, pack=lean)
