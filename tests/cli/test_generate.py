import json
import shutil
from pathlib import Path

import pytest
import torch

from graftwork.components import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.lora import LoRAConfig
from graftwork.models.load import load_base
from tests.cli.conftest import Call, Ended
from tests.components.support import disturb
from tests.study.support import save_base

PROMPTS = ("Add one.", "Generate python: Keep the even numbers.", "x")


@pytest.fixture(scope="module")
def adapters(material: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two adapters on disk that write other things than the base."""
    folders = {}
    for seed, name in enumerate(("one", "two"), start=1):
        grafts = Grafts(load_base(str(material / "base")))
        grafts.add(name, {"lora": LoRAConfig(rank=4, alpha=8 * seed)})
        disturb(grafts)
        folders[name] = tmp_path_factory.mktemp("adapters") / name
        grafts.save(name, folders[name])
    return folders


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny decoder-only base in a folder."""
    return save_base(tmp_path_factory.mktemp("llama") / "base", family="llama")


@pytest.fixture
def generate(call: Call, material: Path) -> Call:
    """Runs ``graftwork generate`` on the tiny base."""

    def generate(*arguments: str | Path) -> Ended:
        return call("generate", "--base", material / "base", "--max-new-tokens", "5", *arguments)

    return generate


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def text_of(ended: Ended) -> str:
    assert (ended.code, ended.err) == (0, "")
    return ended.out.removesuffix("\n")


def test_one_prompt_prints_the_text_alone(generate: Call, material: Path) -> None:
    base = load_base(str(material / "base"))
    tokens = base.tokenizer(PROMPTS[0], add_special_tokens=False, return_tensors="pt").input_ids
    end = tokens.new_tensor([[base.tokenizer.eos_token_id]])
    expected = base.model.generate(input_ids=tokens.new_tensor([[*tokens[0], *end[0]]]), max_new_tokens=5)
    assert text_of(generate(PROMPTS[0])) == base.tokenizer.decode(expected[0], skip_special_tokens=True)


def test_a_decoder_only_base_goes_on_behind_the_prompt(call: Call, llama: Path) -> None:
    base = load_base(str(llama))
    tokens = base.tokenizer(PROMPTS[0] + "\n", return_tensors="pt").input_ids[:, :-1]  # without the end token
    expected = base.model.generate(input_ids=tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=5)
    text = base.tokenizer.decode(expected[0, tokens.shape[1] :], skip_special_tokens=True)
    assert text_of(call("generate", "--base", llama, "--max-new-tokens", "5", PROMPTS[0])) == text


def test_rows_of_a_decoder_only_base_name_their_adapters(call: Call, llama: Path, rows: Path, tmp_path: Path) -> None:
    grafts = Grafts(load_base(str(llama)))
    grafts.add(
        "one", {"lora": LoRAConfig(rank=4, alpha=8, targets="all-linear"), "layer": ExtraLayerConfig(stack="decoder")}
    )
    disturb(grafts)
    grafts.save("one", tmp_path / "one")
    options = ("generate", "--base", llama, "--adapter", tmp_path / "one", "--max-new-tokens", "5")
    write(rows, *({"prompt": prompt, "adapter": name} for prompt, name in zip(PROMPTS, ("one", None, "one"))))
    printed = [json.loads(line)["prediction"] for line in text_of(call(*options, "--input", rows)).split("\n")]
    assert printed[0] == text_of(call(*options, PROMPTS[0]))
    assert printed[1] == text_of(call("generate", "--base", llama, "--max-new-tokens", "5", PROMPTS[1]))
    assert printed[2] == text_of(call(*options, PROMPTS[2]))


def test_an_adapter_changes_what_is_written(generate: Call, adapters: dict[str, Path]) -> None:
    texts = [
        text_of(generate(PROMPTS[1], *options)) for options in ((), *(("--adapter", a) for a in adapters.values()))
    ]
    assert len(set(texts)) == 3


def test_rows_are_printed_again_with_their_predictions(generate: Call, rows: Path) -> None:
    write(rows, {"prompt": PROMPTS[0], "id": 7}, {"prompt": PROMPTS[1]})
    printed = [json.loads(line) for line in text_of(generate("--input", rows)).split("\n")]
    assert [row["id"] for row in printed[:1]] == [7]
    assert [row["prediction"] for row in printed] == [text_of(generate(prompt)) for prompt in PROMPTS[:2]]


def test_rows_name_their_adapters(generate: Call, rows: Path, adapters: dict[str, Path]) -> None:
    names = ("two", None, "one")
    write(rows, *({"prompt": prompt, "adapter": name} for prompt, name in zip(PROMPTS, names)))
    both = [word for folder in adapters.values() for word in ("--adapter", folder)]
    printed = [json.loads(line) for line in text_of(generate("--input", rows, *both)).split("\n")]
    for row, prompt, name in zip(printed, PROMPTS, names):
        assert row["prediction"] == text_of(generate(prompt, *(("--adapter", adapters[name]) if name else ())))


def test_adapters_of_one_name_are_told_apart_by_another(
    generate: Call, rows: Path, adapters: dict[str, Path], tmp_path: Path
) -> None:
    again = Path(shutil.copytree(adapters["two"], tmp_path / "a=b"))  # an equals sign may stand in a path
    write(rows, {"prompt": PROMPTS[1], "adapter": "two"}, {"prompt": PROMPTS[1], "adapter": "other"})
    options = ("--adapter", again, "--adapter", f"other={adapters['two']}")
    printed = [json.loads(line)["prediction"] for line in text_of(generate("--input", rows, *options)).split("\n")]
    assert printed == [text_of(generate(PROMPTS[1], "--adapter", adapters["two"]))] * 2


def test_rows_that_name_none_use_the_only_adapter(generate: Call, rows: Path, adapters: dict[str, Path]) -> None:
    write(rows, {"prompt": PROMPTS[0]})
    printed = json.loads(text_of(generate("--input", rows, "--adapter", adapters["one"])))
    assert printed["prediction"] == text_of(generate(PROMPTS[0], "--adapter", adapters["one"]))


def test_rows_that_name_none_of_several_use_the_base(generate: Call, rows: Path, adapters: dict[str, Path]) -> None:
    write(rows, {"prompt": PROMPTS[0]})
    both = [word for folder in adapters.values() for word in ("--adapter", folder)]
    assert json.loads(text_of(generate("--input", rows, *both)))["prediction"] == text_of(generate(PROMPTS[0]))


# What is refused


def refusal(ended: Ended) -> str:
    assert (ended.code, ended.out) == (2, "")
    return ended.line()


def test_a_prompt_or_rows_are_needed(generate: Call, rows: Path) -> None:
    write(rows, {"prompt": "x"})
    for arguments in ((), ("prompt", "--input", rows)):
        assert "give one prompt or --input FILE.jsonl" in refusal(generate(*arguments))


def test_one_prompt_takes_one_adapter(generate: Call, adapters: dict[str, Path]) -> None:
    both = [word for folder in adapters.values() for word in ("--adapter", folder)]
    assert "several adapters for one prompt" in refusal(generate("prompt", *both))


def test_an_unknown_adapter_is_named_with_its_line(generate: Call, rows: Path, adapters: dict[str, Path]) -> None:
    rows.write_text('{"prompt": "x"}\n\n{"prompt": "x", "adapter": "three"}\n')
    message = refusal(generate("--input", rows, "--adapter", adapters["one"]))
    assert message == f"{rows}, line 3: no adapter is called 'three'; the adapters given are one"


@pytest.mark.parametrize("adapter", [["one"], {"one": 1}, 3])
def test_a_name_that_is_no_text_is_unknown(
    generate: Call, rows: Path, adapters: dict[str, Path], adapter: object
) -> None:
    write(rows, {"prompt": "x", "adapter": adapter})
    assert "line 1: no adapter is called" in refusal(generate("--input", rows, "--adapter", adapters["one"]))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "field 'prompt' is missing"),
        ('{"prompt": 3}', "field 'prompt' is not a text"),
        ('{"prompt": "\\ud800"}', "half a character"),
    ],
)
def test_a_malformed_row_is_named_by_its_line(generate: Call, rows: Path, line: str, text: str) -> None:
    rows.write_text(f'{{"prompt": "x"}}\n{line}\n')
    message = refusal(generate("--input", rows))
    assert f"{rows}, line 2: " in message
    assert text in message


