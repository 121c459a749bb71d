"""Pretraining a base from its recipe to a folder: mine, train, probe, and write model, card and manifest."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

import torch
from transformers import T5ForConditionalGeneration

from graftwork.config import Config
from graftwork.data.cleaning import CleaningConfig
from graftwork.data.example import Example
from graftwork.data.manifest import MANIFEST_FILE, Manifest, content_hash
from graftwork.data.problems import make_problems
from graftwork.data.sources.open import parse_source, read_sources
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.files import write_json, write_whole
from graftwork.languages import get_language
from graftwork.models.tokenizer import train_tokenizer
from graftwork.training.pretrain import (
    Corpus,
    CorpusConfig,
    PretrainConfig,
    Pretraining,
    PretrainProgress,
    build_model,
    prompt_of,
)

__all__ = ["BaseFacts", "model_card", "pretrain_base", "write_base"]

TOKENIZER_EXAMPLES = 8_000
"""Functions a corpus, and problems, that the tokenizer is trained on."""
PROBED = 64
"""Validation problems and mined functions, by language, that the finished base is asked for."""
CLEANING = CleaningConfig(max_target_lines=60, max_target_characters=1500, max_description_words=60)


@final
class BaseFacts(Config):
    """What the model card tells: everything in it was measured."""

    parameters: int
    tokens: int
    steps: int
    loss: float
    functions: dict[str, int]
    """Language -> functions used."""
    left_out: int
    """Functions left out because a study's source holds the same."""
    exact_match: dict[str, float]
    """Language -> share of held-out problems written exactly."""
    parse_rate: dict[str, float]
    """Language -> share of held-out problems answered by a program that parses."""


def pretrain_base(
    config: PretrainConfig, folder: Path, report: Callable[[str, float], None] = lambda what, share: None
) -> str:
    """Do everything that a recipe says and write the base; return the model card.

    Args:
        config: the recipe.
        folder: where the base goes.
        report: told what is being done and the share of it (0 to 1) that is done.

    Raises:
        InputError: a source cannot be read.
    """
    held_out = _content_of(config.held_out)
    corpora: list[Corpus] = []
    left_out = 0
    for number, wanted in enumerate(config.corpora):
        report(f"mining {wanted.language}", number / len(config.corpora))
        examples = _mine(wanted)
        fresh = [one for one in examples if not {content_hash(one.target), content_hash(one.description)} & held_out]
        left_out += len(examples) - len(fresh)
        random.Random(config.seed).shuffle(fresh)
        corpora.append(Corpus(wanted.language, wanted.objectives, tuple(fresh[: wanted.most])))
    report("training the tokenizer", 0.0)
    tokenizer = train_tokenizer(_tokenizer_texts(config, corpora), config.vocabulary_size)
    pretraining = Pretraining(config, tokenizer, corpora)
    model = build_model(config, tokenizer)

    def progress(now: PretrainProgress) -> None:
        curve.append({"step": now.step, "tokens": now.tokens, "loss": now.loss})
        report(f"step {now.step}, {now.tokens / 1e6:.1f} M tokens, loss {now.loss:.3f}", now.share)

    curve: list[dict[str, float]] = []
    end = pretraining.run(model, progress)
    report("probing", 0.0)
    return write_base(config, folder, pretraining, model, end, curve, left_out)


def write_base(
    config: PretrainConfig,
    folder: Path,
    pretraining: Pretraining,
    model: T5ForConditionalGeneration,
    end: PretrainProgress,
    curve: Sequence[dict[str, float]],
    left_out: int,
) -> str:
    """Probe a finished model and write everything into its folder, weights in bfloat16; return the card."""
    model.eval()
    model.config.tokens_seen = end.tokens
    rates = {language: _probe(model, pretraining, language) for language in config.problem_languages}
    facts = BaseFacts(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        tokens=end.tokens,
        steps=end.step,
        loss=end.loss,
        functions={corpus.language: len(corpus.examples) for corpus in pretraining.corpora},
        left_out=left_out,
        exact_match={language: exact for language, (exact, _) in rates.items()},
        parse_rate={language: parsed for language, (_, parsed) in rates.items()},
    )
    folder.mkdir(parents=True, exist_ok=True)
    pretraining.tokenizer.save_pretrained(folder)
    # A copy in bfloat16: half the size, and the float32 model that a study loads is exactly what this file says.
    stored = T5ForConditionalGeneration(model.config).to(torch.bfloat16)
    stored.load_state_dict(model.state_dict())
    stored.save_pretrained(folder)
    Manifest.of(pretraining.seen).write(folder / MANIFEST_FILE)
    write_json(folder / "learning_curve.json", list(curve))
    card = model_card(config, facts)
    write_whole(folder / "README.md", card)
    return card


