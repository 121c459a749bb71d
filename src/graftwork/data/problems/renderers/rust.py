"""Rust's way of writing the operations: iterators, with ``BTreeMap`` and ``HashSet`` of the standard collections."""

from collections.abc import Sequence

from graftwork.data.problems.renderers.renderer import Parameter, Renderer

__all__ = ["BORROWED", "RUST", "TYPES"]

TYPES = {
    "numbers": "Vec<i64>",
    "number": "i64",
    "text": "String",
    "words": "Vec<String>",
    "mapping": "BTreeMap<String, i64>",
}
BORROWED = {
    "numbers": "&[i64]",
    "number": "i64",
    "text": "&str",
    "words": "&[String]",
    "mapping": "&BTreeMap<String, i64>",
}
"""The types of arguments."""


def _keep_entries(entry: str, condition: str) -> str:
    return f"X.iter().filter(|{entry}| {condition}).map(|(name, count)| (name.clone(), *count)).collect()"


EXPRESSIONS = {
    "keep_even": "X.iter().copied().filter(|n| n % 2 == 0).collect()",
    "keep_odd": "X.iter().copied().filter(|n| n % 2 != 0).collect()",
    "keep_above": "X.iter().copied().filter(|&n| n > K).collect()",
    "keep_below": "X.iter().copied().filter(|&n| n < K).collect()",
    "keep_multiples": "X.iter().copied().filter(|n| n % K == 0).collect()",
    "keep_positive": "X.iter().copied().filter(|&n| n > 0).collect()",
    "multiply_each": "X.iter().map(|n| n * K).collect()",
    "add_to_each": "X.iter().map(|n| n + K).collect()",
    "subtract_from_each": "X.iter().map(|n| n - K).collect()",
    "square_each": "X.iter().map(|n| n * n).collect()",
    "negate_each": "X.iter().map(|n| -n).collect()",
    "absolute_each": "X.iter().map(|n| n.abs()).collect()",
    "at_most_each": "X.iter().map(|&n| n.min(K)).collect()",
    "at_least_each": "X.iter().map(|&n| n.max(K)).collect()",
    "sort_ascending": "let mut R = X.to_vec();\nR.sort();\nR",
    "sort_descending": "let mut R = X.to_vec();\nR.sort_by(|a, b| b.cmp(a));\nR",
    "reverse_numbers": "X.iter().rev().copied().collect()",
    "first_numbers": "X.iter().take(K).copied().collect()",
    "last_numbers": "X[X.len().saturating_sub(K)..].to_vec()",
    "skip_numbers": "X.iter().skip(K).copied().collect()",
    "distinct_numbers": "let mut seen = HashSet::new();\nX.iter().copied().filter(|&n| seen.insert(n)).collect()",
    "every_other_number": "X.iter().step_by(2).copied().collect()",
    "running_totals": "X.iter().scan(0, |total, n| { *total += n; Some(*total) }).collect()",
    "neighbour_differences": "X.windows(2).map(|pair| pair[1] - pair[0]).collect()",
    "rotate_numbers": "X.iter().skip(1).chain(X.iter().take(1)).copied().collect()",
    "sum_numbers": "X.iter().sum()",
    "largest_number": "X.iter().copied().max().unwrap_or(0)",
    "smallest_number": "X.iter().copied().min().unwrap_or(0)",
    "count_numbers": "X.len() as i64",
    "count_distinct": "X.iter().collect::<HashSet<_>>().len() as i64",
    "count_above": "X.iter().filter(|&&n| n > K).count() as i64",
    "join_numbers": 'X.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(",")',
    "multiply_number": "X * K",
    "add_to_number": "X + K",
    "subtract_from_number": "X - K",
    "square_number": "X * X",
    "negate_number": "-X",
    "absolute_number": "X.abs()",
    "at_most_number": "X.min(K)",
    "at_least_number": "X.max(K)",
    "digit_sum": "X.abs().to_string().bytes().map(|d| i64::from(d - b'0')).sum()",
    "digits": "X.abs().to_string().bytes().map(|d| i64::from(d - b'0')).collect()",
    "count_up": "(1..=X).collect()",
    "number_to_text": "X.to_string()",
    "upper_text": "X.to_uppercase()",
    "lower_text": "X.to_lowercase()",
    "reverse_text": "X.chars().rev().collect()",
    "trim_text": "X.trim().to_string()",
    "remove_spaces": "X.replace(' ', \"\")",
    "dash_spaces": "X.replace(' ', \"-\")",
    "remove_letter": "X.replace('K', \"\")",
    "first_characters": "X.chars().take(K).collect()",
    "skip_characters": "X.chars().skip(K).collect()",
    "repeat_text": "X.repeat(K)",
    "bracket_text": 'format!("[{X}]")',
    "exclaim_text": 'format!("{X}!")',
    "text_length": "X.chars().count() as i64",
    "count_letter": "X.matches('K').count() as i64",
    "split_words": "X.split_whitespace().map(String::from).collect()",
    "sort_words": "let mut R = X.to_vec();\nR.sort();\nR",
    "reverse_words": "X.iter().rev().cloned().collect()",
    "upper_words": "X.iter().map(|w| w.to_uppercase()).collect()",
    "spell_words_backwards": "X.iter().map(|w| w.chars().rev().collect()).collect()",
    "keep_long_words": "X.iter().filter(|w| w.len() > K).cloned().collect()",
    "keep_short_words": "X.iter().filter(|w| w.len() < K).cloned().collect()",
    "keep_words_with": "X.iter().filter(|w| w.contains('K')).cloned().collect()",
    "distinct_words": "let mut seen = HashSet::new();\nX.iter().filter(|w| seen.insert(*w)).cloned().collect()",
    "first_words": "X.iter().take(K).cloned().collect()",
    "initials": "X.iter().map(|w| w.chars().take(1).collect()).collect()",
    "join_words": 'X.join(" ")',
    "join_words_by_dash": 'X.join("-")',
    "count_words": "X.len() as i64",
    "word_lengths": "X.iter().map(|w| w.len() as i64).collect()",
    "count_each_word": (
        "let mut R = BTreeMap::new();\nfor w in X.iter() {\n    *R.entry(w.clone()).or_insert(0) += 1;\n}\nR"
    ),
    "map_words_to_lengths": "X.iter().map(|w| (w.clone(), w.len() as i64)).collect()",
    "keep_entries_above": _keep_entries("(_, count)", "**count > K"),
    "keep_entries_below": _keep_entries("(_, count)", "**count < K"),
    "multiply_entries": "X.iter().map(|(name, count)| (name.clone(), count * K)).collect()",
    "add_to_entries": "X.iter().map(|(name, count)| (name.clone(), count + K)).collect()",
    "keep_names_with": _keep_entries("(name, _)", "name.contains('K')"),
    "names": "X.keys().cloned().collect()",
    "counts": "let mut R: Vec<i64> = X.values().copied().collect();\nR.sort();\nR",
    "sum_counts": "X.values().sum()",
    "largest_count": "X.values().copied().max().unwrap_or(0)",
    "count_entries": "X.len() as i64",
}

