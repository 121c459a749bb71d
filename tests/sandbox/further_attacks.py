"""Hostile programs in TypeScript, Ruby and PHP, against a test that wants 5 of ``solve`` or ``done`` of ``attack``."""

from .attacks import ABSENT, ENDED, REFUSED, Attack

DENIED = f"{ABSENT}|Permission denied"
WRONG = f"^RuntimeError: wrong$|{ENDED}"
PASSED = '{"passed": true, "reason": ""}'
TOO_LONG = "processor time|ran for"


def typescript(name: str, program: str, reason: str) -> Attack:
    return Attack(f"ts_{name}", program, reason, "console.assert((solve(2) as number) === 5)", "typescript")


def ruby(name: str, program: str, reason: str = "^RuntimeError: wrong$") -> Attack:
    return Attack(f"ruby_{name}", program, reason, "raise 'wrong' unless solve(2) == 5", "ruby")


def ruby_try(name: str, body: str, reason: str) -> Attack:
    program = f"def attack()\n{body}\n'done'\nend"
    return Attack(f"ruby_{name}", program, reason, "raise 'wrong' unless attack() == 'done'", "ruby")


def php(name: str, program: str, reason: str = "^Exception: wrong$") -> Attack:
    return Attack(f"php_{name}", program, reason, "if (solve(2) !== 5) throw new Exception('wrong');", "php")


def php_try(name: str, body: str, reason: str) -> Attack:
    warned = "set_error_handler(function ($kind, $text) { throw new ErrorException($text); });"
    program = f"function attack() {{ {warned} {body} return 'done'; }}"
    return Attack(f"php_{name}", program, reason, "if (attack() !== 'done') throw new Exception('wrong');", "php")


TYPESCRIPT = [
    typescript("exit", "process.exit(0);", ENDED),
    typescript("exit_in_the_function", "const solve = (x: number): number => process.exit(0);", ENDED),
    typescript(
        "verdict_of_its_own",
        f"require('fs').writeSync(5, '{PASSED}\\n'); const solve = (x: number): number => 0;",
        "assertion failed",
    ),
    typescript("type_that_lies", "const solve = (x: number): number => '5' as any;", "assertion failed"),
    typescript("read_a_file", "const solve = (x: number) => require('fs').readFileSync('/etc/passwd');", ABSENT),
    typescript("endless_types", "type T<N> = T<[N]>; const solve = (x: number): T<1> => 0 as any;", "assertion failed"),
]

RUBY = [
    ruby("exit", "exit(0)", "SystemExit"),
    ruby("leave", "exit!(0)", ENDED),
    ruby("leave_in_the_function", "def solve(x) = exit!(0)", ENDED),
    ruby("at_exit", f"at_exit {{ IO.for_fd(5).syswrite('{PASSED}' + \"\\n\") }}\ndef solve(x) = 0"),
    ruby("verdict_of_its_own", f"IO.for_fd(5).syswrite('{PASSED}' + \"\\n\")\ndef solve(x) = 0"),
    ruby("replies_in_advance", 'IO.for_fd(4).syswrite(%({"defined":true}\\n{"value":0}\\n))\nexit!(0)', WRONG),
    ruby("numbers_equal_to_everything", "class Integer\n  def ==(other) = true\nend\ndef solve(x) = 0", WRONG),
    ruby(
        "object_equal_to_everything",
        "class All\n  def ==(other) = true\nend\ndef solve(x) = All.new",
        "no way to hand over",
    ),
    ruby("text_of_another_class", "class All < String\n  def ==(other) = true\nend\ndef solve(x) = All.new('5')"),
    ruby(
        "wire_of_its_own",
        "module Wire\n  def self.encode(value) = { 'json_class' => 'Judge' }\nend\ndef solve(x) = 0",
        "Error",
    ),
    ruby(
        "tests_in_memory",
        "def solve(x) = ObjectSpace.each_object(String).any? { |s| s[/.+un[l]ess sol/] } ? 5 : 0",
    ),
    ruby("deep_reply", "IO.for_fd(4).syswrite('[' * 100_000 + \"\\n\")\ndef solve(x) = 0", "nesting"),
    ruby("error_of_the_judge", "def solve(x) = raise(SystemExit, 'x')", "SystemExit"),
    ruby_try("read_a_file", "File.read('/etc/passwd')", ABSENT),
    ruby_try("write_a_file", "File.write('/tmp/written', 'x')", ABSENT),
    ruby_try("remove_the_library", "File.delete($LOADED_FEATURES.grep(/json/).first)", ABSENT),
    ruby_try("fork", "fork { }", REFUSED),
    ruby_try("shell", "raise Errno::EPERM unless system('true')", REFUSED),
    ruby_try("signal_the_parent", "Process.kill(:KILL, Process.ppid)", REFUSED),
    ruby_try("system_call_for_a_socket", "syscall(41, 2, 1, 0)", REFUSED),
    ruby_try("memory", "kept = []\nloop { kept << 'x' * 10_000_000 }", "NoMemoryError|failed to allocate"),
    ruby_try("loop", "loop { }", TOO_LONG),
    ruby_try("endless_output", "loop { puts 'x' * 10_000 }", "printed more"),
    ruby_try("large_value", "return 'x' * (1 << 25)", "too large"),
]

