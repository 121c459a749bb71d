"""Hostile programs. Each must not pass its test, and for the reason given: one that fails by mistake proves nothing.

Those that forge face a test of ``solve``; the others have a function ``attack`` that gives ``done`` if it gets through.
"""

from dataclasses import dataclass

REFUSED = r"PermissionError|Operation not permitted|EPERM|EACCES"
ABSENT = rf"{REFUSED}|FileNotFoundError|No such file|ENOENT|Read-only|EROFS"
ENDED = "ended before its tests did"
WRONG = r"^AssertionError$|assertion failed"


@dataclass(frozen=True)
class Attack:
    """A program, what it must fail with, and in which language it is."""

    name: str
    program: str
    reason: str
    test: str = "assert attack() == 'done'"
    language: str = "python"


def forge(name: str, program: str, reason: str = WRONG, test: str = "assert abs(solve(2)) == 5") -> Attack:
    return Attack(name, program, reason, test)


def python(name: str, body: str, reason: str, before: str = "") -> Attack:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Attack(name, f"import os, sys, ctypes\n{before}\ndef attack():\n{lines}\n    return 'done'\n", reason)


def javascript(name: str, body: str, reason: str) -> Attack:
    test = "console.assert(attack() === 'done')"
    return Attack(name, f"function attack() {{\n{body}\nreturn 'done';\n}}", reason, test, "javascript")


def forge_javascript(
    name: str, program: str, reason: str = WRONG, test: str = "console.assert(solve(2) === 5)"
) -> Attack:
    return Attack(name, program, reason, test, "javascript")


def call(name: str, number: int, *arguments: str) -> Attack:
    """A raw system call that must be refused."""
    body = f"""result = ctypes.CDLL(None, use_errno=True).syscall({", ".join([str(number), *arguments])})
if result < 0:
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))"""
    return python(name, body, REFUSED)


SPEAK = """
import json, os
def say(channel, message):
    os.write(channel, json.dumps(message).encode() + b"\\n")
"""