PAIR_EXPRESSIONS = {
    "add_pairwise": "X.iter().zip(Y).map(|(a, b)| a + b).collect()",
    "multiply_pairwise": "X.iter().zip(Y).map(|(a, b)| a * b).collect()",
    "larger_pairwise": "X.iter().zip(Y).map(|(&a, &b)| a.max(b)).collect()",
    "append_numbers": "X.iter().chain(Y).copied().collect()",
    "keep_common_numbers": "X.iter().copied().filter(|n| Y.contains(n)).collect()",
    "drop_common_numbers": "X.iter().copied().filter(|n| !Y.contains(n)).collect()",
    "dot_product": "X.iter().zip(Y).map(|(a, b)| a * b).sum()",
    "count_equal_places": "X.iter().zip(Y).filter(|(a, b)| a == b).count() as i64",
    "multiply_each_by": "X.iter().map(|n| n * Y).collect()",
    "add_to_each_given": "X.iter().map(|n| n + Y).collect()",
    "keep_above_given": "X.iter().copied().filter(|&n| n > Y).collect()",
    "drop_given": "X.iter().copied().filter(|&n| n != Y).collect()",
    "count_given": "X.iter().filter(|&&n| n == Y).count() as i64",
    "append_words": "X.iter().chain(Y).cloned().collect()",
    "keep_common_words": "X.iter().filter(|w| Y.contains(w)).cloned().collect()",
    "join_words_with": "X.join(Y)",
    "keep_words_of_length": "X.iter().filter(|w| w.len() as i64 == Y).cloned().collect()",
    "append_text": 'format!("{X}{Y}")',
    "remove_part": 'X.replace(Y, "")',
    "count_part": "X.matches(Y).count() as i64",
    "repeat_text_given": "X.repeat(Y as usize)",
    "first_characters_given": "X.chars().take(Y as usize).collect()",
    "look_up": "Y.iter().map(|w| X.get(w).copied().unwrap_or(0)).collect()",
    "keep_named": _keep_entries("(name, _)", "Y.contains(name)"),
}


def _frame(parameters: Sequence[Parameter], result: str, lines: Sequence[str]) -> str:
    declared = ", ".join(f"{name}: {BORROWED[kind]}" for name, kind in parameters)
    return "\n".join([f"fn solve({declared}) -> {TYPES[result]} {{", *(f"    {line}" for line in lines), "}"])


RUST = Renderer(
    language="rust",
    expressions=EXPRESSIONS | PAIR_EXPRESSIONS,
    frame=_frame,
    assign=lambda number, result, expression: f"let {result}: {TYPES[result]} = {expression};",
    give_back=lambda expression: expression,
    variable=lambda number, kind: kind,
)