PHP = [
    php("exit", "exit(0);", ENDED),
    php("exit_in_the_function", "function solve($x) { exit(0); }", ENDED),
    php(
        "at_exit",
        f"register_shutdown_function(fn() => fwrite(fopen('php://fd/5', 'w'), '{PASSED}' . \"\\n\"));\n"
        "function solve($x) { return 0; }",
    ),
    php(
        "verdict_of_its_own",
        f"fwrite(fopen('php://fd/5', 'w'), '{PASSED}' . \"\\n\");\nfunction solve($x) {{ return 0; }}",
    ),
    php(
        "replies_in_advance",
        "fwrite(fopen('php://fd/4', 'w'), '{\"defined\":true}' . \"\\n\" . '{\"value\":0}' . \"\\n\"); exit;",
        f"^Exception: wrong$|{ENDED}",
    ),
    php("text_for_a_number", "function solve($x) { return '5'; }"),
    php("object", "function solve($x) { return new ArrayObject([5]); }", "no way to hand over"),
    php("wire_of_its_own", "final class GraftworkWire { } function solve($x) { return 0; }", f"{ENDED}|declare class"),
    php("judge_of_its_own", "final class GraftworkJudge { } function solve($x) { return 0; }"),
    php(
        "class_to_make_over_there", "function solve($x) { throw new SplFileObject('/etc/passwd'); }", "Error|Exception"
    ),
    php("opened_by_hand", "fclose(fopen('php://fd/4', 'w')); function solve($x) { return 0; }"),
    php("deep_reply", "fwrite(fopen('php://fd/4', 'w'), str_repeat('[', 100000) . \"\\n\");", "depth"),
    php_try("read_a_file", "file_get_contents('/etc/passwd');", DENIED),
    php_try("write_a_file", "file_put_contents('/tmp/written', 'x');", DENIED),
    php_try("shell", "if (exec('true') === false) throw new Exception('EPERM');", f"{REFUSED}|[Uu]nable to fork"),
    php_try("child", "proc_open(['/bin/true'], [], $pipes);", REFUSED),
    php_try("fork", "if (pcntl_fork() < 0) throw new Exception('EPERM');", f"{REFUSED}|Error 1"),
    php_try("socket", "stream_socket_client('tcp://127.0.0.1:22', $e, $t, 1);", "Unable to connect"),
    php_try(
        "more_memory", "ini_set('memory_limit', '-1'); $k = []; while (true) $k[] = str_repeat('x', 10000000);", ENDED
    ),
    php_try("loop", "set_time_limit(0); while (true);", TOO_LONG),
    php_try("endless_output", "while (true) echo str_repeat('x', 10000);", "printed more"),
    php_try("large_value", "return str_repeat('x', 1 << 25);", "too large"),
]

ATTACKS = [*TYPESCRIPT, *RUBY, *PHP]
