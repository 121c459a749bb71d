"""Experience replay: a small random sample of earlier examples is trained on along with the new ones.

Chaudhry et al. (2019), "On Tiny Episodic Memories in Continual Learning", https://arxiv.org/abs/1902.10486. With the
buffer M and the ratio r, a task with the examples D is trained on D ∪ S, where S are r·|D| draws from M; a batch has
them in that ratio on average. The buffer is a uniform sample of all earlier examples, by reservoir sampling: of the
n-th example that comes, the chance to be taken into a buffer of size m is m / n, and it takes a random place
(Algorithm R; Vitter 1985, "Random Sampling with a Reservoir", https://doi.org/10.1145/3147.3165).
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal, final

from pydantic import Field

from graftwork.config import Config
from graftwork.continual.method import Method, MethodConfig, TaskTraining
from graftwork.data.example import Example
from graftwork.files import read_json, write_json

__all__ = ["Replay", "ReplayConfig", "Reservoir"]

BUFFER = "buffer.json"


@final
class ReplayConfig(MethodConfig):
    """The whole base, or one set of components, goes on being trained on new examples mixed with earlier ones."""

    kind: Literal["replay"] = "replay"
    buffer_size: int = Field(default=200, ge=1)
    """Most examples that are kept, of all earlier tasks together."""
    ratio: float = Field(default=1.0, gt=0)
    """Replayed examples per new one."""

    def build(self) -> Method:
        """See ``Replay``."""
        return Replay(self)


@final
class Reservoir:
    """A uniform sample of a stream of unknown length."""

    def __init__(self, size: int, held: Iterable[Example] = (), seen: int = 0) -> None:
        """Go on with ``held`` examples after ``seen`` have come by."""
        self._size, self.held, self.seen = size, list(held), seen

    def add(self, example: Example, generator: random.Random) -> None:
        """Let one more example come by."""
        self.seen += 1
        if len(self.held) < self._size:
            self.held.append(example)
        elif (place := generator.randrange(self.seen)) < self._size:
            self.held[place] = example

    def draw(self, count: int, generator: random.Random) -> list[Example]:
        """So many random examples, each as often as any other to within one."""
        drawn: list[Example] = []
        while self.held and len(drawn) < count:
            drawn += generator.sample(self.held, min(len(self.held), count - len(drawn)))
        return drawn


@final
class Replay(Method):
    """Mixes earlier examples in; its state is the reservoir."""

    def __init__(self, config: ReplayConfig) -> None:
        self._config = config
        self._reservoir = Reservoir(config.buffer_size)

    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        """The task's examples and draws from the reservoir."""
        new = training.examples(training.task)
        draws = round(self._config.ratio * len(new))
        return [*new, *self._reservoir.draw(draws, random.Random(training.seed))]

    def after_task(self, training: TaskTraining) -> None:
        """Let the task's examples come by the reservoir."""
        generator = random.Random(training.seed)
        for example in training.examples(training.task):
            self._reservoir.add(example, generator)

    def save(self, folder: Path) -> None:
        """Write the reservoir as JSON."""
        held = tuple(_Kept(**asdict(example)) for example in self._reservoir.held)
        state = _Buffer(seen=self._reservoir.seen, examples=held)
        write_json(folder / BUFFER, state.model_dump(mode="json"))

    def load(self, folders: Sequence[Path]) -> None:
        """Take the reservoir as the last task left it."""
        path = folders[-1] / BUFFER
        state = _Buffer.read(read_json(path), str(path))
        held = [Example(**dict(one)) for one in state.examples]
        self._reservoir = Reservoir(self._config.buffer_size, held, state.seen)


@final
class _Kept(Config):
    """An example on disk."""

    id: str
    language: str
    description: str
    target: str
    signature: str
    origin: str
    tests: tuple[tuple[str, str], ...]
    name: str


@final
class _Buffer(Config):
    """The reservoir on disk."""

    seen: int
    examples: tuple[_Kept, ...]
