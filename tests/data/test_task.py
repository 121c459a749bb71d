import pytest

from graftwork.data.example import make_example
from graftwork.data.task import Subset, Task
from graftwork.errors import InputError

A, B, C = (make_example("python", "Say it.", target) for target in ("a", "b", "c"))
SUBSET = Subset("mined", (A,), (B,), (C,))


def test_examples_of_a_split_come_subset_after_subset() -> None:
    task = Task("python", "python", (SUBSET, Subset("generated", (B,), (A,), (A,))))
    assert list(task.examples("train")) == [A, B]
    assert list(task.examples("test")) == [C, A]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_an_empty_split_is_refused_by_name(split: str) -> None:
    subset = Subset("mined", **{**SUBSET.splits, split: ()})
    with pytest.raises(InputError, match=f"task 'python', subset 'mined': the {split} split is empty"):
        Task("python", "python", (subset,))


def test_a_task_without_subsets_is_refused() -> None:
    with pytest.raises(InputError, match="no subset"):
        Task("python", "python", ())


def test_two_subsets_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="one name"):
        Task("python", "python", (SUBSET, SUBSET))


def test_equal_content_has_an_equal_digest() -> None:
    assert Task("a", "python", (SUBSET,)).digest == Task("b", "python", (SUBSET,)).digest


def test_other_content_has_another_digest() -> None:
    tested = make_example("python", "Say it.", "c", tests=(("[]", "0"),))
    signed = make_example("python", "Say it.", "c", signature="c")
    subsets = [
        SUBSET,
        Subset("other", (A,), (B,), (C,)),
        Subset("mined", (A, C), (B,), (C,)),
        Subset("mined", (A,), (B,), (tested,)),
        Subset("mined", (A,), (B,), (signed,)),
    ]
    assert len({Task("a", "python", (subset,)).digest for subset in subsets}) == 5
