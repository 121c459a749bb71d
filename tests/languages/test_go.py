from graftwork.languages.go import GO


def test_methods_are_found_with_their_receiver() -> None:
    source = "package p\n\n// Len says it.\nfunc (a *A) Len() (n int, err error) {\n\treturn 1, nil\n}\n"
    (function,) = GO.documented_functions(source)
    assert (function.name, function.signature) == ("Len", "func (a *A) Len() (n int, err error) {")
    assert GO.parses(function.code)


def test_orders_to_the_compiler_are_left_out() -> None:
    source = "package p\n\n// F says it.\n//\n//go:noinline\nfunc F() int {\n\treturn 1\n}\n"
    (function,) = GO.documented_functions(source)
    assert function.documentation == "F says it."


def test_functions_without_a_body_are_none() -> None:
    assert list(GO.documented_functions("package p\n\n// F says it.\nfunc F() int\n")) == []


def test_complexity_counts_each_way_to_part() -> None:
    code = (
        "func f(a int) int {\n\tfor i := range x {\n\t\tselect {\n\t\tcase <-c:\n\t\tdefault:\n\t\t}\n\t}\n"
        "\tswitch a {\n\tcase 1:\n\t\treturn 1\n\tdefault:\n\t\treturn 2\n\t}\n\treturn 3\n}"
    )
    assert GO.cyclomatic_complexity(code) == 1 + 3
