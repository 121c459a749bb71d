"""Compiled languages: the program and its tests become two executables, each built in the sandbox and kept apart."""

from graftwork.sandbox.compiled.compiler import Compiler, SourceError
from graftwork.sandbox.compiled.cpp import find_cpp
from graftwork.sandbox.compiled.go import find_go
from graftwork.sandbox.compiled.java import find_java
from graftwork.sandbox.compiled.rust import find_rust

__all__ = ["COMPILERS", "Compiler", "SourceError"]

COMPILERS = {"cpp": find_cpp, "java": find_java, "go": find_go, "rust": find_rust}
"""Language -> what finds its compiler on this machine, None if there is none."""
