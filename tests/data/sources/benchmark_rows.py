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
ROWS = (HUMANEVAL, HUMANEVAL_X, HUMANEVAL_PACK, MBPP, MBPP_SANITIZED, MULTIPL_E)
