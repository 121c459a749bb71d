"""Java's way of writing the operations: a static method for a class that imports java.util and its streams."""

from collections.abc import Sequence

from graftwork.data.problems.renderers.renderer import Parameter, Renderer

__all__ = ["JAVA"]

EXPRESSIONS = {
    "keep_even": "X.stream().filter(n -> n % 2 == 0).toList()",
    "keep_odd": "X.stream().filter(n -> n % 2 != 0).toList()",
    "keep_above": "X.stream().filter(n -> n > K).toList()",
    "keep_below": "X.stream().filter(n -> n < K).toList()",
    "keep_multiples": "X.stream().filter(n -> n % K == 0).toList()",
    "keep_positive": "X.stream().filter(n -> n > 0).toList()",
    "multiply_each": "X.stream().map(n -> n * K).toList()",
    "add_to_each": "X.stream().map(n -> n + K).toList()",
    "subtract_from_each": "X.stream().map(n -> n - K).toList()",
    "square_each": "X.stream().map(n -> n * n).toList()",
    "negate_each": "X.stream().map(n -> -n).toList()",
    "absolute_each": "X.stream().map(n -> Math.abs(n)).toList()",
    "at_most_each": "X.stream().map(n -> Math.min(n, K)).toList()",
    "at_least_each": "X.stream().map(n -> Math.max(n, K)).toList()",
    "sort_ascending": "X.stream().sorted().toList()",
    "sort_descending": "X.stream().sorted(Comparator.reverseOrder()).toList()",
    "reverse_numbers": "IntStream.range(0, X.size()).mapToObj(i -> X.get(X.size() - 1 - i)).toList()",
    "first_numbers": "X.stream().limit(K).toList()",
    "last_numbers": "X.stream().skip(Math.max(0, X.size() - K)).toList()",
    "skip_numbers": "X.stream().skip(K).toList()",
    "distinct_numbers": "X.stream().distinct().toList()",
    "every_other_number": "IntStream.range(0, X.size()).filter(i -> i % 2 == 0).mapToObj(i -> X.get(i)).toList()",
    "running_totals": (
        "IntStream.rangeClosed(1, X.size()).mapToObj(i -> X.stream().limit(i).mapToInt(n -> n).sum()).toList()"
    ),
    "neighbour_differences": "IntStream.range(1, X.size()).mapToObj(i -> X.get(i) - X.get(i - 1)).toList()",
    "rotate_numbers": "Stream.concat(X.stream().skip(1), X.stream().limit(1)).toList()",
    "sum_numbers": "X.stream().mapToInt(n -> n).sum()",
    "largest_number": "X.stream().mapToInt(n -> n).max().orElse(0)",
    "smallest_number": "X.stream().mapToInt(n -> n).min().orElse(0)",
    "count_numbers": "X.size()",
    "count_distinct": "(int) X.stream().distinct().count()",
    "count_above": "(int) X.stream().filter(n -> n > K).count()",
    "join_numbers": 'X.stream().map(n -> "" + n).collect(Collectors.joining(","))',
    "multiply_number": "X * K",
    "add_to_number": "X + K",
    "subtract_from_number": "X - K",
    "square_number": "X * X",
    "negate_number": "-X",
    "absolute_number": "Math.abs(X)",
    "at_most_number": "Math.min(X, K)",
    "at_least_number": "Math.max(X, K)",
    "digit_sum": "String.valueOf(Math.abs(X)).chars().map(d -> d - 48).sum()",
    "digits": "String.valueOf(Math.abs(X)).chars().mapToObj(d -> d - 48).toList()",
    "count_up": "IntStream.rangeClosed(1, X).boxed().toList()",
    "number_to_text": "String.valueOf(X)",
    "upper_text": "X.toUpperCase()",
    "lower_text": "X.toLowerCase()",
    "reverse_text": "new StringBuilder(X).reverse().toString()",
    "trim_text": "X.strip()",
    "remove_spaces": 'X.replace(" ", "")',
    "dash_spaces": 'X.replace(" ", "-")',
    "remove_letter": 'X.replace("K", "")',
    "first_characters": "X.substring(0, Math.min(K, X.length()))",
    "skip_characters": "X.substring(Math.min(K, X.length()))",
    "repeat_text": "X.repeat(K)",
    "bracket_text": '"[" + X + "]"',
    "exclaim_text": 'X + "!"',
    "text_length": "X.length()",
    "count_letter": 'X.split("K", -1).length - 1',
    "split_words": 'Stream.of(X.split("\\\\s+")).filter(w -> !w.isEmpty()).toList()',
    "sort_words": "X.stream().sorted().toList()",
    "reverse_words": "IntStream.range(0, X.size()).mapToObj(i -> X.get(X.size() - 1 - i)).toList()",
    "upper_words": "X.stream().map(w -> w.toUpperCase()).toList()",
    "spell_words_backwards": "X.stream().map(w -> new StringBuilder(w).reverse().toString()).toList()",
    "keep_long_words": "X.stream().filter(w -> w.length() > K).toList()",
    "keep_short_words": "X.stream().filter(w -> w.length() < K).toList()",
    "keep_words_with": 'X.stream().filter(w -> w.contains("K")).toList()',
    "distinct_words": "X.stream().distinct().toList()",
    "first_words": "X.stream().limit(K).toList()",
    "initials": "X.stream().map(w -> w.substring(0, Math.min(1, w.length()))).toList()",
    "join_words": 'String.join(" ", X)',
    "join_words_by_dash": 'String.join("-", X)',
    "count_words": "X.size()",
    "word_lengths": "X.stream().map(w -> w.length()).toList()",
    "count_each_word": "X.stream().collect(Collectors.toMap(w -> w, w -> 1, (a, b) -> a + b))",
    "map_words_to_lengths": "X.stream().collect(Collectors.toMap(w -> w, w -> w.length(), (a, b) -> a))",
    "keep_entries_above": (
        "X.entrySet().stream().filter(e -> e.getValue() > K)"
        ".collect(Collectors.toMap(e -> e.getKey(), e -> e.getValue()))"
    ),
    "keep_entries_below": (
        "X.entrySet().stream().filter(e -> e.getValue() < K)"
        ".collect(Collectors.toMap(e -> e.getKey(), e -> e.getValue()))"
    ),
    "multiply_entries": "X.entrySet().stream().collect(Collectors.toMap(e -> e.getKey(), e -> e.getValue() * K))",
    "add_to_entries": "X.entrySet().stream().collect(Collectors.toMap(e -> e.getKey(), e -> e.getValue() + K))",
    "keep_names_with": (
        'X.entrySet().stream().filter(e -> e.getKey().contains("K"))'
        ".collect(Collectors.toMap(e -> e.getKey(), e -> e.getValue()))"
    ),
    "names": "X.keySet().stream().sorted().toList()",
    "counts": "X.values().stream().sorted().toList()",
    "sum_counts": "X.values().stream().mapToInt(c -> c).sum()",
    "largest_count": "X.values().stream().mapToInt(c -> c).max().orElse(0)",
    "count_entries": "X.size()",
}

