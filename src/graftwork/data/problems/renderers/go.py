"""Go's way of writing the operations: loops, with the packages ``sort``, ``strconv`` and ``strings``; as of Go 1.18."""

from collections.abc import Sequence

from graftwork.data.problems.renderers.renderer import Parameter, Renderer

__all__ = ["GO", "TYPES"]

TYPES = {
    "numbers": "[]int",
    "number": "int",
    "text": "string",
    "words": "[]string",
    "mapping": "map[string]int",
}


def _lines(*lines: str) -> str:
    return "\n".join(lines)


def _loop(kind: str, head: str, *body: str) -> str:
    """A loop that fills a new list or mapping."""
    return _lines(f"R := {TYPES[kind]}{{}}", f"for {head} {{", *(f"\t{line}" for line in body), "}", "R")


def _keep(condition: str, item: str = "n", kind: str = "numbers") -> str:
    return _loop(kind, f"_, {item} := range X", f"if {condition} {{", f"\tR = append(R, {item})", "}")


def _each(expression: str, item: str = "n", kind: str = "numbers") -> str:
    return _loop(kind, f"_, {item} := range X", f"R = append(R, {expression})")


def _each_bounded(condition: str) -> str:
    """Numbers that are set to a bound where they lie beyond it."""
    return _loop("numbers", "_, n := range X", f"if {condition} {{", "\tn = K", "}", "R = append(R, n)")


def _count(condition: str) -> str:
    return _lines("R := 0", "for _, n := range X {", f"\tif {condition} {{", "\t\tR++", "\t}", "}", "R")


def _bounded(condition: str, value: str) -> str:
    return _lines("R := X", f"if {condition} {{", f"\tR = {value}", "}", "R")


def _extreme(comparison: str) -> str:
    return _lines(
        "R := 0", "for i, n := range X {", f"\tif i == 0 || n {comparison} R {{", "\t\tR = n", "\t}", "}", "R"
    )


def _distinct(kind: str, item: str, element: str, seen: str) -> str:
    body = (f"if !{seen}[{item}] {{", f"\t{seen}[{item}] = true", f"\tR = append(R, {item})", "}")
    return f"{seen} := map[{element}]bool{{}}\n" + _loop(kind, f"_, {item} := range X", *body)


def _reversed(kind: str) -> str:
    return _loop(kind, "i := len(X) - 1; i >= 0; i--", "R = append(R, X[i])")


def _sorted(kind: str, order: str) -> str:
    return _lines(f"R := append({TYPES[kind]}{{}}, X...)", order, "R")


def _entries(*body: str) -> str:
    return _loop("mapping", "name, count := range X", *body)


def _pairwise(expression: str) -> str:
    return _loop("numbers", "i := 0; i < len(X) && i < len(Y); i++", f"R = append(R, {expression})")


def _places(*body: str) -> str:
    head = "for i := 0; i < len(X) && i < len(Y); i++ {"
    return _lines("R := 0", head, *(f"\t{line}" for line in body), "}", "R")


