"""All metrics of a set of predictions at once; ``graftwork score`` and the studies' evaluation both call this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from graftwork.languages import Language, get_language
from graftwork.metrics.ast_similarity import ast_similarity, ast_similarity_signature, labelled_tree
from graftwork.metrics.bleu import corpus_bleu
from graftwork.metrics.chrf import corpus_chrf, sentence_chrf
from graftwork.metrics.codebleu import codebleu, codebleu_signature, compare
from graftwork.metrics.copy_rate import copied, copy_signature
from graftwork.metrics.edit_similarity import edit_similarity
from graftwork.metrics.exact_match import SIGNATURE, exact_match
from graftwork.metrics.meteor import meteor, meteor_signature
from graftwork.metrics.metric import METRICS

__all__ = ["Scores", "score_predictions"]

ItemScores = dict[str, float | None]


@final
@dataclass(frozen=True)
class Scores:
    """What a set of predictions scores.

    Attributes:
        n: number of items.
        corpus: metric -> value of the set (see `METRICS` for ranges); a metric that no item defines is left out.
        items: the values of each item, in the order given, named as ``Metric.item``; None where undefined.
        signatures: metric -> the settings and versions that its number depends on.
        skipped: metric -> number of items left out of its mean as undefined there; only where there are any.
    """

    n: int
    corpus: dict[str, float]
    items: list[ItemScores]
    signatures: dict[str, str]
    skipped: dict[str, int] = field(default_factory=dict)


def score_predictions(
    predictions: Sequence[str], references: Sequence[str], language: str, prompts: Sequence[str] | None = None
) -> Scores:
    """Score predictions against one reference each, by every metric of `METRICS` but pass rate and loss.

    Args:
        predictions: what was generated, one text an item.
        references: what was wanted.
        language: name of the programming language of both.
        prompts: what the model was given; without it, copying is undefined.

    Raises:
        InputError: the language is unknown.
        ValueError: there is no item, or the lengths differ.
    """
    grammar = get_language(language)
    given: Sequence[str | None] = [None] * len(predictions) if prompts is None else prompts
    if not predictions:
        raise ValueError("no predictions to score")
    if not len(predictions) == len(references) == len(given):
        raise ValueError(f"{len(predictions)} predictions, {len(references)} references, {len(given)} prompts")
    # Models repeat themselves, before they are trained above all; each distinct item is scored once.
    distinct = dict.fromkeys(zip(predictions, references, given, strict=True))
    scored = {item: _score_item(*item, grammar) for item in distinct}
    items = [dict(scored[item]) for item in zip(predictions, references, given, strict=True)]

    pairs = list(zip(predictions, references, strict=True))
    matches = {pair: compare(*pair, grammar) for pair in dict.fromkeys(pairs)}
    for item, pair in zip(items, pairs, strict=True):
        item["codebleu"] = codebleu([matches[pair]])
    bleu, bleu_signature = corpus_bleu(predictions, references)
    chrf, chrf_signature = corpus_chrf(predictions, references)
    complexities = {text: float(grammar.cyclomatic_complexity(text)) for text in dict.fromkeys(references)}
    reference_complexity = sum(complexities[text] for text in references) / len(references)
    means, skipped = _means(items)
    whole = {"bleu": bleu, "chrf": chrf, "codebleu": codebleu([matches[pair] for pair in pairs])}
    corpus = {**whole, "reference_complexity": reference_complexity, **means}
    signatures = {"bleu": bleu_signature, "chrf": chrf_signature, "codebleu": codebleu_signature(grammar)}
    signatures |= _signatures(grammar.grammar_version)
    return Scores(len(items), _in_table_order(corpus), items, signatures, skipped)


def _score_item(prediction: str, reference: str, prompt: str | None, grammar: Language) -> ItemScores:
    parses = grammar.parses(prediction)
    return {
        "exact_match": exact_match(prediction, reference),
        "edit_similarity": edit_similarity(prediction, reference),
        "ast_similarity": _tree_similarity(prediction, reference, grammar),
        "meteor": meteor(prediction, reference),
        "chrf": sentence_chrf(prediction, reference),
        "parses": float(parses),
        # The branches of what does not parse are whatever the parser's recovery makes of it.
        "complexity": float(grammar.cyclomatic_complexity(prediction)) if parses else None,
        "empty": float(not prediction.strip()),
        "copied": None if prompt is None else copied(prediction, prompt),
    }


def _tree_similarity(prediction: str, reference: str, grammar: Language) -> float | None:
    """AST similarity of two texts: 0 for an empty prediction, 1 for an equal one, whatever its size."""
    if not prediction.strip():
        return 0.0
    if prediction == reference:
        return 1.0
    trees = (labelled_tree(grammar.parse(text).root_node) for text in (prediction, reference))
    return ast_similarity(*trees)


def _means(items: Sequence[Mapping[str, float | None]]) -> tuple[dict[str, float], dict[str, int]]:
    """Means over the items that define a metric, and how many do not."""
    means: dict[str, float] = {}
    skipped: dict[str, int] = {}
    for name, metric in METRICS.items():
        if metric.over != "mean" or metric.item is None or name == "pass_rate":
            continue
        values = [value for item in items if (value := item[metric.item]) is not None]
        if values:
            means[name] = sum(values) / len(values)
        if len(values) < len(items):
            skipped[name] = len(items) - len(values)
    return means, skipped


def _signatures(grammar_version: str) -> dict[str, str]:
    """Metric -> signature, for the metrics of items but chrF, and what describes the references."""
    return {
        "meteor": meteor_signature(),
        "ast_similarity": ast_similarity_signature(grammar_version),
        "exact_match": f"exact|{SIGNATURE}",
        "edit_similarity": f"edit|distance:levenshtein|unit:character|{SIGNATURE}|norm:max-length",
        "parse_rate": f"parse|grammar:{grammar_version}",
        "complexity": f"complexity|mccabe|of:parsed-predictions|grammar:{grammar_version}",
        "reference_complexity": f"complexity|mccabe|of:references|grammar:{grammar_version}",
        "empty_rate": "empty|white-space-only",
        "copy_rate": copy_signature(),
    }


def _in_table_order(corpus: Mapping[str, float]) -> dict[str, float]:
    return {name: corpus[name] for name in METRICS if name in corpus}