PAIR_EXPRESSIONS = {
    "add_pairwise": ("IntStream.range(0, Math.min(X.size(), Y.size())).mapToObj(i -> X.get(i) + Y.get(i)).toList()"),
    "multiply_pairwise": (
        "IntStream.range(0, Math.min(X.size(), Y.size())).mapToObj(i -> X.get(i) * Y.get(i)).toList()"
    ),
    "larger_pairwise": (
        "IntStream.range(0, Math.min(X.size(), Y.size())).mapToObj(i -> Math.max(X.get(i), Y.get(i))).toList()"
    ),
    "append_numbers": "Stream.concat(X.stream(), Y.stream()).toList()",
    "keep_common_numbers": "X.stream().filter(n -> Y.contains(n)).toList()",
    "drop_common_numbers": "X.stream().filter(n -> !Y.contains(n)).toList()",
    "dot_product": "IntStream.range(0, Math.min(X.size(), Y.size())).map(i -> X.get(i) * Y.get(i)).sum()",
    "count_equal_places": (
        "(int) IntStream.range(0, Math.min(X.size(), Y.size())).filter(i -> X.get(i).equals(Y.get(i))).count()"
    ),
    "multiply_each_by": "X.stream().map(n -> n * Y).toList()",
    "add_to_each_given": "X.stream().map(n -> n + Y).toList()",
    "keep_above_given": "X.stream().filter(n -> n > Y).toList()",
    "drop_given": "X.stream().filter(n -> n != Y).toList()",
    "count_given": "(int) X.stream().filter(n -> n == Y).count()",
    "append_words": "Stream.concat(X.stream(), Y.stream()).toList()",
    "keep_common_words": "X.stream().filter(w -> Y.contains(w)).toList()",
    "join_words_with": "String.join(Y, X)",
    "keep_words_of_length": "X.stream().filter(w -> w.length() == Y).toList()",
    "append_text": "X + Y",
    "remove_part": 'X.replace(Y, "")',
    "count_part": '(X.length() - X.replace(Y, "").length()) / Y.length()',
    "repeat_text_given": "X.repeat(Y)",
    "first_characters_given": "X.substring(0, Math.min(Y, X.length()))",
    "look_up": "Y.stream().map(w -> X.getOrDefault(w, 0)).toList()",
    "keep_named": (
        "X.entrySet().stream().filter(e -> Y.contains(e.getKey()))"
        ".collect(Collectors.toMap(e -> e.getKey(), e -> e.getValue()))"
    ),
}

TYPES = {
    "numbers": "List<Integer>",
    "number": "int",
    "text": "String",
    "words": "List<String>",
    "mapping": "Map<String, Integer>",
}


def _frame(parameters: Sequence[Parameter], result: str, lines: Sequence[str]) -> str:
    declared = ", ".join(f"{TYPES[kind]} {name}" for name, kind in parameters)
    return "\n".join([f"static {TYPES[result]} solve({declared}) {{", *(f"    {line}" for line in lines), "}"])


JAVA = Renderer(
    language="java",
    expressions=EXPRESSIONS | PAIR_EXPRESSIONS,
    frame=_frame,
    assign=lambda number, result, expression: f"var {result}{number + 1} = {expression};",
    give_back=lambda expression: f"return {expression};",
    variable=lambda number, kind: kind if number == 0 else f"{kind}{number}",
)
