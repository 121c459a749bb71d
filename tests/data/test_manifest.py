from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.data.example import make_example
from graftwork.data.manifest import Manifest, content_hash
from graftwork.data.task import Subset, Task
from graftwork.errors import InputError

TESTS = (("[1]", "1"), ("[2]", "2"))


def task_of(**splits: tuple[str, str, bool]) -> Task:
    """A task with one example a split, each given as target, origin and whether it has tests."""
    examples = {
        split: (make_example("python", "Say it.", target, origin=origin, tests=TESTS if tested else ()),)
        for split, (target, origin, tested) in splits.items()
    }
    return Task("t", "python", (Subset("s", **examples),))


@given(st.lists(st.text(), max_size=20), st.text())
def test_a_manifest_holds_what_it_was_made_of_and_nothing_else(texts: list[str], other: str) -> None:
    manifest = Manifest.of(content_hash(text) for text in texts)
    assert all(text in manifest for text in texts)
    assert (other in manifest) == (" ".join(other.split()) in {" ".join(text.split()) for text in texts})


def test_layout_does_not_hide_a_copy() -> None:
    assert content_hash("def f(x):\n    return x\n") == content_hash("  def f(x):\r\n\treturn   x")


def test_the_order_and_repetitions_do_not_matter() -> None:
    hashes = [content_hash(text) for text in "abc"]
    assert np.array_equal(Manifest.of(hashes).hashes, Manifest.of([*reversed(hashes), *hashes]).hashes)


def test_hashes_keep_all_their_64_bits() -> None:
    assert Manifest.of([2**64 - 1, 0]).hashes.tolist() == [0, 2**64 - 1]


def test_an_empty_manifest_holds_nothing() -> None:
    assert "" not in Manifest.of([])


def test_writing_and_reading_gives_the_same_manifest(tmp_path: Path) -> None:
    manifest = Manifest.of([content_hash("a"), content_hash("b")])
    manifest.write(tmp_path / "base" / "hashes.safetensors")
    assert np.array_equal(Manifest.read(tmp_path / "base" / "hashes.safetensors").hashes, manifest.hashes)


@pytest.mark.parametrize("content", [b"", b"junk" * 9, None])
def test_a_damaged_or_missing_manifest_is_wrong_input(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "hashes.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="not a readable manifest .*; restore it with its base"):
        Manifest.read(path)


def test_a_file_of_other_tensors_is_no_manifest(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"weights": np.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="not a readable manifest"):
        Manifest.read(tmp_path / "model.safetensors")


def test_held_out_targets_that_were_seen_are_found() -> None:
    task = task_of(train=("a", "1", False), validation=("b", "2", False), test=("c", "3", False))
    seen = Manifest.of([content_hash("b"), content_hash("c")])
    assert [example.target for example in seen.seen([task])] == ["b", "c"]


def test_training_examples_may_have_been_seen() -> None:
    task = task_of(train=("a", "1", False), validation=("b", "2", False), test=("c", "3", False))
    assert Manifest.of([content_hash("a")]).seen([task]) == []


def test_a_problem_seen_in_another_language_is_found_by_its_key() -> None:
    task = task_of(train=("a", "1", True), validation=("b", "2", True), test=("c", "3", True))
    assert [example.origin for example in Manifest.of([content_hash("3")]).seen([task])] == ["3"]


def test_a_file_name_is_no_problem_key() -> None:
    task = task_of(train=("a", "1", False), validation=("b", "2", False), test=("c", "3", False))
    assert Manifest.of([content_hash("3")]).seen([task]) == []
