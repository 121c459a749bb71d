"""C++'s way of writing the operations: C++17 with its containers and algorithms."""

from collections.abc import Sequence

from graftwork.data.problems.renderers.renderer import Parameter, Renderer

__all__ = ["CPP", "TYPES"]

TYPES = {
    "numbers": "std::vector<int>",
    "number": "int",
    "text": "std::string",
    "words": "std::vector<std::string>",
    "mapping": "std::map<std::string, int>",
}
ITEMS = {"numbers": "int n", "words": "const std::string& w", "text": "char c"}


def _lines(*lines: str) -> str:
    return "\n".join(lines)


def _loop(kind: str, head: str, *body: str) -> str:
    """A loop that fills a new container."""
    return _lines(f"{TYPES[kind]} R;", f"for ({head}) {{", *(f"    {line}" for line in body), "}", "R")


def _keep(condition: str, kind: str = "numbers") -> str:
    item = ITEMS[kind].split()[-1]
    return _loop(kind, f"{ITEMS[kind]} : X", f"if ({condition}) {{", f"    R.push_back({item});", "}")


def _each(expression: str, source: str = "numbers", result: str = "numbers") -> str:
    return _loop(result, f"{ITEMS[source]} : X", f"R.push_back({expression});")


def _changed(kind: str, *statements: str) -> str:
    """A copy, changed in place."""
    return _lines(f"{TYPES[kind]} R = X;", *statements, "R")


def _changed_if(kind: str, condition: str, statement: str) -> str:
    return _changed(kind, f"if ({condition}) {{", f"    {statement}", "}")


def _distinct(kind: str, element: str, seen: str) -> str:
    item = ITEMS[kind].split()[-1]
    body = (f"if ({seen}.insert({item}).second) {{", f"    R.push_back({item});", "}")
    return f"std::set<{element}> {seen};\n" + _loop(kind, f"{ITEMS[kind]} : X", *body)


def _joined(separator: str, item: str) -> str:
    body = ("if (i > 0) {", f"    R += {separator};", "}", f"R += {item};")
    return _loop("text", "std::size_t i = 0; i < X.size(); i++", *body)


def _entries(*body: str) -> str:
    return _loop("mapping", "const auto& [name, count] : X", *body)


PLACES = "std::size_t i = 0; i < X.size() && i < Y.size(); i++"


def _places(*body: str) -> str:
    return _lines("int R = 0;", f"for ({PLACES}) {{", *(f"    {line}" for line in body), "}", "R")


