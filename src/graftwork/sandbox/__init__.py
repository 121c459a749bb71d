"""Running generated code: kept in by the kernel, judged from outside."""

from graftwork.sandbox.limits import Limits
from graftwork.sandbox.runtimes import RUNTIMES, find_runtime
from graftwork.sandbox.sandbox import Sandbox, find_sandbox, probe
from graftwork.sandbox.tier import TIERS
from graftwork.sandbox.trial import CodeTest, Trial, ValueTest, Verdict

__all__ = [
    "RUNTIMES",
    "TIERS",
    "CodeTest",
    "Limits",
    "Sandbox",
    "Trial",
    "ValueTest",
    "Verdict",
    "find_runtime",
    "find_sandbox",
    "probe",
]
