import gc
import json
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file

from graftwork.components.mapped import map_file

TENSORS = {
    "a.weight": torch.arange(6.0).reshape(2, 3),
    "b": torch.arange(4).to(torch.bfloat16),
    "nothing": torch.empty(0, 3),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.safetensors"
    save_file(TENSORS, path, metadata={"format": "pt"})
    return path


def test_tensors_are_those_that_safetensors_reads(path: Path) -> None:
    mapped, read = map_file(path), load_file(path)
    assert mapped.keys() == read.keys()
    assert all(mapped[name].dtype == read[name].dtype and mapped[name].equal(read[name]) for name in read)


def test_what_is_written_into_them_stays_out_of_the_file(path: Path) -> None:
    before = path.read_bytes()
    map_file(path)["a.weight"].fill_(7)
    assert path.read_bytes() == before


def changed(path: Path, **tensor: object) -> Path:
    """The file with another header for its first tensor."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["a.weight"] |= tensor
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    return path


@pytest.mark.parametrize(
    "tensor",
    [
        {"shape": [2, 4]},
        {"data_offsets": [0, 4000]},
        {"data_offsets": [-24, 0]},
        {"dtype": "F8"},
        {"shape": None},
        {"shape": ["x"]},
        {"more": 1},
    ],
)
def test_a_header_that_cannot_be_is_refused(path: Path, tensor: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"header is damaged|lies where it cannot"):
        map_file(changed(path, **tensor))


@pytest.mark.parametrize("spaces", range(1, 8))
def test_a_header_of_any_length_will_do(path: Path, spaces: int) -> None:
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + length] + b" " * spaces
    path.write_bytes(len(header).to_bytes(8, "little") + header + content[8 + length :])
    assert all(map_file(path)[name].equal(tensor) for name, tensor in TENSORS.items())


@pytest.mark.parametrize("size", [0, 4, 20])
def test_a_file_that_is_cut_is_refused(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match="header is not whole"):
        map_file(path)


def test_reading_again_and_again_keeps_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "many.safetensors"
    save_file({f"t{number}": torch.zeros(4) for number in range(100)}, path)

    def grown(times: int) -> int:
        gc.collect()
        before = psutil.Process().memory_info().rss
        for _ in range(times):
            map_file(path)
        gc.collect()
        return psutil.Process().memory_info().rss - before

    grown(300)
    assert grown(1000) < 2_000_000  # 64 bytes a tensor would be 6.4 MB
