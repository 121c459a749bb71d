from graftwork.report.tables import About, Column, Table, by_approach


def test_a_row_is_about_the_cells_of_its_facets() -> None:
    heads = (Column("Approach", facet="approach"), Column("Task", facet="task"), Column("Score", "number"))
    table = Table("", heads, (("lora", "python", "1"),))
    assert table.row_about(table.rows[0]) == About(approach="lora", task="python")


def test_a_row_about_two_approaches_names_both() -> None:
    heads = (Column("Approach", facet="approach"), Column("Less", facet="approach"))
    assert Table("", heads, ()).row_about(("lora", "hybrid")).marks == {"approach": "lora|hybrid"}


def test_what_is_about_everything_has_no_marks() -> None:
    assert About().marks == {}


def test_columns_by_approach_name_it_first() -> None:
    assert [(column.kind, column.facet) for column in by_approach("BLEU")] == [("text", "approach"), ("number", None)]