def test_an_adapter_given_twice_is_refused(generate: Call, rows: Path, adapters: dict[str, Path]) -> None:
    write(rows, {"prompt": "x"})
    again = ("--adapter", adapters["one"])
    assert "there is an adapter 'one' already" in refusal(generate("--input", rows, *again, *again))


def test_an_adapter_for_another_base_is_refused(call: Call, adapters: dict[str, Path], tmp_path: Path) -> None:
    other = save_base(tmp_path / "other", seed=1)
    message = refusal(call("generate", "--base", other, "--adapter", adapters["one"], "prompt"))
    assert "made for another base" in message
    assert "fingerprint" in message


def test_a_missing_adapter_is_refused(generate: Call, tmp_path: Path) -> None:
    assert "no such folder" in refusal(generate("--adapter", tmp_path / "nowhere", "prompt"))


def test_a_broken_adapter_is_refused(generate: Call, adapters: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    for path in adapters["one"].iterdir():
        data = path.read_bytes()
        (tmp_path / "broken" / path.name).write_bytes(data[:-1] if path.suffix == ".safetensors" else data)
    assert "not a whole safetensors file" in refusal(generate("--adapter", tmp_path / "broken", "prompt"))


def test_a_missing_base_is_refused(call: Call) -> None:
    assert "no such folder" in refusal(call("generate", "--base", "./nowhere", "prompt"))


def test_rows_may_name_adapters_of_a_folder(
    generate: Call, adapters: dict[str, Path], rows: Path, tmp_path: Path
) -> None:
    for name, folder in adapters.items():
        shutil.copytree(folder, tmp_path / "library" / name)
    write(rows, *({"prompt": PROMPTS[0], "adapter": name} for name in ("two", "one", None)))
    given = [argument for name, folder in adapters.items() for argument in ("--adapter", f"{name}={folder}")]
    assert text_of(generate("--adapters", tmp_path / "library", "--input", rows)) == text_of(
        generate(*given, "--input", rows)
    )


def test_an_adapter_that_is_given_twice_is_refused(generate: Call, adapters: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(adapters["one"], tmp_path / "library" / "one")
    rows = write(tmp_path / "rows.jsonl", {"prompt": "x"})
    ended = generate("--adapter", adapters["one"], "--adapters", tmp_path / "library", "--input", rows)
    assert ended.code == 2
    assert "there are two adapters 'one'" in ended.line()
