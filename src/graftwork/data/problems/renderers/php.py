"""PHP's way of writing the operations."""

from collections.abc import Sequence

from graftwork.data.problems.renderers.renderer import Parameter, Renderer

__all__ = ["PHP"]

EXPRESSIONS = {
    "keep_even": "array_values(array_filter($X, fn($n) => $n % 2 == 0))",
    "keep_odd": "array_values(array_filter($X, fn($n) => $n % 2 != 0))",
    "keep_above": "array_values(array_filter($X, fn($n) => $n > K))",
    "keep_below": "array_values(array_filter($X, fn($n) => $n < K))",
    "keep_multiples": "array_values(array_filter($X, fn($n) => $n % K == 0))",
    "keep_positive": "array_values(array_filter($X, fn($n) => $n > 0))",
    "multiply_each": "array_map(fn($n) => $n * K, $X)",
    "add_to_each": "array_map(fn($n) => $n + K, $X)",
    "subtract_from_each": "array_map(fn($n) => $n - K, $X)",
    "square_each": "array_map(fn($n) => $n * $n, $X)",
    "negate_each": "array_map(fn($n) => -$n, $X)",
    "absolute_each": "array_map(fn($n) => abs($n), $X)",
    "at_most_each": "array_map(fn($n) => min($n, K), $X)",
    "at_least_each": "array_map(fn($n) => max($n, K), $X)",
    "sort_ascending": "sorted($X)",
    "sort_descending": "array_reverse(sorted($X))",
    "reverse_numbers": "array_reverse($X)",
    "first_numbers": "array_slice($X, 0, K)",
    "last_numbers": "array_slice($X, -K)",
    "skip_numbers": "array_slice($X, K)",
    "distinct_numbers": "array_values(array_unique($X))",
    "every_other_number": "array_map(fn($n) => $n[0], array_chunk($X, 2))",
    "running_totals": "array_map(fn($i) => array_sum(array_slice($X, 0, $i + 1)), array_keys($X))",
    "neighbour_differences": "array_map(fn($a, $b) => $b - $a, array_slice($X, 0, -1), array_slice($X, 1))",
    "rotate_numbers": "[...array_slice($X, 1), ...array_slice($X, 0, 1)]",
    "sum_numbers": "array_sum($X)",
    "largest_number": "$X ? max($X) : 0",
    "smallest_number": "$X ? min($X) : 0",
    "count_numbers": "count($X)",
    "count_distinct": "count(array_unique($X))",
    "count_above": "count(array_filter($X, fn($n) => $n > K))",
    "join_numbers": 'implode(",", $X)',
    "multiply_number": "$X * K",
    "add_to_number": "$X + K",
    "subtract_from_number": "$X - K",
    "square_number": "$X * $X",
    "negate_number": "-$X",
    "absolute_number": "abs($X)",
    "at_most_number": "min($X, K)",
    "at_least_number": "max($X, K)",
    "digit_sum": "array_sum(str_split((string) abs($X)))",
    "digits": "array_map(fn($d) => (int) $d, str_split((string) abs($X)))",
    "count_up": "$X > 0 ? range(1, $X) : []",
    "number_to_text": "(string) $X",
    "upper_text": "strtoupper($X)",
    "lower_text": "strtolower($X)",
    "reverse_text": "strrev($X)",
    "trim_text": "trim($X)",
    "remove_spaces": 'str_replace(" ", "", $X)',
    "dash_spaces": 'str_replace(" ", "-", $X)',
    "remove_letter": 'str_replace("K", "", $X)',
    "first_characters": "substr($X, 0, K)",
    "skip_characters": "substr($X, K)",
    "repeat_text": "str_repeat($X, K)",
    "bracket_text": '"[" . $X . "]"',
    "exclaim_text": '$X . "!"',
    "text_length": "strlen($X)",
    "count_letter": 'substr_count($X, "K")',
    "split_words": 'preg_split("/\\s+/", $X, -1, PREG_SPLIT_NO_EMPTY)',
    "sort_words": "sorted($X)",
    "reverse_words": "array_reverse($X)",
    "upper_words": "array_map(fn($w) => strtoupper($w), $X)",
    "spell_words_backwards": "array_map(fn($w) => strrev($w), $X)",
    "keep_long_words": "array_values(array_filter($X, fn($w) => strlen($w) > K))",
    "keep_short_words": "array_values(array_filter($X, fn($w) => strlen($w) < K))",
    "keep_words_with": 'array_values(array_filter($X, fn($w) => str_contains($w, "K")))',
    "distinct_words": "array_values(array_unique($X))",
    "first_words": "array_slice($X, 0, K)",
    "initials": "array_map(fn($w) => substr($w, 0, 1), $X)",
    "join_words": 'implode(" ", $X)',
    "join_words_by_dash": 'implode("-", $X)',
    "count_words": "count($X)",
    "word_lengths": "array_map(fn($w) => strlen($w), $X)",
    "count_each_word": "array_count_values($X)",
    "map_words_to_lengths": "array_combine($X, array_map(fn($w) => strlen($w), $X))",
    "keep_entries_above": "array_filter($X, fn($c) => $c > K)",
    "keep_entries_below": "array_filter($X, fn($c) => $c < K)",
    "multiply_entries": "array_map(fn($c) => $c * K, $X)",
    "add_to_entries": "array_map(fn($c) => $c + K, $X)",
    "keep_names_with": 'array_filter($X, fn($n) => str_contains($n, "K"), ARRAY_FILTER_USE_KEY)',
    "names": "sorted(array_keys($X))",
    "counts": "sorted(array_values($X))",
    "sum_counts": "array_sum($X)",
    "largest_count": "$X ? max($X) : 0",
    "count_entries": "count($X)",
}

