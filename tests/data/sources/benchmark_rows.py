"""One row in the shape of each published benchmark, of our own making; each answer is right."""

HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def double(x):\n    return 2 * x\n\ndef add(a: int, b: int) -> int:\n    """ Add. """\n',
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "test": "\n\nMETADATA = {}\n\n\ndef check(candidate):\n"
    "    assert candidate(1, 2) == 3\n    assert double(add(1, 1)) == 4\n",
}
HUMANEVAL_X = {
    "task_id": "JavaScript/0",
    "prompt": "const double = (x) => 2 * x\n/* Adds. */\nconst add = (a, b) => {\n",
    "declaration": "\nconst add = (a, b) => {\n",
    "canonical_solution": "  return a + b;\n}\n\n",
    "test": "const testAdd = () => {\n  console.assert(double(add(1, 2)) === 6)\n}\n\ntestAdd()\n",
    "example_test": "",
}
HUMANEVAL_PACK = {
    "task_id": "Python/0",
    "prompt": 'def add(a, b):\n    """ Add. """\n',
    "declaration": "def add(a, b):\n",
    "canonical_solution": "    return a + b\n",
    "buggy_solution": "    return a - b\n",
    "bug_type": "operator misuse",
    "failure_symptoms": "incorrect output",
    "entry_point": "add",
    "import": "",
    "test_setup": "",
    "test": "def check(add):\n    assert add(1, 2) == 3\n\ncheck(add)",
    "example_test": "",
    "signature": "add(a, b)",
    "docstring": "Add.",
    "instruction": "Write add.",
}
MBPP = {
    "task_id": 7,
    "text": "Write a function to add up pairs.",
    "code": "class Pair(object):\r\n  def __init__(self, a, b):\r\n    self.a = a\r\n    self.b = b\r\n"
    "def helper(p):\r\n  return p.a + p.b\r\ndef total(pairs):\r\n  return sum(helper(p) for p in pairs)",
    "test_setup_code": "one = Pair(1, 2)\none.b = 5",
    "test_list": ["assert total([one, Pair(1, 1)]) == 8", "assert total([]) == 0"],
    "challenge_test_list": [],
}
MBPP_SANITIZED = {
    "task_id": 8,
    "source_file": "problems.xlsx",
    "prompt": "Write a function to add.",
    "code": "def sum(a, b):\n    return a + b",
    "test_imports": ["import math"],
    "test_list": ["assert math.isclose(sum(0.1, 0.2), 0.3)"],
}
MULTIPL_E = {
    "name": "HumanEval_0_add",
    "language": "js",
    "prompt": "//Adds.\nfunction add(a, b){\n",
    "doctests": "transform",
    "original": "/source/HumanEval_0_add.py",
    "prompt_terminology": "reworded",
    "tests": "const assert = require('node:assert');\n\n\nfunction test() {\n  let candidate = add;\n"
    "  assert.deepEqual(candidate(1, 2),3);\n}\n\ntest();",
    "stop_tokens": ["\nfunction "],
}
COMPILED = {
    "cpp": {
        "name": "HumanEval_0_add",
        "language": "cpp",
        "prompt": "#include<assert.h>\n#include<bits/stdc++.h>\n// Adds {1, 2}.\n"
        "long add(std::vector<long> a, std::optional<long> b) {\n",
        "tests": "}\nint main() {\n    auto candidate = add;\n"
        "    assert(candidate((std::vector<long>({(long)1, (long)2})), 3) == (6));\n"
        "    assert(candidate((std::vector<long>()), std::nullopt) == (0));\n}\n",
        "answer": "    return std::accumulate(a.begin(), a.end(), b.value_or(0));",
    },
    "java": {
        "name": "HumanEval_0_add",
        "language": "java",
        "prompt": "import java.util.*;\nimport java.util.stream.*;\nimport org.javatuples.*;\nclass Problem {\n"
        "    // Adds {1, 2}.\n    public static long add(ArrayList<Long> a, Optional<Long> b) {\n",
        "tests": "    }\n    public static void main(String[] args) {\n"
        "    assert(add((new ArrayList<Long>(Arrays.asList((long)1l, (long)2l))), Optional.of(3l)) == (6l));\n"
        "    assert(add((new ArrayList<Long>(Arrays.asList())), Optional.empty()) == (0l));\n    }\n\n}\n",
        "answer": "        return a.stream().mapToLong(x -> x).sum() + b.orElse(0L);\n",
    },
    "go": {
        "name": "HumanEval_0_add",
        "language": "go_test.go",
        "prompt": 'package add_test\n\nimport (\n    "testing"\n    "fmt"\n)\n\n// Adds {1, 2}.\n'
        "func add(a []int, b *int) int {\n",
        "tests": "}\n\nfunc TestAdd(t *testing.T) {\n  candidate := add\n\ttype test struct {\n\t\tactual   int\n"
        "\t\texpected int\n\t}\n\tthree := 3\n   tests := []test{\n"
        "     { actual: candidate([]int{1, 2}, &three), expected: 6 },\n"
        "     { actual: candidate([]int{}, nil), expected: 0 },\n   }\n\n\tfor i, tc := range tests {\n"
        '\t\tt.Run(fmt.Sprintf("test num % d", i), func(t *testing.T) {\n'
        '\t\t\tif fmt.Sprintf("%v", tc.actual) != fmt.Sprintf("%v", tc.expected) {\n'
        "\t\t\t\tt.Errorf(\"expected '%s', got '%s'\", tc.expected, tc.actual)\n\t\t\t}\n\t\t})\n\t}\n}\n",
        "answer": "    sum := 0\n    if b != nil {\n        sum = *b\n    }\n"
        "    for _, one := range a {\n        sum += one\n    }\n    return sum\n",
    },
    "rust": {
        "name": "HumanEval_0_add",
        "language": "rs",
        "prompt": "/// Adds {1, 2}.\nfn add(a: Vec<isize>, b: Option<isize>) -> isize {\n",
        "tests": "}\n\nfn main() {\n    let candidate = add;\n    assert_eq!(candidate(vec![1, 2], Some(3)), 6);\n"
        "    assert_eq!(candidate(Vec::<isize>::new(), None), 0);\n}\n",
        "answer": "    a.iter().sum::<isize>() + b.unwrap_or(0)\n",
    },
}
"""Rows in MultiPL-E's shape by language, with a right answer, which the benchmark does not have."""
INTERPRETED = {
    "typescript": {
        "name": "HumanEval_0_add",
        "language": "ts",
        "prompt": "//Adds.\nfunction add(a: number[], b: number | undefined): number {\n",
        "tests": "declare var require: any;\nconst assert = require('node:assert');\n\n\nfunction test() {\n"
        "  let candidate = add;\n  assert.deepEqual(candidate([1, 2], 3),6);\n"
        "  assert.deepEqual(candidate([], undefined),0);\n}\n\ntest();",
        "answer": "  let sum: number = b ?? 0;\n  for (const one of a) sum += one;\n  return sum;\n}\n",
    },
    "ruby": {
        "name": "HumanEval_0_add",
        "language": "rb",
        "prompt": "# Adds.\ndef add(a, b)\n",
        "tests": "require 'test/unit'\nclass TestHumanEval < Test::Unit::TestCase\n  def test_add\n"
        "    candidate = method(:add)\n    assert_equal(6, candidate.call([1, 2], 3))\n"
        "    assert_equal(0, candidate.call([], nil))\n  end\nend\n",
        "answer": "  a.sum + (b || 0)\nend\n",
    },
    "php": {
        "name": "HumanEval_0_add",
        "language": "php",
        "prompt": "<?php\n// Adds.\nfunction add($a, $b) {\n",
        "tests": "function candidate(...$args) {\n    return add(...$args);\n}\n\nfunction test(): void {\n"
        '    if (candidate(array(1, 2), 3) !== 6) { throw new Exception("Test failed!"); }\n'
        '    if (candidate(array(), null) !== 0) { throw new Exception("Test failed!"); }\n}\n\ntest();',
        "answer": "    return array_sum($a) + ($b ?? 0);\n}\n",
    },
}
"""The same in languages that are run as they are written."""
HUMANEVAL_X_RUST = {
    "task_id": "Rust/0",
    "prompt": "\n/*\n Adds to every one.\n*/\n",
    "declaration": "\nuse std::{cmp::{max, self}, collections::{HashSet, HashMap}};\nuse rand::Rng;\n"
    "use regex::Regex;\nuse md5;\n\nfn add(numbers:Vec<i32>, names: &str) -> HashMap<String, i32>{\n",
    "canonical_solution": "\n    names.split(' ').map(String::from).zip(numbers.iter().map(|n| max(*n, 0) + 1))"
    ".collect()\n}\n",
    "test": "\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn test_add() {\n"
    '        assert_eq!(add(vec![1, -2], "a b").get("a"), Some(&2));\n'
    '        assert!(add(vec![], "").is_empty());\n    }\n\n}\n',
    "example_test": "None",
}
"""HumanEval-X's shape in Rust: the declaration is not in the prompt, and names packages that are not there."""
ROWS = (HUMANEVAL, HUMANEVAL_X, HUMANEVAL_PACK, MBPP, MBPP_SANITIZED, MULTIPL_E)
