"""Grafts: adapters hung on a frozen base by forward hooks, and switched without touching it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel

from graftwork.components.by_row import BranchesByRow, JointByRow, low_rank_parts
from graftwork.components.component import Component, Site
from graftwork.components.kinds import ComponentConfig, build_components, check_adapter
from graftwork.components.plan import Adapter, Plan, plan_of_adapter, plan_of_rows
from graftwork.components.store import VERSION, AdapterRecord, fill, read_adapter, write_adapter
from graftwork.errors import InputError, nearest
from graftwork.files import digest
from graftwork.models.anatomy import ActsOnModules, LowRankPart, anatomy_of
from graftwork.models.fingerprint import model_fingerprint, tensors_fingerprint
from graftwork.models.load import Base

__all__ = ["Grafts", "Selection"]

Selection = str | None | Sequence[str | None]
"""One adapter for all rows, none, or one (or None) for each row of the batch."""


@final
class Grafts(nn.Module, ActsOnModules):
    """Adapters beside a base: a module that holds their parameters alone.

    The base is frozen, keeps its own modules and weights, and gets forward hooks on those that a branch hangs on.
    ``train()`` and ``eval()`` here concern the adapters only, so dropout in the base is a choice of its own; as with
    pretrained models, evaluation is the mode at the start.

    An adapter acts only while it is chosen with ``use`` or ``using``; at the start none is.
    """

    def __init__(self, base: Base | PreTrainedModel) -> None:
        super().__init__()
        model = base.model if isinstance(base, Base) else base
        self.anatomy = anatomy_of(model)
        self.base_name = base.name if isinstance(base, Base) else str(model.config.name_or_path)
        self._base_fingerprint = base.fingerprint if isinstance(base, Base) else None
        self.components = nn.ModuleDict()
        self._shared: dict[str, Component] = {}
        self._adapters: dict[str, Adapter] = {}
        self._hooks: dict[nn.Module, RemovableHandle] = {}
        self._selection: Selection = None
        self._plan: Plan = {}
        self._frozen: list[nn.Parameter] = []
        self.eval()
        self.freeze_base()

    @property
    def model(self) -> PreTrainedModel:
        """The base's model. It is not a submodule: its parameters are not among those of the grafts."""
        return self.anatomy.model

    @property
    def base_fingerprint(self) -> str:
        """Digest of the base's weights as they were when it was loaded (or first asked for)."""
        if self._base_fingerprint is None:
            self._base_fingerprint = model_fingerprint(self.model)
        return self._base_fingerprint

    @property
    def names(self) -> tuple[str, ...]:
        """The adapters' names, in the order they came."""
        return tuple(self._adapters)

    @property
    def selection(self) -> Selection:
        """What was chosen with ``use``."""
        return self._selection

    # The base

    def freeze_base(self) -> None:
        """Stop training the base's parameters; those that were trainable are remembered."""
        trainable = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        for parameter in trainable:
            parameter.requires_grad_(False)
        self._frozen += trainable

    def unfreeze_base(self) -> None:
        """Make those parameters of the base trainable again that ``freeze_base`` stopped training."""
        for parameter in self._frozen:
            parameter.requires_grad_(True)
        self._frozen = []

    def detach(self) -> None:
        """Remove every adapter and hook, and unfreeze the base: it is again as it was given."""
        for name in self.names:
            self.remove(name)
        self.unfreeze_base()

    # Adapters

    def add(
        self,
        name: str,
        components: Mapping[str, ComponentConfig],
        *,
        shared: Mapping[str, str] | None = None,
        seed: int = 0,
    ) -> None:
        """Add an adapter; until it is trained, the model with it is the base, bit for bit.

        Args:
            name: the adapter's name; letters, digits and ``_ @ + # . -`` or blanks.
            components: the configuration of each component, by the component's name in the adapter. At one module,
                shared components act first, in the order of their shared names, then the others in this order.
            shared: for components that several adapters have together, the name under which they share it; the
                first adapter to name it makes it.
            seed: seed of the random weights; the global random state is left as it was.

        Raises:
            InputError: a name is taken or unusable, or a component has no place in the base.
        """
        shared = shared or {}
        check_adapter(name, components, shared, self._adapters)
        self._register(name, self._build(components, shared, seed), shared)

    def remove(self, name: str) -> None:
        """Remove an adapter; hooks and shared components that no other adapter needs go with it."""
        adapter = self._adapter(name)
        named = [self._selection] if isinstance(self._selection, str | None) else self._selection
        if name in named:
            self.use(None)
        del self._adapters[name]
        still_shared = {shared for other in self._adapters.values() for shared in other.shared.values()}
        for component in adapter.components:
            shared_name = adapter.shared.get(component)
            if shared_name is None:
                del self.components[_key(f"{name}/{component}")]
            elif shared_name not in still_shared:
                del self.components[_key(shared_name)]
                del self._shared[shared_name]
        needed = {module for other in self._adapters.values() for module in other.plan}
        for module in [module for module in adapter.plan if module not in needed]:
            self._hooks.pop(module).remove()

    def adopt(self, name: str, components: Mapping[str, Component]) -> None:
        """Add an adapter made of components that another one had, which was removed; nothing of them is shared.

        Args:
            name: as in ``add``.
            components: by name, in the order they act, as ``components_of`` gave them.

        Raises:
            InputError: the name is taken or unusable.
        """
        check_adapter(name, {part: one.config for part, one in components.items()}, {}, self._adapters)  # type: ignore[misc]
        self._register(name, dict(components), {})

    def components_of(self, name: str) -> Mapping[str, Component]:
        """An adapter's components by name, in the order they act."""
        return self._adapter(name).components

    def parameters_of(self, name: str) -> list[nn.Parameter]:
        """Every parameter that training the adapter changes, shared components included."""
        return [parameter for component in self.components_of(name).values() for parameter in component.parameters()]

    def tensors_of(self, name: str) -> dict[str, nn.Parameter]:
        """An adapter's parameters by ``<component>.<name in the component>``, as they are named on disk."""
        return {
            f"{component}.{path}": parameter
            for component, part in self.components_of(name).items()
            for path, parameter in part.tensors().items()
        }

    def tensors_by_kind(self, name: str) -> dict[str, dict[str, nn.Parameter]]:
        """``tensors_of`` by the kind of the component, each of which may have its own learning rate."""
        by_kind: dict[str, dict[str, nn.Parameter]] = {}
        components = self.components_of(name)
        for path, parameter in self.tensors_of(name).items():
            kind: str = components[path.partition(".")[0]].config.kind  # type: ignore[attr-defined]  # every one has it
            by_kind.setdefault(kind, {})[path] = parameter
        return by_kind

    def fingerprint(self, name: str | None) -> str:
        """Digest of the base's weights, the adapter's own and its configuration; of the base alone for None."""
        if name is None:
            return self.base_fingerprint
        configs = [[part, one.config.model_dump(mode="json")] for part, one in self.components_of(name).items()]
        weights = tensors_fingerprint(self.tensors_of(name))
        # Keys are not sorted: of a pattern's keys the first that matches counts.
        return digest(self.base_fingerprint, json.dumps(configs), weights)

    # Switching

    def use(self, selection: Selection) -> None:
        """Choose the adapter that acts: a name, None for the base alone, or one of these for each row of the batch.

        With names by row, the batch may hold each row several times in succession, as beam search makes it.

        Raises:
            InputError: there is no adapter of that name.
        """
        if isinstance(selection, str | None):
            self._plan = {} if selection is None else self._adapter(selection).plan
            self._selection = selection
            return
        if not selection:
            raise InputError("no row is named", "adapters by row", "name one adapter (or None) for each row")
        adapters = [None if name is None else self._adapter(name) for name in selection]
        first = adapters[0]
        if any(adapter is not first for adapter in adapters):
            self._plan = plan_of_rows(adapters)
        else:
            self._plan = {} if first is None else first.plan
        self._selection = tuple(selection)

    @contextmanager
    def using(self, selection: Selection) -> Iterator[None]:
        """``use`` for the length of a ``with`` block; then what was chosen before is chosen again."""
        before = self._selection, self._plan
        self.use(selection)
        try:
            yield
        finally:
            self._selection, self._plan = before

    @contextmanager
    def using_part(self, name: str, acts: Callable[[str, Site], bool]) -> Iterator[None]:
        """Let an adapter act in part, for the length of a ``with`` block: the other branches are as if not there.

        Args:
            name: the adapter's name.
            acts: whether a branch acts, given the name of its component and the site that it hangs on.

        Raises:
            InputError: there is no adapter of that name.
        """
        components = self.components_of(name).items()
        acting = {branch for part, one in components for site, branch in one.grafts() if acts(part, site)}
        with self.using(name):
            plan = self._plan.items()
            self._plan = {module: tuple(step for step in steps if step[0] in acting) for module, steps in plan}
            yield

    @property
    def acting(self) -> object:
        """See ``ActsOnModules.acting``."""
        return self._plan

    def acts_on(self, module: nn.Module) -> bool:
        """See ``ActsOnModules.acts_on``."""
        return bool(self._plan.get(module))

    @property
    def acts_by_row(self) -> bool:
        """Whether rows of a batch are told apart: adapters may be named for each of them."""
        return any(
            rows is not None or isinstance(branch, BranchesByRow | JointByRow)
            for steps in self._plan.values()
            for branch, rows in steps
        )

    def low_rank_on(self, module: nn.Module) -> Sequence[LowRankPart] | None:
        """See ``ActsOnModules.low_rank_on``."""
        return low_rank_parts(self._plan.get(module, ()))

    def _hook(self, module: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any) -> Any:
        branches = self._plan.get(module)
        if branches is None:
            return None
        first = output[0] if isinstance(output, tuple) else output  # inputs may come by keyword; the output is there
        for branch, rows in branches:
            indices = None if rows is None else rows.of_batch(first.shape[0], first.device)
            output = branch.graft(arguments, keywords, output, indices)
        return output

    # Disk

    def save(self, name: str, directory: str | Path) -> None:
        """Write an adapter to a folder; one of a single LoRA can be loaded by PEFT too.

        Raises:
            InputError: there is no adapter of that name.
            NoSpaceError: the disk is full or the folder cannot be written.
        """
        adapter = self._adapter(name)
        record = AdapterRecord(
            graftwork_version=VERSION,
            name=name,
            base=self.base_name,
            base_fingerprint=self.base_fingerprint,
            weights_sha256=None,
            components={part: one.config for part, one in adapter.components.items()},  # type: ignore[misc]
            shared=dict(adapter.shared),
        )
        write_adapter(Path(directory), record, self.tensors_of(name), self.fingerprint(name), self.model)

    def load(self, directory: str | Path, name: str | None = None, *, shared: Mapping[str, str] | None = None) -> str:
        """Read an adapter from a folder, ours or a LoRA of PEFT's, and return its name here.

        Args:
            directory: the folder.
            name: the name to give it; by default that with which it was saved.
            shared: as in ``add``. A shared component that is there already stays as it is; without this, the adapter
                gets a copy of its own of what was shared when it was saved.

        Raises:
            InputError: the folder is damaged, the adapter was made for another base, or the name is taken.
        """
        saved, where, shared = read_adapter(Path(directory)), f"adapter {directory}", shared or {}
        made_for = saved.record.base_fingerprint
        if made_for not in (None, self.base_fingerprint):
            what = f"made for another base ({saved.record.base}, fingerprint {made_for})"
            raise InputError(what, where, f"this one is {self.base_name}, fingerprint {self.base_fingerprint}")
        name = saved.record.name if name is None else name
        check_adapter(name, saved.record.components, shared, self._adapters)
        self.check_tensors(saved.record.components, saved.tensors, where)
        components = self._build(saved.record.components, shared, seed=0)
        fresh = {part for part in components if shared.get(part) not in self._shared}
        fill(components, saved.tensors, fresh, where)
        self._register(name, components, shared)
        return name

    def restore(self, name: str, directory: str | Path) -> None:
        """Give an adapter that is here, shared components too, the weights that a folder holds.

        Raises:
            InputError: there is no adapter of that name, or the folder is damaged or holds one of another form.
        """
        components = self._adapter(name).components
        fill(components, read_adapter(Path(directory)).tensors, set(components), f"adapter {directory}")

    def check_tensors(
        self, configs: Mapping[str, ComponentConfig], tensors: Mapping[str, torch.Tensor], where: str
    ) -> None:
        """See that tensors are those of components, before any memory is taken for what others say is in a file.

        Raises:
            InputError: they are not, or a component has no place in the base.
        """
        for name, config in configs.items():
            if getattr(config, "count", 1) > len(tensors):
                raise InputError(f"component {name} has {config.count} layers", where, "save the adapter again")  # type: ignore[union-attr]
        try:
            with torch.device("meta"):
                components = self._build(configs, {}, seed=0)
        except (RuntimeError, TypeError, OverflowError):  # more than any number of bytes
            raise InputError("its configuration is out of all proportion", where, "save the adapter again") from None
        fill(components, tensors, set(), where)

    # How it is done

    def _adapter(self, name: str) -> Adapter:
        if name not in self._adapters:
            right = nearest(name, self._adapters) if self._adapters else "none was added yet"
            raise InputError(f"no adapter is called {name!r}", right=right)
        return self._adapters[name]

    def _build(
        self, configs: Mapping[str, ComponentConfig], shared: Mapping[str, str], seed: int
    ) -> dict[str, Component]:
        there = {part: self._shared[name] for part, name in shared.items() if name in self._shared}
        devices = {parameter.device for parameter in self.model.parameters() if parameter.is_cuda}
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            built = build_components(configs, self.anatomy, there, shared)
        order = sorted(configs, key=lambda part: (part not in shared, shared.get(part, "")))
        return {part: built[part] for part in order}

    def _register(self, name: str, components: dict[str, Component], shared: Mapping[str, str]) -> None:
        for part, component in components.items():
            if part in shared:
                self._shared[shared[part]] = component
            self.components[_key(shared.get(part, f"{name}/{part}"))] = component
            component.train(self.training)
        adapter = self._adapters[name] = Adapter(name, components, dict(shared), plan_of_adapter(components))
        for module in adapter.plan:
            if module not in self._hooks:
                self._hooks[module] = module.register_forward_hook(self._hook, with_kwargs=True)


def _key(name: str) -> str:
    """A name as PyTorch takes it for a submodule."""
    return name.replace(".", "%2E")