PAIR_EXPRESSIONS = {
    "add_pairwise": ("array_map(fn($a, $b) => $a + $b, array_slice($X, 0, count($Y)), array_slice($Y, 0, count($X)))"),
    "multiply_pairwise": (
        "array_map(fn($a, $b) => $a * $b, array_slice($X, 0, count($Y)), array_slice($Y, 0, count($X)))"
    ),
    "larger_pairwise": (
        "array_map(fn($a, $b) => max($a, $b), array_slice($X, 0, count($Y)), array_slice($Y, 0, count($X)))"
    ),
    "append_numbers": "array_merge($X, $Y)",
    "keep_common_numbers": "array_values(array_filter($X, fn($n) => in_array($n, $Y)))",
    "drop_common_numbers": "array_values(array_filter($X, fn($n) => !in_array($n, $Y)))",
    "dot_product": "array_sum(array_map(fn($a, $b) => $a * $b, $X, $Y))",
    "count_equal_places": "count(array_filter(array_map(fn($a, $b) => $a === $b, $X, $Y)))",
    "multiply_each_by": "array_map(fn($n) => $n * $Y, $X)",
    "add_to_each_given": "array_map(fn($n) => $n + $Y, $X)",
    "keep_above_given": "array_values(array_filter($X, fn($n) => $n > $Y))",
    "drop_given": "array_values(array_filter($X, fn($n) => $n != $Y))",
    "count_given": "count(array_keys($X, $Y))",
    "append_words": "array_merge($X, $Y)",
    "keep_common_words": "array_values(array_filter($X, fn($w) => in_array($w, $Y)))",
    "join_words_with": "implode($Y, $X)",
    "keep_words_of_length": "array_values(array_filter($X, fn($w) => strlen($w) == $Y))",
    "append_text": "$X . $Y",
    "remove_part": 'str_replace($Y, "", $X)',
    "count_part": "substr_count($X, $Y)",
    "repeat_text_given": "str_repeat($X, $Y)",
    "first_characters_given": "substr($X, 0, $Y)",
    "look_up": "array_map(fn($w) => $X[$w] ?? 0, $Y)",
    "keep_named": "array_filter($X, fn($n) => in_array($n, $Y), ARRAY_FILTER_USE_KEY)",
}

SORTED = ["function sorted($values) {", "    sort($values);", "    return $values;", "}"]
"""PHP sorts in place; a program that needs a sorted copy brings this function along."""


def _frame(parameters: Sequence[Parameter], result: str, lines: Sequence[str]) -> str:
    helper = [*SORTED, ""] if any("sorted(" in line for line in lines) else []
    names = ", ".join(f"${name}" for name, _ in parameters)
    return "\n".join([*helper, f"function solve({names}) {{", *(f"    {line}" for line in lines), "}"])


PHP = Renderer(
    language="php",
    expressions=EXPRESSIONS | PAIR_EXPRESSIONS,
    frame=_frame,
    assign=lambda number, result, expression: f"${result} = {expression};",
    give_back=lambda expression: f"return {expression};",
    variable=lambda number, kind: kind,
)
