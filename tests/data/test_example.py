import json
from pathlib import Path

from graftwork.data.example import make_example, write_examples


def test_equal_content_has_an_equal_id_wherever_it_comes_from() -> None:
    a = make_example("python", "Say it.", "def f(): pass", origin="a.py", name="f")
    b = make_example("python", "Say it.", "def f(): pass", origin="b.py")
    assert a.id == b.id
    assert len(a.id) == 16


def test_other_content_has_another_id() -> None:
    base = ("python", "Say it.", "def f(): pass")
    others = [("ruby", *base[1:]), ("python", "Say.", base[2]), (*base[:2], "def g(): pass")]
    assert len({make_example(*content).id for content in [base, *others]}) == 4


def test_the_id_is_the_same_on_every_machine() -> None:
    assert make_example("python", "Say it.", "def f(): pass").id == "732dd214a395437f"


def test_examples_are_written_one_a_line_with_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "made" / "examples.jsonl"
    write_examples(path, [make_example("python", "Grüße", "x\ny", signature="s", origin="o", name="n")] * 2)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert list(json.loads(lines[0])) == ["id", "language", "description", "target", "signature", "origin", "name"]
    assert json.loads(lines[1])["target"] == "x\ny"
