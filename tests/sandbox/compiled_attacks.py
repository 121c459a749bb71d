"""Hostile programs in compiled languages, against a test that wants 2 * x + 1 of ``solve``."""

from dataclasses import dataclass

from graftwork.sandbox import CodeTest

ENDED = "ended before its tests did"
UNBUILT = "^does not compile"
PASSED = '{\\"passed\\":true}\\n'

TESTS = {
    "cpp": CodeTest(
        "#include <assert.h>\nint main() {\n    assert(solve(2) == 5);\n    assert(solve(40) == 81);\n}\n",
        "int solve(int x) {\n",
    ),
    "go": CodeTest(
        'import (\n    "testing"\n    "github.com/stretchr/testify/assert"\n)\n\nfunc TestSolve(t *testing.T) {\n'
        "    assert := assert.New(t)\n    assert.Equal(5, solve(2))\n    assert.Equal(81, solve(40))\n}\n",
        "package main\n\nfunc solve(x int) int {\n",
    ),
    "java": CodeTest(
        "}\npublic class Main {\n    public static void main(String[] args) {\n        Solution s = new Solution();\n"
        "        if (s.solve(2) != 5 || s.solve(40) != 81) throw new AssertionError();\n    }\n}\n",
        "import java.util.*;\nclass Solution {\n    public int solve(int x) {\n",
    ),
    "rust": CodeTest(
        "fn main() {\n    assert_eq!(solve(2), 5);\n    assert_eq!(solve(40), 81);\n}\n",
        "fn solve(x: i32) -> i32 {\n",
    ),
}
RIGHT = {
    "cpp": "int solve(int x) { return 2 * x + 1; }",
    "go": "package main\nfunc solve(x int) int { return 2*x + 1 }",
    "java": "class Solution { public int solve(int x) { return 2 * x + 1; } }",
    "rust": "fn solve(x: i32) -> i32 { 2 * x + 1 }",
}


@dataclass(frozen=True)
class Attack:
    """A program, and what it must fail with."""

    language: str
    name: str
    program: str
    reason: str


def cpp(name: str, before: str, reason: str = "Assertion .* failed", body: str = "return 0;") -> Attack:
    return Attack("cpp", name, f"#include <unistd.h>\n{before}\nint solve(int x) {{ {body} }}\n", reason)


def go(name: str, before: str, reason: str = "^expected 5, got 0$", body: str = "return 0") -> Attack:
    return Attack("go", name, f"package main\n{before}\nfunc solve(x int) int {{ {body} }}\n", reason)


def java(name: str, inside: str, reason: str = "AssertionError", body: str = "return 0;", after: str = "") -> Attack:
    program = f"class Solution {{ {inside} public int solve(int x) {{ {body} }} }}\n{after}\n"
    return Attack("java", name, program, reason)


def rust(name: str, before: str, reason: str = "left: 0", body: str = "0") -> Attack:
    return Attack("rust", name, f"{before}\nfn solve(x: i32) -> i32 {{ {body} }}\n", reason)


_RUST_WRITES = (
    "use std::{fs::File, io::Write, os::fd::FromRawFd};\n"
    "fn say(n: i32, text: &str) { unsafe { File::from_raw_fd(n) }.write_all(text.as_bytes()).unwrap(); }\n"
)
_RUST_EARLY = '#[used]\n#[link_section = ".init_array"]\nstatic EARLY: extern "C" fn() = early;\nextern "C" fn early() '
_JAVA_WRITES = (
    'for (int n : new int[] {1, 2, 4, 5}) try (var out = new java.io.FileOutputStream("/proc/self/fd/" + n)) '
    f'{{ out.write("{PASSED}".getBytes()); }} catch (Exception error) {{ }}'
)