EXPRESSIONS = {
    "keep_even": _keep("n % 2 == 0"),
    "keep_odd": _keep("n % 2 != 0"),
    "keep_above": _keep("n > K"),
    "keep_below": _keep("n < K"),
    "keep_multiples": _keep("n % K == 0"),
    "keep_positive": _keep("n > 0"),
    "multiply_each": _each("n * K"),
    "add_to_each": _each("n + K"),
    "subtract_from_each": _each("n - K"),
    "square_each": _each("n * n"),
    "negate_each": _each("-n"),
    "absolute_each": _each("std::abs(n)"),
    "at_most_each": _each("std::min(n, K)"),
    "at_least_each": _each("std::max(n, K)"),
    "sort_ascending": _changed("numbers", "std::sort(R.begin(), R.end());"),
    "sort_descending": _changed("numbers", "std::sort(R.rbegin(), R.rend());"),
    "reverse_numbers": "std::vector<int> R(X.rbegin(), X.rend());\nR",
    "first_numbers": _changed_if("numbers", "R.size() > K", "R.resize(K);"),
    "last_numbers": _changed_if("numbers", "R.size() > K", "R.erase(R.begin(), R.end() - K);"),
    "skip_numbers": _loop("numbers", "std::size_t i = K; i < X.size(); i++", "R.push_back(X[i]);"),
    "distinct_numbers": _distinct("numbers", "int", "seen"),
    "every_other_number": _loop("numbers", "std::size_t i = 0; i < X.size(); i += 2", "R.push_back(X[i]);"),
    "running_totals": "int total = 0;\n" + _loop("numbers", "int n : X", "total += n;", "R.push_back(total);"),
    "neighbour_differences": _loop("numbers", "std::size_t i = 1; i < X.size(); i++", "R.push_back(X[i] - X[i - 1]);"),
    "rotate_numbers": _changed_if("numbers", "!R.empty()", "std::rotate(R.begin(), R.begin() + 1, R.end());"),
    "sum_numbers": "std::accumulate(X.begin(), X.end(), 0)",
    "largest_number": "X.empty() ? 0 : *std::max_element(X.begin(), X.end())",
    "smallest_number": "X.empty() ? 0 : *std::min_element(X.begin(), X.end())",
    "count_numbers": "X.size()",
    "count_distinct": "std::set<int>(X.begin(), X.end()).size()",
    "count_above": "std::count_if(X.begin(), X.end(), [](int n) { return n > K; })",
    "join_numbers": _joined('","', "std::to_string(X[i])"),
    "multiply_number": "X * K",
    "add_to_number": "X + K",
    "subtract_from_number": "X - K",
    "square_number": "X * X",
    "negate_number": "-X",
    "absolute_number": "std::abs(X)",
    "at_most_number": "std::min(X, K)",
    "at_least_number": "std::max(X, K)",
    "digit_sum": _lines("int R = 0;", "for (char d : std::to_string(std::abs(X))) {", "    R += d - '0';", "}", "R"),
    "digits": _loop("numbers", "char d : std::to_string(std::abs(X))", "R.push_back(d - '0');"),
    "count_up": _loop("numbers", "int i = 1; i <= X; i++", "R.push_back(i);"),
    "number_to_text": "std::to_string(X)",
    "upper_text": _changed("text", "for (char& c : R) {", "    c = std::toupper(c);", "}"),
    "lower_text": _changed("text", "for (char& c : R) {", "    c = std::tolower(c);", "}"),
    "reverse_text": "std::string R(X.rbegin(), X.rend());\nR",
    "trim_text": _lines(
        "std::string R;",
        "std::size_t start = X.find_first_not_of(' ');",
        "if (start != std::string::npos) {",
        "    R = X.substr(start, X.find_last_not_of(' ') - start + 1);",
        "}",
        "R",
    ),
    "remove_spaces": _keep("c != ' '", "text"),
    "dash_spaces": _changed("text", "std::replace(R.begin(), R.end(), ' ', '-');"),
    "remove_letter": _keep("c != 'K'", "text"),
    "first_characters": "X.substr(0, K)",
    "skip_characters": 'X.size() > K ? X.substr(K) : ""',
    "repeat_text": _loop("text", "int i = 0; i < K; i++", "R += X;"),
    "bracket_text": '"[" + X + "]"',
    "exclaim_text": 'X + "!"',
    "text_length": "X.size()",
    "count_letter": "std::count(X.begin(), X.end(), 'K')",
    "split_words": _lines(
        "std::vector<std::string> R;",
        "std::istringstream stream(X);",
        "std::string word;",
        "while (stream >> word) {",
        "    R.push_back(word);",
        "}",
        "R",
    ),
    "sort_words": _changed("words", "std::sort(R.begin(), R.end());"),
    "reverse_words": "std::vector<std::string> R(X.rbegin(), X.rend());\nR",
    "upper_words": _loop(
        "words", "std::string w : X", "for (char& c : w) {", "    c = std::toupper(c);", "}", "R.push_back(w);"
    ),
    "spell_words_backwards": _each("std::string(w.rbegin(), w.rend())", "words", "words"),
    "keep_long_words": _keep("w.size() > K", "words"),
    "keep_short_words": _keep("w.size() < K", "words"),
    "keep_words_with": _keep("w.find('K') != std::string::npos", "words"),
    "distinct_words": _distinct("words", "std::string", "known"),
    "first_words": _changed_if("words", "R.size() > K", "R.resize(K);"),
    "initials": _each("w.substr(0, 1)", "words", "words"),
    "join_words": _joined('" "', "X[i]"),
    "join_words_by_dash": _joined('"-"', "X[i]"),
    "count_words": "X.size()",
    "word_lengths": _each("w.size()", "words"),
    "count_each_word": _loop("mapping", "const std::string& w : X", "R[w]++;"),
    "map_words_to_lengths": _loop("mapping", "const std::string& w : X", "R[w] = w.size();"),
    "keep_entries_above": _entries("if (count > K) {", "    R[name] = count;", "}"),
    "keep_entries_below": _entries("if (count < K) {", "    R[name] = count;", "}"),
    "multiply_entries": _entries("R[name] = count * K;"),
    "add_to_entries": _entries("R[name] = count + K;"),
    "keep_names_with": _entries("if (name.find('K') != std::string::npos) {", "    R[name] = count;", "}"),
    "names": _loop("words", "const auto& entry : X", "R.push_back(entry.first);"),
    "counts": _lines(
        "std::vector<int> R;",
        "for (const auto& entry : X) {",
        "    R.push_back(entry.second);",
        "}",
        "std::sort(R.begin(), R.end());",
        "R",
    ),
    "sum_counts": _lines("int R = 0;", "for (const auto& entry : X) {", "    R += entry.second;", "}", "R"),
    "largest_count": _lines(
        "int R = 0;", "for (const auto& entry : X) {", "    R = std::max(R, entry.second);", "}", "R"
    ),
    "count_entries": "X.size()",
}

