import random

import pytest

from graftwork.data.example import Example, make_example
from graftwork.data.splits import SplitConfig, Splits, split_examples, split_origins
from graftwork.errors import InputError


def examples(files: int = 60, each: int = 5) -> list[Example]:
    return [
        make_example("python", "Say it.", f"def f_{file}_{number}(a): return {file} * a", origin=f"pkg:{file}.py")
        for file in range(files)
        for number in range(each)
    ]


def parts(splits: Splits) -> list[tuple[Example, ...]]:
    return [splits.train, splits.validation, splits.test]


def test_no_file_is_in_two_splits() -> None:
    origins = [{example.origin for example in part} for part in parts(split_examples(examples()))]
    assert all(origins)
    assert sum(map(len, origins)) == len(set().union(*origins)) == 60


def test_the_split_of_a_file_is_the_same_on_every_machine() -> None:
    sizes = {f"{name}.py": 1 for name in ("ast", "json", "os", "abc", "re", "csv")}
    chosen = split_origins(sizes, SplitConfig(validation=0.34, test=0.34))
    assert {name for name, split in chosen.items() if split == "test"} == TEST


TEST = {"abc.py", "os.py"}


def test_each_share_is_met_within_half_a_file() -> None:
    sizes = {f"{number}.py": 1 + number % 30 for number in range(400)}
    chosen = split_origins(sizes, SplitConfig(validation=0.2, test=0.3))
    for split, share in (("validation", 0.2), ("test", 0.3)):
        assert abs(sum(sizes[name] for name in chosen if chosen[name] == split) - share * sum(sizes.values())) <= 15


def test_a_huge_file_trains() -> None:
    sizes = {"huge.py": 900, **{f"{number}.py": 1 for number in range(100)}}
    assert split_origins(sizes, SplitConfig())["huge.py"] == "train"


def test_a_share_of_nothing_is_nothing() -> None:
    assert set(split_origins({"a.py": 1, "b.py": 5}, SplitConfig(validation=0, test=0)).values()) == {"train"}


def test_the_order_of_the_examples_does_not_matter() -> None:
    shuffled = examples()
    random.Random(1).shuffle(shuffled)
    assert split_examples(shuffled) == split_examples(examples())


def test_the_first_of_a_split_are_not_all_of_one_file() -> None:
    assert len({example.origin for example in split_examples(examples()).train[:20]}) > 8


def test_a_function_of_two_splits_stays_in_test_alone() -> None:
    same = "def same(a, b): return a + b"
    copied = [make_example("python", f"Say {file}.", same, origin=str(file)) for file in range(50)]
    splits = split_examples(copied)
    assert not splits.train
    assert not splits.validation
    assert len(splits.test) + splits.dropped == 50


def test_a_near_duplicate_of_a_test_function_is_not_trained_on() -> None:
    body = " + ".join(f"part_{number}(a)" for number in range(60))
    near = [make_example("python", "Say.", f"def f(a): return {body} + {file}", origin=str(file)) for file in range(50)]
    assert not split_examples(near).train
    assert split_examples(near, SplitConfig(near_duplicates=None)).train


def test_another_salt_gives_another_division() -> None:
    assert split_examples(examples(), SplitConfig(salt="b")).test != split_examples(examples()).test


def test_something_must_be_left_to_train_on() -> None:
    with pytest.raises(InputError, match="leave nothing to train on"):
        SplitConfig.read({"validation": 0.5, "test": 0.5}, "recipe: splits")