FORGERIES = [
    forge("exit_at_once", "import sys; sys.exit(0)", "SystemExit"),
    forge("leave_at_once", "import os; os._exit(0)", ENDED),
    forge("exit_in_the_function", "def solve(x):\n    raise SystemExit(0)", "SystemExit"),
    forge("leave_in_the_function", "import os\ndef solve(x):\n    os._exit(0)", ENDED),
    forge(
        "equal_to_everything",
        "class All:\n    def __eq__(self, other): return True\n    def __abs__(self): return self\n"
        "def solve(x):\n    return All()",
        "Remote",
    ),
    forge(
        "number_equal_to_everything",
        "class All(int):\n    __eq__ = lambda s, o: True\n    __abs__ = lambda s: s\ndef solve(x):\n    return All(0)",
    ),
    forge(
        "text_that_starts_with_everything",
        "class All(str):\n    startswith = lambda s, o: True\ndef solve(x):\n    return All('')",
        test="assert solve(2).startswith('five')",
    ),
    forge(
        "object_that_starts_with_everything",
        "class All:\n    startswith = lambda s, o: True\ndef solve(x):\n    return All()",
        "object of its own",
        test="assert solve(2).startswith('five')",
    ),
    forge(
        "object_that_holds_everything",
        "class All:\n    __contains__ = lambda s, o: True\n    __iter__ = lambda s: iter([1, 2])\n"
        "def solve(x):\n    return All()",
        test="assert 5 in solve(2)",
    ),
    forge(
        "method_in_a_mapping",
        "def solve(x):\n    return {'count': lambda wanted: True}",
        "objects of its own",
        test="assert solve(2)['count'](5)",
    ),
    forge("another_class_for_the_eye", "class I:\n    __class__ = int\ndef solve(x):\n    return I()", "TypeError"),
    forge(
        "replaced_builtins", "import builtins\nbuiltins.abs = lambda x: 5\nabs = builtins.abs\ndef solve(x): return 0"
    ),
    forge("replaced_assertion_error", "class AssertionError(Exception): pass\ndef solve(x): return 0"),
    forge("hook_on_errors", "import sys\nsys.excepthook = lambda *a: sys.exit(0)\ndef solve(x): return 0"),
    forge("trace", "import sys\nsys.settrace(lambda *a: None)\ndef solve(x): return 0"),
    forge("at_exit", "import atexit, os\natexit.register(lambda: os._exit(0))\ndef solve(x): return 0"),
    forge(
        "verdict_on_every_descriptor",
        "import os\ndef solve(x):\n    for n in (1, 2, 5, *range(6, 64)):\n        try:\n"
        '            os.write(n, b\'{"passed": true, "reason": ""}\\n\')\n        except OSError: pass\n    return 0',
    ),
    forge(
        "answer_before_the_question", SPEAK + "say(4, {'value': {'passed': True}})\nos._exit(0)", f"KeyError|{ENDED}"
    ),
    forge(
        "names_that_nobody_asked_for",
        SPEAK + "os.read(3, 65536)\n"
        "say(4, {'value': {'dict': [['solve', 0], ['abs', 0], ['__builtins__', 0]]}})\n"
        "while True:\n    os.read(3, 65536)\n    say(4, {'value': 0})",
    ),
    forge(
        "names_changed_in_the_question",
        SPEAK + "os.read(3, 65536)\n"
        "say(4, {'value': {'dict': [['solve', 0], ['abs', 0]]}, 'changed': {'0': ['solve', 'abs']}})\n"
        "while True:\n    os.read(3, 65536)\n    say(4, {'value': 0})",
    ),
    forge(
        "replaced_harness",
        "import sys\nwire = sys.modules['graftwork.sandbox.inside.wire']\nmain = sys.modules['__main__']\n"
        "main.encode = wire.encode = lambda value, keep: {'dict': [['__abs__', 5]]}\ndef solve(x): return 0",
        "came back as something else|TypeError|KeyError|ValueError",
    ),
    forge(
        "tests_in_memory",
        "import gc\ndef solve(x):\n    texts = []\n"
        "    texts += [v for o in gc.get_objects() if isinstance(o, dict) for v in o.values()"
        " if isinstance(v, str) and 'ass' + 'ert abs' in v]\n    return 5 if texts else 0",
    ),
    forge(
        "tests_in_the_frames",
        "import sys\ndef solve(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        if 'ass' + 'ert abs' in str(frame.f_locals) + str(frame.f_globals.get('test')): return 5\n"
        "        frame = frame.f_back\n    return 0",
    ),
    forge("tests_in_standard_input", "import os\ndef solve(x):\n    return 5 if b'assert' in os.read(0, 10**6) else 0"),
    forge("built_in_error", "def solve(x):\n    raise StopIteration", "StopIteration"),
    forge("deep_reply", SPEAK + "os.write(4, b'[' * 100_000 + b'\\n')", "RecursionError|JSONDecodeError"),
    forge("no_json", SPEAK + "os.write(4, b'passed\\n')", "JSONDecodeError"),
    forge("endless_reply", "import os\nwhile True: os.write(4, b' ' * 65536)", "too large"),
    forge("closed_channel", "import os\nos.close(4)\ndef solve(x): return 0", ENDED),
    forge_javascript("js_exit", "process.exit(0)", ENDED),
    forge_javascript("js_exit_in_the_function", "const solve = () => process.exit(0)", ENDED),
    forge_javascript(
        "js_reply_of_its_own", 'require("fs").writeSync(5, \'{"passed": true}\\n\'); const solve = () => 0'
    ),
    forge_javascript(
        "js_equal_to_everything",
        "const solve = () => ({ valueOf: () => 5, toString: () => '5' })",
        "object of its own",
        "console.assert(solve(2) == 5)",
    ),
    forge_javascript(
        "js_includes_everything",
        "class All { includes() { return true } }\nconst solve = () => new All()",
        "object of its own",
        "console.assert(solve(2).includes(5))",
    ),
    forge_javascript(
        "js_replaced_json",
        "globalThis.JSON = { stringify: () => 'x', parse: JSON.parse };\nvar solve = () => [0]",
        test="console.assert(JSON.stringify(solve(2)) === JSON.stringify([5]))",
    ),
    forge_javascript("js_replaced_assert", "console.assert = () => {};\nvar solve = () => 0"),
    forge_javascript("js_polluted_prototype", "Object.prototype.passed = true;\nvar solve = () => 0"),
    forge_javascript(
        "js_polluting_reply",
        'const solve = () => JSON.parse(\'{"__proto__": {"right": true}}\')',
        test="console.assert(solve(2).right === true && ({}).right === true)",
    ),
]