def _probe(model: T5ForConditionalGeneration, pretraining: Pretraining, language: str) -> tuple[float, float]:
    """Exact match and parse rate on held-out problems of a language."""
    problems = make_problems("validation", PROBED)
    encoded = pretraining.encode([prompt_of(language, problem.description) for problem in problems])
    end = int(model.config.eos_token_id)
    outputs = generate_greedy(model, [[*tokens, end] for tokens in encoded], DecodingConfig(max_new_tokens=224))
    texts = [pretraining.tokenizer.decode(tokens, skip_special_tokens=True) for tokens in outputs]
    exact = sum(text == problem.program(language) for text, problem in zip(texts, problems, strict=True))
    spoken = get_language(language)
    return exact / len(texts), sum(spoken.parses(text) for text in texts) / len(texts)


def model_card(config: PretrainConfig, facts: BaseFacts) -> str:
    """The model card as Markdown."""
    used = "\n".join(
        f"| {corpus.language} | {facts.functions.get(corpus.language, 0):,} "
        f"| {', '.join(dict.fromkeys(corpus.objectives))} | {', '.join(corpus.sources)} | {corpus.licence} |"
        for corpus in config.corpora
    )
    probes = "\n".join(
        f"| {language} | {facts.exact_match[language]:.0%} | {facts.parse_rate[language]:.0%} |"
        for language in facts.exact_match
    )
    shape = ", ".join(f"{key} {value}" for key, value in config.shape.model_dump().items())
    return f"""# {config.name}

A T5 of {facts.parameters:,} parameters ({shape}; vocabulary {config.vocabulary_size}, byte-level BPE), pretrained by
`graftwork pretrain` for studies of parameter-efficient continual learning that need no download. It is small: it
learns the generated problems well and real functions only a little.

## Data

{facts.tokens:,} tokens in {facts.steps:,} steps; the training loss at the end was {facts.loss:.3f} nats a token.
{config.problem_share:.0%} of the examples were generated problems in {", ".join(config.problem_languages)}; the others
were documented functions, mined from source packages:

| language | functions | objectives | sources | licences |
|---|---|---|---|---|
{used}

{facts.left_out:,} functions were left out because a source of the default study holds the same function or
description. Problems come from the training side of the space alone. `{MANIFEST_FILE}` holds the hash of every
target, description and problem key that may have been seen; a study refuses to run if one of its validation or test
examples is among them.

## What it does, measured on {PROBED} held-out problems a language

| language | exact match | programs that parse |
|---|---|---|
{probes}

Languages that are not in this table it was never asked to write from a description.

## Prompts

`Generate <language>: <description>` asks for code.
"""


def _mine(wanted: CorpusConfig) -> list[Example]:
    sources = [parse_source(source) for source in wanted.sources]
    return list(read_sources(sources, wanted.language, CLEANING).examples)


def _content_of(corpora: Sequence[CorpusConfig]) -> set[int]:
    """Hashes of every target and description in some corpora, cleaned as little as possible."""
    everything = CleaningConfig(
        tests=True,
        generated=True,
        english=False,
        min_description_words=0,
        max_description_words=10_000,
        min_target_tokens=0,
        max_target_lines=100_000,
        max_target_characters=10_000_000,
        near_duplicates=None,
    )
    hashes: set[int] = set()
    for corpus in corpora:
        sources = [parse_source(source) for source in corpus.sources]
        for example in read_sources(sources, corpus.language, everything).examples:
            hashes |= {content_hash(example.target), content_hash(example.description)}
    return hashes


def _tokenizer_texts(config: PretrainConfig, corpora: Sequence[Corpus]) -> list[str]:
    texts = [
        text
        for corpus in corpora
        for example in corpus.examples[:TOKENIZER_EXAMPLES]
        for text in (example.target, example.description)
    ]
    generator = random.Random(config.seed)
    for problem in make_problems("train", min(config.num_problems, 20_000), config.seed):
        texts += [problem.description, problem.program(generator.choice(config.problem_languages))]
    return texts