ATTACKS = [
    cpp("exit_at_once", "struct Early { Early() { exit(0); } } early;", ENDED),
    cpp("exit_in_the_function", "", ENDED, "_exit(0);"),
    cpp("say_passed_at_once", f'struct Early {{ Early() {{ write(5, "{PASSED}", 16); _exit(0); }} }} early;', ENDED),
    cpp("print_passed", f'struct Early {{ Early() {{ puts("{PASSED}"); }} }} early;'),
    cpp("assert_without_meaning", "#define NDEBUG\n#undef assert\n#define assert(x)"),
    cpp("main_of_its_own", "int main() { return 0; }"),
    cpp("replies_in_advance", 'struct Early { Early() { write(4, "{\\"value\\":5}\\n", 12); } } early;'),
    cpp("reply_that_is_none", "", "cannot be read|another type", 'write(4, "\\0[[[{\\n", 6); return 5;'),
    cpp("read_a_file", '#include "/etc/passwd"', UNBUILT),
    cpp("read_a_file_by_the_assembler", 'asm(".incbin \\"/etc/passwd\\"");', UNBUILT),
    cpp("look_for_the_tests", '#include "judge.cpp"', UNBUILT),
    cpp("endless_types", "template <int n> struct T { typename T<n + 1>::x x; }; T<0> t;", UNBUILT),
    cpp("start_a_process", "", body="return fork() < 0 ? 0 : 2 * x + 1;"),
    cpp("exception", "", "out of range", 'throw std::out_of_range("out of range");'),
    cpp("endless", "", "processor time|ran for", "for (volatile int i = 0;; i++) {}"),
    go("exit_at_once", "func init() { os.Exit(0) }", ENDED),
    go("exit_in_the_function", "", ENDED, "os.Exit(0); return 0"),
    go("say_passed_at_once", f'func init() {{ os.NewFile(5, "").WriteString("{PASSED}"); os.Exit(0) }}', ENDED),
    go("panic_recovered", "", body="defer func() { recover() }(); panic(5)"),
    go("panic", "", "5", "panic(5)"),
    go("wire_of_its_own", "func wireServe(function any) { os.Exit(0) }", UNBUILT),
    go("judge_of_its_own", "type assertions struct{}\nfunc judge() {}\nfunc TestSolve() {}"),
    go(
        "replies_in_advance",
        'func init() { os.NewFile(4, "").WriteString("{\\"value\\":5}\\n") }',
        "expected 81, got 0",
    ),
    go("read_a_file", 'import _ "embed"\n//go:embed importcfg\nvar text string', UNBUILT),
    go("call_c", 'import "C"', UNBUILT, "return int(C.int(2*x + 1))"),
    go("main_of_its_own", "func main() { os.Exit(0) }"),
    java("exit_at_once", "static { System.exit(0); }", ENDED),
    java("halt_in_the_function", "", ENDED, "Runtime.getRuntime().halt(0); return 0;"),
    java("say_passed_at_once", f"static {{ {_JAVA_WRITES} Runtime.getRuntime().halt(0); }}", ENDED),
    java("print_passed", f'static {{ System.out.print("{PASSED}"); }}'),
    java("wire_of_its_own", "", UNBUILT, after="class Wire { }"),
    java("main_of_its_own", "", after="class Main { public static void main(String[] a) { } }"),
    java("errors_of_its_own", "", after="class AssertionError extends RuntimeException { }"),
    java(
        "start_a_process",
        "",
        "IOException",
        'try { new ProcessBuilder("/bin/true").start(); } '
        "catch (java.io.IOException error) { throw new RuntimeException(error); } return 2 * x + 1;",
    ),
    java("endless_recursion", "", "StackOverflowError", "return solve(x + 1);"),
    rust("exit_at_once", f"{_RUST_EARLY} {{ std::process::exit(0) }}", ENDED),
    rust("exit_in_the_function", "", ENDED, "std::process::exit(0)"),
    rust("say_passed", _RUST_WRITES, ENDED, f'say(5, "{PASSED}"); std::process::exit(0)'),
    rust("reply_that_is_none", _RUST_WRITES, "cannot be read", r'say(4, "[[[{\n"); 0'),
    rust("panic", "", "out of range", 'panic!("out of range")'),
    rust("wire_of_its_own", "mod graftwork_wire { pub fn serve<T>(_: T) {} }", UNBUILT),
    rust("main_of_its_own", "fn main() { std::process::exit(0) }"),
    rust("assert_without_meaning", "macro_rules! assert_eq { ($($t:tt)*) => {}; }"),
    rust("read_a_file", 'const TEXT: &str = include_str!("/etc/passwd");', UNBUILT),
    rust("read_a_file_by_the_assembler", 'std::arch::global_asm!(".incbin \\"/etc/passwd\\"");', UNBUILT),
    rust("look_for_the_tests", 'mod tests { include!("../judge/main.rs"); }', UNBUILT),
    rust("endless_macro", "macro_rules! m { ($($t:tt)*) => { m!($($t)* x); }; }\nm!(x);", UNBUILT),
    rust("start_a_process", "", body='std::process::Command::new("/bin/true").spawn().map_or(0, |_| 2 * x + 1)'),
]