FILES = [
    python("read_a_file_of_the_machine", "open('/etc/passwd').read()", ABSENT),
    python("list_the_home_folder", "os.listdir(os.environ.get('HOME') + '/home')", ABSENT),
    python("read_a_process", "open(f'/proc/{os.getppid()}/environ').read()", ABSENT),
    python("write_into_own_memory", "open('/proc/self/mem', 'r+b')", ABSENT),
    python("list_the_processes", "os.listdir('/proc')", ABSENT),
    python("settings_of_the_kernel", "open('/proc/sys/kernel/core_pattern', 'w')", ABSENT),
    python("write_a_temporary_file", "open('/tmp/written', 'w').write('x')", ABSENT),
    python("write_here", "open('written', 'w').write('x')", ABSENT),
    python("write_into_the_library", "open(os.__file__, 'a')", ABSENT),
    python("make_a_folder", "os.mkdir('/tmp/made')", ABSENT),
    python("symlink", "os.symlink('/etc/passwd', '/tmp/link'); open('/tmp/link').read()", ABSENT),
    python("hard_link", "os.link('/etc/passwd', '/tmp/link')", ABSENT),
    python("rename", "os.rename(os.__file__, os.__file__ + 'x')", ABSENT),
    python("remove", "os.remove(os.__file__)", ABSENT),
    python("change_rights", "os.chmod(os.__file__, 0o777)", REFUSED),
    python("change_times", "os.utime(os.__file__)", REFUSED),
    python("device", "open('/dev/mem', 'rb')", ABSENT),
    python("disk", "open('/dev/vda', 'rb')", ABSENT),
    python("terminal", "open('/dev/tty', 'w')", ABSENT),
    python("file_in_memory", "os.memfd_create('x')", REFUSED),
    python("more_descriptors", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (10**6, 10**6))", "Error"),
    python("many_descriptors", "[os.open('/dev/null', os.O_RDONLY) for _ in range(1000)]", "Too many open files"),
    javascript("js_read_a_file", "require('fs').readFileSync('/etc/passwd')", ABSENT),
    javascript("js_write_a_file", "require('fs').writeFileSync('/tmp/written', 'x')", ABSENT),
]

NETWORK = [
    python("socket", "import socket\nsocket.socket()", REFUSED),
    python("connect", "import socket\nsocket.create_connection(('127.0.0.1', 22), 1)", REFUSED),
    python("abstract_socket", "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0x')", REFUSED),
    python("datagrams_from_a_pair", "import socket\nsocket.socketpair(type=socket.SOCK_DGRAM)", REFUSED),
    python("netlink", "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", REFUSED),
    javascript(
        "js_child", "const r = require('child_process').spawnSync('/bin/true'); if (r.error) throw r.error", REFUSED
    ),
    javascript(
        "js_listen",
        "require('net').createServer().listen({ port: 0, host: '127.0.0.1' }).on('error', () => {});\n"
        "if (require('net').createServer().listen(0).address() === null) throw new Error('EPERM')",
        REFUSED,
    ),
]

