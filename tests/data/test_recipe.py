from pathlib import Path
from typing import Any

import pytest

from graftwork.data.example import Example
from graftwork.data.recipe import TaskConfig, build_task
from graftwork.data.sources.folder import FolderSource
from graftwork.data.sources.stdlib import StdlibSource
from graftwork.errors import InputError
from graftwork.evaluation.encode import prompt_for
from graftwork.metrics import score_predictions

GENERATED = {"kind": "generated", "train": 8, "validation": 3, "test": 4}


def config(*subsets: dict[str, Any], language: str = "python") -> TaskConfig:
    return TaskConfig.read({"name": "one", "language": language, "subsets": subsets}, "recipe")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Twenty files of one documented function each; one of them is also in the last."""
    folder = tmp_path / "code"
    folder.mkdir()
    for number in range(20):
        name = f"measure_{'abcdefghijklmnopqrst'[number] * 3}"
        text = f'def {name}(values):\n    """Measure the values in way {number}."""\n'
        text += f"    {name}_size = len(values) * {number} + sum(values[:{number}])\n"
        text += f"    return {name}_size // {number + 2}\n"
        (folder / f"file_{number:02}.py").write_text(text)
    (folder / "file_19.py").write_text((folder / "file_00.py").read_text())
    return folder


def mined(code: Path, **rest: Any) -> dict[str, Any]:
    return {"kind": "mined", "sources": [str(code)], "split": {"validation": 0.2, "test": 0.2}, **rest}


def test_a_generated_subset_has_the_asked_number_of_examples() -> None:
    (subset,) = build_task(config(GENERATED)).task.subsets
    assert {split: len(examples) for split, examples in subset.splits.items()} == {
        "train": 8,
        "validation": 3,
        "test": 4,
    }


def test_generated_examples_carry_their_problem_key_and_tests() -> None:
    examples = list(build_task(config(GENERATED)).task.examples("test"))
    assert len({example.origin for example in examples}) == 4
    assert all(len(example.tests) == 3 for example in examples)


def test_the_problems_are_the_same_ones_in_every_language() -> None:
    tasks = [build_task(config(GENERATED, language=language)).task for language in ("python", "java")]
    python, java = ([(one.origin, one.description) for one in task.examples("train")] for task in tasks)
    assert python == java
    assert not {one.target for one in tasks[0].examples("train")} & {one.target for one in tasks[1].examples("train")}


def test_another_seed_gives_other_problems() -> None:
    tasks = [build_task(config({**GENERATED, "seed": seed})).task for seed in (1, 2)]
    assert tasks[0].digest != tasks[1].digest


def test_no_generated_problems_in_a_language_says_so_and_where() -> None:
    with pytest.raises(InputError, match="subset 'generated': no generated problems in 'csharp'; known are cpp, go"):
        build_task(config(GENERATED, language="csharp"))


def test_equal_recipes_give_equal_tasks(code: Path) -> None:
    first, second = (build_task(config(mined(code), GENERATED)) for _ in range(2))
    assert first == second


def test_a_mined_subset_holds_the_functions_of_its_sources(code: Path) -> None:
    task = build_task(config(mined(code))).task
    names = [example.name for split in ("train", "validation", "test") for example in task.examples(split)]
    assert len(names) == len(set(names)) == 19
    assert names[0].startswith("measure_")


def test_limits_cut_each_split_and_leave_the_others_alone(code: Path) -> None:
    (whole,) = build_task(config(mined(code))).task.subsets
    (cut,) = build_task(config(mined(code, train=2, test=1))).task.subsets
    assert (cut.train, cut.validation, cut.test) == (whole.train[:2], whole.validation, whole.test[:1])


def test_the_origin_of_a_subset_says_its_source_and_what_was_dropped(code: Path) -> None:
    built = build_task(config(mined(code), GENERATED))
    assert built.origins["mined"].source == f"{code}: 19 functions"
    assert sum(built.origins["mined"].dropped.values()) == 1
    assert built.origins["generated"].source == "generated problems, seed 0"


def test_only_mined_subsets_have_a_mining_report(code: Path) -> None:
    built = build_task(config(mined(code), GENERATED))
    assert {name: report.kept for name, report in built.reports.items()} == {"mined": 19}


def test_progress_is_told_by_subset_and_by_file(code: Path) -> None:
    told: list[str] = []
    files: list[tuple[int, int]] = []
    build_task(config(mined(code), GENERATED), told.append, lambda done, total: files.append((done, total)))
    assert told == ["one: mined", "one: generated"]
    assert files[-1] == (20, 20)


def test_sources_are_written_short_or_as_mappings(code: Path) -> None:
    (subset,) = config(mined(code) | {"sources": ["stdlib", {"kind": "folder", "path": str(code)}]}).subsets
    assert subset.kind == "mined"
    assert subset.sources == (StdlibSource(), FolderSource(path=str(code)))


def test_an_unknown_kind_of_subset_is_refused() -> None:
    with pytest.raises(InputError, match=r"recipe: subsets.0: unknown kind 'genrated'; did you mean 'generated'\?"):
        config({"kind": "genrated"})


def test_an_unknown_key_of_a_subset_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"recipe: subsets.0.generated: unknown key 'tests'; did you mean 'test'\?"):
        config({**GENERATED, "tests": 3})


def test_a_source_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="no such folder"):
        config({"kind": "mined", "sources": ["/no/such/folder"]})


def test_a_task_needs_a_subset() -> None:
    with pytest.raises(InputError, match="recipe: subsets: .*at least 1 item"):
        config()


def test_a_split_without_examples_is_refused(code: Path) -> None:
    with pytest.raises(InputError, match="task 'one', subset 'mined': the test split is empty"):
        build_task(config(mined(code, split={"validation": 0.2, "test": 0.0})))


# Copying, the protocol of the study that this package follows


def splits(code: Path, **rest: Any) -> dict[str, tuple[Example, ...]]:
    (subset,) = build_task(config(mined(code, **rest))).task.subsets
    return subset.splits


def test_copying_asks_for_a_function_by_itself_and_in_tests_by_its_first_half(code: Path) -> None:
    copying = splits(code, pairs="copying")
    for split in ("train", "validation"):
        assert all(one.description == one.target for one in copying[split])
    for one in copying["test"]:
        assert one.description == one.target[: len(one.target) // 2]


def test_copying_leaves_the_functions_and_their_splits_as_they_are(code: Path) -> None:
    plain, copying = splits(code, train=5), splits(code, train=5, pairs="copying")
    for split, examples in plain.items():
        assert [(one.target, one.origin, one.name) for one in examples] == [
            (one.target, one.origin, one.name) for one in copying[split]
        ]


def test_copying_gives_every_pair_its_own_id(code: Path) -> None:
    plain, copying = (
        {one.id for examples in splits(code, pairs=pairs).values() for one in examples}
        for pairs in ("description", "copying")
    )
    assert len(plain) == len(copying) == 19
    assert not plain & copying


def test_the_copy_rate_of_a_copied_prompt_is_counted_against_the_prompt(code: Path) -> None:
    (example, *_) = splits(code, pairs="copying")["test"]
    prompt = prompt_for(example, "{description}")
    assert prompt == example.description
    assert score_predictions([prompt], [example.target], "python", [prompt]).corpus["copy_rate"] == 1
    assert 0 < score_predictions([example.target], [example.target], "python", [prompt]).corpus["copy_rate"] < 1


# Families of generated problems


def test_a_generated_subset_takes_its_families_in_turn() -> None:
    families = ["basic", "stateful", "recursive", "two-inputs"]
    built = build_task(config({**GENERATED, "families": families}, language="go"))
    targets = [one.target for one in built.task.examples("train")]
    assert len(targets) == 8
    assert [(", other" in target, target.count("solve(") > 1) for target in targets[2:4]] == [
        (False, True),
        (True, False),
    ]
    assert built.origins["generated"].source == "generated problems (basic, stateful, recursive, two-inputs), seed 0"


def test_basic_problems_are_the_default_and_leave_the_task_as_it_was() -> None:
    assert build_task(config(GENERATED)).task == build_task(config({**GENERATED, "families": ["basic"]})).task


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="families.*'basic', 'stateful', 'recursive' or 'two-inputs'.*'harder'"):
        config({**GENERATED, "families": ["harder"]})


def test_a_family_named_twice_is_refused_with_its_subset() -> None:
    with pytest.raises(InputError, match="subset 'generated': families .*; name at least one, and none twice"):
        build_task(config({**GENERATED, "families": ["basic", "basic"]}))