EXPRESSIONS = {
    "keep_even": _keep("n%2 == 0"),
    "keep_odd": _keep("n%2 != 0"),
    "keep_above": _keep("n > K"),
    "keep_below": _keep("n < K"),
    "keep_multiples": _keep("n%K == 0"),
    "keep_positive": _keep("n > 0"),
    "multiply_each": _each("n*K"),
    "add_to_each": _each("n+K"),
    "subtract_from_each": _each("n-K"),
    "square_each": _each("n*n"),
    "negate_each": _each("-n"),
    "absolute_each": _loop("numbers", "_, n := range X", "if n < 0 {", "\tn = -n", "}", "R = append(R, n)"),
    "at_most_each": _each_bounded("n > K"),
    "at_least_each": _each_bounded("n < K"),
    "sort_ascending": _sorted("numbers", "sort.Ints(R)"),
    "sort_descending": _sorted("numbers", "sort.Sort(sort.Reverse(sort.IntSlice(R)))"),
    "reverse_numbers": _reversed("numbers"),
    "first_numbers": _bounded("len(R) > K", "R[:K]"),
    "last_numbers": _bounded("len(R) > K", "R[len(R)-K:]"),
    "skip_numbers": _lines("R := []int{}", "if len(X) > K {", "\tR = X[K:]", "}", "R"),
    "distinct_numbers": _distinct("numbers", "n", "int", "seen"),
    "every_other_number": _loop("numbers", "i := 0; i < len(X); i += 2", "R = append(R, X[i])"),
    "running_totals": "total := 0\n" + _loop("numbers", "_, n := range X", "total += n", "R = append(R, total)"),
    "neighbour_differences": _loop("numbers", "i := 1; i < len(X); i++", "R = append(R, X[i]-X[i-1])"),
    "rotate_numbers": _lines(
        "R := []int{}", "if len(X) > 0 {", "\tR = append(R, X[1:]...)", "\tR = append(R, X[0])", "}", "R"
    ),
    "sum_numbers": _lines("R := 0", "for _, n := range X {", "\tR += n", "}", "R"),
    "largest_number": _extreme(">"),
    "smallest_number": _extreme("<"),
    "count_numbers": "len(X)",
    "count_distinct": _lines("distinct := map[int]bool{}", "for _, n := range X {", "\tdistinct[n] = true", "}")
    + "\nlen(distinct)",
    "count_above": _count("n > K"),
    "join_numbers": _lines(
        "parts := []string{}", "for _, n := range X {", "\tparts = append(parts, strconv.Itoa(n))", "}"
    )
    + '\nstrings.Join(parts, ",")',
    "multiply_number": "X * K",
    "add_to_number": "X + K",
    "subtract_from_number": "X - K",
    "square_number": "X * X",
    "negate_number": "-X",
    "absolute_number": _bounded("R < 0", "-R"),
    "at_most_number": _bounded("R > K", "K"),
    "at_least_number": _bounded("R < K", "K"),
    "digit_sum": _lines(
        "R := 0", 'for _, d := range strings.TrimPrefix(strconv.Itoa(X), "-") {', "\tR += int(d - '0')", "}", "R"
    ),
    "digits": _loop("numbers", '_, d := range strings.TrimPrefix(strconv.Itoa(X), "-")', "R = append(R, int(d-'0'))"),
    "count_up": _loop("numbers", "i := 1; i <= X; i++", "R = append(R, i)"),
    "number_to_text": "strconv.Itoa(X)",
    "upper_text": "strings.ToUpper(X)",
    "lower_text": "strings.ToLower(X)",
    "reverse_text": _lines('R := ""', "for _, c := range X {", "\tR = string(c) + R", "}", "R"),
    "trim_text": "strings.TrimSpace(X)",
    "remove_spaces": 'strings.ReplaceAll(X, " ", "")',
    "dash_spaces": 'strings.ReplaceAll(X, " ", "-")',
    "remove_letter": 'strings.ReplaceAll(X, "K", "")',
    "first_characters": _bounded("len(R) > K", "R[:K]"),
    "skip_characters": _lines('R := ""', "if len(X) > K {", "\tR = X[K:]", "}", "R"),
    "repeat_text": "strings.Repeat(X, K)",
    "bracket_text": '"[" + X + "]"',
    "exclaim_text": 'X + "!"',
    "text_length": "len(X)",
    "count_letter": 'strings.Count(X, "K")',
    "split_words": "strings.Fields(X)",
    "sort_words": _sorted("words", "sort.Strings(R)"),
    "reverse_words": _reversed("words"),
    "upper_words": _each("strings.ToUpper(w)", "w", "words"),
    "spell_words_backwards": _loop(
        "words",
        "_, w := range X",
        'backwards := ""',
        "for _, c := range w {",
        "\tbackwards = string(c) + backwards",
        "}",
        "R = append(R, backwards)",
    ),
    "keep_long_words": _keep("len(w) > K", "w", "words"),
    "keep_short_words": _keep("len(w) < K", "w", "words"),
    "keep_words_with": _keep('strings.Contains(w, "K")', "w", "words"),
    "distinct_words": _distinct("words", "w", "string", "known"),
    "first_words": _bounded("len(R) > K", "R[:K]"),
    "initials": _loop("words", "_, w := range X", "if len(w) > 1 {", "\tw = w[:1]", "}", "R = append(R, w)"),
    "join_words": 'strings.Join(X, " ")',
    "join_words_by_dash": 'strings.Join(X, "-")',
    "count_words": "len(X)",
    "word_lengths": _each("len(w)", "w"),
    "count_each_word": _loop("mapping", "_, w := range X", "R[w]++"),
    "map_words_to_lengths": _loop("mapping", "_, w := range X", "R[w] = len(w)"),
    "keep_entries_above": _entries("if count > K {", "\tR[name] = count", "}"),
    "keep_entries_below": _entries("if count < K {", "\tR[name] = count", "}"),
    "multiply_entries": _entries("R[name] = count * K"),
    "add_to_entries": _entries("R[name] = count + K"),
    "keep_names_with": _entries('if strings.Contains(name, "K") {', "\tR[name] = count", "}"),
    "names": _lines("R := []string{}", "for name := range X {", "\tR = append(R, name)", "}", "sort.Strings(R)", "R"),
    "counts": _lines("R := []int{}", "for _, count := range X {", "\tR = append(R, count)", "}", "sort.Ints(R)", "R"),
    "sum_counts": _lines("R := 0", "for _, count := range X {", "\tR += count", "}", "R"),
    "largest_count": _lines(
        "R := 0", "for _, count := range X {", "\tif count > R {", "\t\tR = count", "\t}", "}", "R"
    ),
    "count_entries": "len(X)",
}


