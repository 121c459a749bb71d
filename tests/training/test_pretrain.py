import itertools
from typing import Any

import pytest
import torch

from graftwork.data.example import Example, make_example
from graftwork.data.manifest import content_hash
from graftwork.data.problems import make_problems
from graftwork.errors import InputError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tokenizer import NUM_SENTINELS, train_tokenizer
from graftwork.training.pretrain import (
    CONTINUE_PROMPT,
    Corpus,
    PretrainConfig,
    Pretraining,
    PretrainProgress,
    build_model,
    prompt_of,
)

SHAPE = {"d_model": 32, "d_ff": 64, "d_kv": 8, "num_heads": 2, "num_layers": 1, "num_decoder_layers": 1}
SMALL = {
    "name": "small",
    "vocabulary_size": 400,
    "shape": SHAPE,
    "problem_languages": ("ruby",),
    "num_problems": 200,
    "batch_tokens": 1500,
    "max_tokens": 40_000,
    "warmup_steps": 5,
    "learning_rate": 2e-2,
    "bf16": False,
}


@pytest.fixture(autouse=True)
def small_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are over after a few hundred examples; there is no need to draw thousands."""
    monkeypatch.setattr("graftwork.training.pretrain.POOL_EXAMPLES", 300)


def config(**settings: Any) -> PretrainConfig:
    return PretrainConfig.read(SMALL | settings, "recipe")


def functions(count: int = 30) -> tuple[Example, ...]:
    return tuple(
        make_example("python", f"Measure way {n}.", f"def measure_{n}(values):\n    return len(values) * {n} + {n}")
        for n in range(count)
    )


TEXTS = [text for problem in make_problems("train", 100, 1) for text in (problem.description, problem.program("ruby"))]
TOKENIZER = train_tokenizer([*TEXTS, *(example.target for example in functions())], SMALL["vocabulary_size"])


def pretraining(*corpora: Corpus, **settings: Any) -> Pretraining:
    return Pretraining(config(**settings), TOKENIZER, corpora)


def texts(data: Pretraining, count: int = 60) -> list[tuple[str, str]]:
    """Sources and targets of some batches, as text."""
    pairs = []
    for batch in itertools.islice(data.batches(), count):
        for source, target in zip(batch.input_ids, batch.labels.clamp(min=0), strict=True):
            pairs.append(tuple(TOKENIZER.decode(row[row > 0]).removesuffix("</s>") for row in (source, target)))
    return pairs


def run(data: Pretraining, **rest: Any) -> tuple[str, list[PretrainProgress]]:
    """Fingerprint after pretraining, and what was reported."""
    reports: list[PretrainProgress] = []
    model = build_model(data.config, TOKENIZER)
    data.run(model, reports.append, **rest)
    return model_fingerprint(model), reports


MINED = Corpus("python", ("describe", "continue", "denoise"), functions())


def test_pretraining_lowers_the_loss() -> None:
    _, reports = run(pretraining(MINED), report_every=5)
    assert reports[-1].loss < 0.7 * reports[0].loss


def test_pretraining_is_deterministic() -> None:
    short = {"max_tokens": 6_000}
    assert run(pretraining(MINED, **short)) == run(pretraining(MINED, **short))


def test_another_seed_gives_another_model() -> None:
    short = {"max_tokens": 3_000}
    assert run(pretraining(**short))[0] != run(pretraining(**short, seed=2))[0]


def test_bfloat16_keeps_the_weights_in_float32() -> None:
    data = pretraining(bf16=True, max_tokens=3_000)
    model = build_model(data.config, TOKENIZER)
    data.run(model)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_pretraining_ends_with_its_tokens_and_says_so() -> None:
    model = build_model(config(), TOKENIZER)
    end = pretraining(max_tokens=5_000).run(model)
    assert 5_000 <= end.tokens < 7_000
    assert (end.share, model.training) == (1.0, False)


def test_pretraining_ends_by_the_clock_if_that_comes_first() -> None:
    end = pretraining(max_minutes=1e-9).run(build_model(config(), TOKENIZER))
    assert (end.step, end.share) == (1, 1.0)


def test_progress_is_reported_every_few_steps_and_at_the_end() -> None:
    _, reports = run(pretraining(max_tokens=12_000), report_every=3)
    steps = [report.step for report in reports]
    assert steps[:-1] == list(range(3, steps[-1], 3))
    assert [report.share for report in reports] == sorted(report.share for report in reports)


def rates_of(part: type[torch.optim.Optimizer], monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """The learning rates that one of the two optimizers will use, by step and group."""
    rates: list[list[float]] = []
    step = part.step

    def spy(optimizer: torch.optim.Optimizer, *rest: Any) -> Any:
        rates.append([group["lr"] for group in optimizer.param_groups])
        return step(optimizer, *rest)

    monkeypatch.setattr(part, "step", spy)
    return rates


@pytest.mark.parametrize("part", [torch.optim.AdamW, torch.optim.Muon])
def test_the_rate_warms_up_holds_and_falls_to_zero(
    part: type[torch.optim.Optimizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_step = rates_of(part, monkeypatch)
    run(pretraining(max_tokens=30_000))
    rates = [groups[0] for groups in by_step]
    peak = max(rates)
    assert rates[:6] == [pytest.approx(peak * share) for share in (0.2, 0.4, 0.6, 0.8, 1, 1)]
    assert rates[len(rates) // 2] == pytest.approx(peak)
    assert rates[-1] < 0.2 * peak
    assert rates[5:] == sorted(rates[5:], reverse=True)


def test_queries_learn_slower_by_the_root_of_the_head_width(monkeypatch: pytest.MonkeyPatch) -> None:
    by_step = rates_of(torch.optim.Muon, monkeypatch)
    run(pretraining(max_tokens=1_000))
    assert all(queries == pytest.approx(matrices / SHAPE["d_kv"] ** 0.5) for matrices, queries in by_step)


def test_every_parameter_is_trained() -> None:
    data = pretraining(MINED, max_tokens=3_000)
    model = build_model(data.config, TOKENIZER)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    data.run(model)
    assert not [name for name, parameter in model.named_parameters() if torch.equal(parameter, before[name])]


def test_problems_are_asked_for_in_the_words_that_studies_use() -> None:
    problems = make_problems("train", 200, 1)
    expected = {(prompt_of("ruby", problem.description), problem.program("ruby")) for problem in problems}
    assert set(texts(pretraining())) <= expected


def test_problems_come_in_each_of_the_languages() -> None:
    starts = {source.split(":")[0] for source, _ in texts(pretraining(problem_languages=("ruby", "java")))}
    assert starts == {"Generate ruby", "Generate java"}


def test_about_the_asked_share_of_the_examples_are_problems() -> None:
    pairs = texts(pretraining(MINED, problem_share=0.3))
    assert 0.2 < sum(source.startswith("Generate ruby") for source, _ in pairs) / len(pairs) < 0.4


def test_a_function_is_described_continued_and_denoised() -> None:
    targets = {example.target: example for example in functions()}
    kinds = {"describe": 0, "continue": 0, "denoise": 0}
    for source, target in texts(pretraining(MINED, problem_share=0)):
        if source.startswith("Generate python: "):
            assert source == prompt_of("python", targets[target].description)
            kinds["describe"] += 1
        elif source.startswith(CONTINUE_PROMPT):
            assert source.removeprefix(CONTINUE_PROMPT) + target in targets
            kinds["continue"] += 1
        else:
            assert "<extra_id_0>" in source and target.startswith("<extra_id_0>")
            kinds["denoise"] += 1
    assert min(kinds.values()) > sum(kinds.values()) / 5


def test_a_language_is_only_used_as_its_corpus_says() -> None:
    pairs = texts(pretraining(Corpus("python", ("denoise",), functions()), problem_share=0))
    assert all("<extra_id_0>" in source for source, _ in pairs)


def test_without_problems_there_are_functions_alone() -> None:
    pairs = texts(pretraining(Corpus("python", ("continue",), functions()), num_problems=0), 5)
    assert all(source.startswith(CONTINUE_PROMPT) for source, _ in pairs)


def test_functions_too_short_or_too_long_are_left_out() -> None:
    short, long = make_example("python", "Say it.", "x"), make_example("python", "Say it.", "x = y\n" * 200)
    data = pretraining(Corpus("python", ("denoise",), (short, long, *functions(1))), num_problems=0)
    assert content_hash(functions(1)[0].target) in data.seen
    assert not {content_hash(example.target) for example in (short, long)} & data.seen


def test_a_description_too_long_to_be_a_prompt_is_never_asked() -> None:
    wordy = make_example("python", "Measure it. " * 100, functions(1)[0].target)
    pairs = texts(pretraining(Corpus("python", ("describe", "continue"), (wordy,)), num_problems=0), 5)
    assert all(source.startswith(CONTINUE_PROMPT) for source, _ in pairs)


def test_everything_that_may_be_trained_on_is_remembered() -> None:
    data = pretraining(MINED)
    problems = [text for problem in make_problems("train", 200, 1) for text in (problem.key, problem.description)]
    mined = [text for example in functions() for text in (example.target, example.description)]
    assert data.seen == {content_hash(text) for text in problems + mined}


def test_batches_stay_within_their_tokens() -> None:
    for batch in itertools.islice(pretraining(MINED).batches(), 40):
        assert batch.input_ids.numel() + batch.labels.numel() <= SMALL["batch_tokens"]


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(InputError, match="small: nothing to learn from; name corpora or a number of problems"):
        pretraining(num_problems=0)


def test_a_model_has_the_shape_of_its_recipe() -> None:
    model = build_model(config(), TOKENIZER)
    assert {key: getattr(model.config, key) for key in SHAPE} == SHAPE
    assert (model.config.vocab_size, model.config.dropout_rate) == (400, 0.0)
    ids = model.config.pad_token_id, model.config.eos_token_id, model.config.decoder_start_token_id
    assert ids == (TOKENIZER.pad_token_id, TOKENIZER.eos_token_id, TOKENIZER.pad_token_id)


def test_equal_seeds_build_equal_models() -> None:
    first, second, other = (model_fingerprint(build_model(config(seed=seed), TOKENIZER)) for seed in (1, 1, 2))
    assert first == second != other


@pytest.mark.parametrize(
    "wrong",
    [
        {"warmup_steps": 0},
        {"decay_share": 0},
        {"max_tokens": 0},
        {"vocabulary_size": NUM_SENTINELS},
        {"problem_languages": []},
        {"problem_share": 2},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"recipe: {next(iter(wrong))}: "):
        config(**wrong)
