import pytest

from graftwork.languages.typescript import TYPESCRIPT


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("export function f<T>(a: T): T {\n  return a as T;\n}", "f"),
        ("export const f = (a: number): number => a;", "f"),
        ("async function f(a?: string): Promise<void> {\n}", "f"),
    ],
)
def test_functions_keep_their_types(code: str, name: str) -> None:
    (function,) = TYPESCRIPT.documented_functions(f"/** Say it. */\n{code}\n")
    assert (function.name, function.documentation, function.code) == (name, "Say it.", code)


@pytest.mark.parametrize("code", ["private f(a: string): void {}", "f = (): number => 1;"])
def test_members_of_classes_are_functions(code: str) -> None:
    (function,) = TYPESCRIPT.documented_functions(f"abstract class A {{\n  /** Say it. */\n  {code}\n}}\n")
    assert function.name == "f"
    assert TYPESCRIPT.parses(function.code)


@pytest.mark.parametrize("code", ["function f(a: string): void;", "declare function f(): void;"])
def test_declarations_without_a_body_are_none(code: str) -> None:
    assert list(TYPESCRIPT.documented_functions(f"/** Say it. */\n{code}\n")) == []