def _among(kind: str, item: str, element: str, wanted: str) -> str:
    """Items that are (or, with ``!``, are not) in the second list."""
    looked_up = _lines(
        f"among := map[{element}]bool{{}}", f"for _, {item} := range Y {{", f"\tamong[{item}] = true", "}"
    )
    return looked_up + "\n" + _keep(f"{wanted}among[{item}]", item, kind)


PAIR_EXPRESSIONS = {
    "add_pairwise": _pairwise("X[i]+Y[i]"),
    "multiply_pairwise": _pairwise("X[i]*Y[i]"),
    "larger_pairwise": _loop(
        "numbers",
        "i := 0; i < len(X) && i < len(Y); i++",
        "if X[i] > Y[i] {",
        "\tR = append(R, X[i])",
        "} else {",
        "\tR = append(R, Y[i])",
        "}",
    ),
    "append_numbers": _lines("R := append([]int{}, X...)", "R = append(R, Y...)", "R"),
    "keep_common_numbers": _among("numbers", "n", "int", ""),
    "drop_common_numbers": _among("numbers", "n", "int", "!"),
    "dot_product": _places("R += X[i] * Y[i]"),
    "count_equal_places": _places("if X[i] == Y[i] {", "\tR++", "}"),
    "multiply_each_by": _each("n*Y"),
    "add_to_each_given": _each("n+Y"),
    "keep_above_given": _keep("n > Y"),
    "drop_given": _keep("n != Y"),
    "count_given": _count("n == Y"),
    "append_words": _lines("R := append([]string{}, X...)", "R = append(R, Y...)", "R"),
    "keep_common_words": _among("words", "w", "string", ""),
    "join_words_with": "strings.Join(X, Y)",
    "keep_words_of_length": _keep("len(w) == Y", "w", "words"),
    "append_text": "X + Y",
    "remove_part": 'strings.ReplaceAll(X, Y, "")',
    "count_part": "strings.Count(X, Y)",
    "repeat_text_given": "strings.Repeat(X, Y)",
    "first_characters_given": _bounded("len(R) > Y", "R[:Y]"),
    "look_up": _loop("numbers", "_, w := range Y", "R = append(R, X[w])"),
    "keep_named": _loop("mapping", "_, w := range Y", "if count, found := X[w]; found {", "\tR[w] = count", "}"),
}


def _frame(parameters: Sequence[Parameter], result: str, lines: Sequence[str]) -> str:
    declared = ", ".join(f"{name} {TYPES[kind]}" for name, kind in parameters)
    return "\n".join([f"func solve({declared}) {TYPES[result]} {{", *(f"\t{line}" for line in lines), "}"])


GO = Renderer(
    language="go",
    expressions=EXPRESSIONS | PAIR_EXPRESSIONS,
    frame=_frame,
    assign=lambda number, result, expression: f"{result}{number + 1} := {expression}",
    give_back=lambda expression: f"return {expression}",
    variable=lambda number, kind: kind if number == 0 else f"{kind}{number}",
)