PROCESSES = [
    python("fork", "os.fork()", REFUSED),
    python("fork_bomb", "while True:\n    os.fork()", REFUSED),
    python("orphan", "os.setsid() if os.getsid(0) != os.getpid() else None\nos.fork()", REFUSED),
    python("shell", "if os.system('true') != 0: raise PermissionError", REFUSED),
    python("child", "import subprocess\nsubprocess.run(['/bin/true'])", ABSENT),
    python("spawn", "os.posix_spawn(sys.executable or '/bin/true', ['x'], {})", ABSENT),
    python("pool", "import multiprocessing\nmultiprocessing.Pool(2)", ABSENT),
    python(
        "thread_bomb",
        "import threading, time\nthreading.stack_size(32768)\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "RuntimeError: can't start new thread",
    ),
    python("signal_the_parent", "os.kill(os.getppid(), 9)", REFUSED),
    python("signal_the_first", "os.kill(1, 9)", REFUSED),
    python("signal_everybody", "os.kill(-1, 9)", REFUSED),
    python("signal_the_group", "os.killpg(0, 9)", REFUSED),
    python("outlive_the_parent", "if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0): raise PermissionError", REFUSED),
    python(
        "limits_of_the_parent", "import resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))", REFUSED
    ),
    python("more_time", "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (600, 600))", "Error"),
    python("superuser", "os.setuid(0) if os.getuid() else os.setgroups([0])", f"{REFUSED}|Invalid argument"),
    python("another_root", "os.chroot('/')", REFUSED),
    call("trace_the_parent", 101, "16", "os.getppid()", "0", "0"),
    call("read_the_parents_memory", 310, "os.getppid()", "0", "0", "0", "0", "0"),
    call("namespace", 272, "0x10000000"),
    call("mount", 165, "0", "b'/tmp'", "b'tmpfs'", "0", "0"),
    call("new_process_by_clone", 56, "17", "0", "0", "0", "0"),
    call("ring", 425, "1", "ctypes.create_string_buffer(120)"),
    call("program_for_the_kernel", 321, "0", "0", "0"),
    call("keys", 250, "0", "-3", "0"),
    call("shared_memory", 29, "0", "4096", "0o1600"),
    call("socket_by_another_number", 0x40000000 + 41, "2", "1", "0"),
    javascript("js_signal_the_parent", "process.kill(process.ppid, 9)", REFUSED),
]

RESOURCES = [
    python("memory", "kept = []\nwhile True:\n    kept.append(bytearray(10**7))", "MemoryError|processor time"),
    python(
        "shared_mapping",
        "import mmap\nkept = []\nwhile True:\n    kept.append(mmap.mmap(-1, 10**8))",
        "Cannot allocate|MemoryError",
    ),
    python("one_large_number", "return len(str(7 ** 10**8))", "processor time|MemoryError|ValueError"),
    python("loop", "while True:\n    pass", "processor time|ran for"),
    python(
        "loop_that_ignores_signals",
        "while True:\n    pass",
        "processor time|ran for",
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)",
    ),
    python("sleep", "import time\ntime.sleep(600)", "ran for"),
    python(
        "deep_recursion",
        "sys.setrecursionlimit(10**9)\nf = lambda n: [f(n + 1)]\nf(0)",
        f"{ENDED}|processor time|ran for|MemoryError|RecursionError",
    ),
    python("endless_output", "while True:\n    print('x' * 10_000)", "printed more"),
    python("endless_errors", "while True:\n    os.write(2, b'x' * 10_000)", "printed more"),
    python("large_value", "return 'x' * (1 << 25)", "too large"),
    python("slow_pattern", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')", "processor time|ran for"),
    javascript("js_loop", "for (;;);", "processor time|ran for"),
    javascript(
        "js_memory",
        "const kept = []; for (;;) kept.push(new Array(1e6).fill(kept.length));",
        f"{ENDED}|processor time|ran for",
    ),
    javascript(
        "js_buffers",
        "const kept = []; for (;;) kept.push(Buffer.alloc(1e8, 1));",
        f"RangeError|allocation|{ENDED}|processor time|ran for",
    ),
    javascript("js_endless_output", "for (;;) console.log('x'.repeat(10000));", "printed more|processor time"),
]

ATTACKS = [*FORGERIES, *FILES, *NETWORK, *PROCESSES, *RESOURCES]