PAIR_EXPRESSIONS = {
    "add_pairwise": _loop("numbers", PLACES, "R.push_back(X[i] + Y[i]);"),
    "multiply_pairwise": _loop("numbers", PLACES, "R.push_back(X[i] * Y[i]);"),
    "larger_pairwise": _loop("numbers", PLACES, "R.push_back(std::max(X[i], Y[i]));"),
    "append_numbers": _changed("numbers", "R.insert(R.end(), Y.begin(), Y.end());"),
    "keep_common_numbers": _keep("std::count(Y.begin(), Y.end(), n) > 0"),
    "drop_common_numbers": _keep("std::count(Y.begin(), Y.end(), n) == 0"),
    "dot_product": _places("R += X[i] * Y[i];"),
    "count_equal_places": _places("if (X[i] == Y[i]) {", "    R++;", "}"),
    "multiply_each_by": _each("n * Y"),
    "add_to_each_given": _each("n + Y"),
    "keep_above_given": _keep("n > Y"),
    "drop_given": _keep("n != Y"),
    "count_given": "std::count(X.begin(), X.end(), Y)",
    "append_words": _changed("words", "R.insert(R.end(), Y.begin(), Y.end());"),
    "keep_common_words": _keep("std::count(Y.begin(), Y.end(), w) > 0", "words"),
    "join_words_with": _joined("Y", "X[i]"),
    "keep_words_of_length": _keep("static_cast<int>(w.size()) == Y", "words"),
    "append_text": "X + Y",
    "remove_part": _changed(
        "text",
        "for (std::size_t at = R.find(Y); at != std::string::npos; at = R.find(Y, at)) {",
        "    R.erase(at, Y.size());",
        "}",
    ),
    "count_part": _lines(
        "int R = 0;",
        "for (std::size_t at = X.find(Y); at != std::string::npos; at = X.find(Y, at + Y.size())) {",
        "    R++;",
        "}",
        "R",
    ),
    "repeat_text_given": _loop("text", "int i = 0; i < Y; i++", "R += X;"),
    "first_characters_given": "X.substr(0, Y)",
    "look_up": _loop("numbers", "const std::string& w : Y", "R.push_back(X.count(w) ? X.at(w) : 0);"),
    "keep_named": _loop("mapping", "const std::string& w : Y", "if (X.count(w)) {", "    R[w] = X.at(w);", "}"),
}


def _declared(kind: str) -> str:
    return TYPES[kind] if kind == "number" else f"const {TYPES[kind]}&"


def _frame(parameters: Sequence[Parameter], result: str, lines: Sequence[str]) -> str:
    declared = ", ".join(f"{_declared(kind)} {name}" for name, kind in parameters)
    return "\n".join([f"{TYPES[result]} solve({declared}) {{", *(f"    {line}" for line in lines), "}"])


CPP = Renderer(
    language="cpp",
    expressions=EXPRESSIONS | PAIR_EXPRESSIONS,
    frame=_frame,
    assign=lambda number, result, expression: f"{TYPES[result]} {result}{number + 1} = {expression};",
    give_back=lambda expression: f"return {expression};",
    variable=lambda number, kind: kind if number == 0 else f"{kind}{number}",
)
