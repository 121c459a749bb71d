"""What kinds of components and methods do, in a line each, for readers who did not write the recipe."""

from graftwork.report.tables import Column, Table
from graftwork.report.view import View

__all__ = ["word_table"]

_COMPONENTS = {
    "lora": "low-rank branches on linear layers (Hu et al. 2021)",
    "extra-layer": "new transformer blocks, in the encoder or the decoder (Wu et al. 2024)",
    "ffn-expansion": "hidden units beside those of feed-forwards",
    "head-expansion": "attention heads beside those of the base",
    "embedding-expansion": "a second, narrow table of token embeddings, projected to the model's width",
    "linear-expansion": "a small network parallel to linear layers (He et al. 2022)",
    "base": "every weight of the base itself",
}
_METHODS = {
    "isolated": "every task trains an adapter of its own; only components called shared go on being trained",
    "sequential": "one model, or one set of components, goes on being trained: the reference that forgets",
    "joint": "trained afresh on all tasks so far together: an upper bound",
    "individual": "a whole model of its own for every task: nothing shared, nothing forgotten",
    "replay": "a small memory of examples of earlier tasks is mixed into each later task",
    "ewc": "weights are held where earlier tasks need them, by Fisher information (Kirkpatrick et al. 2017)",
    "lwf": "while a task is trained, what the model answered before it is imitated (Li & Hoiem 2016)",
    "o-lora": "each task adds a LoRA orthogonal to those of earlier tasks (Wang et al. 2023)",
}
_PINNED = "another look at the same training: every task served by what is shared as it was when the task was trained"


def word_table(view: View) -> Table:
    """Return the kinds of components and the methods that occur in the study, each in a line."""
    approaches = view.results.study.approaches
    kinds = dict.fromkeys(row.component for row in view.results.parameters if row.component in _COMPONENTS)
    methods = dict.fromkeys(approach.method for approach in approaches if approach.method in _METHODS)
    rows = [(kind, "component", _COMPONENTS[kind]) for kind in kinds]
    rows += [(method, "method", _METHODS[method]) for method in methods]
    if len(view.trained) < len(approaches):
        rows.append(("…@pinned", "version", _PINNED))
    return Table("Words", (Column("Word"), Column("Kind"), Column("What it is")), tuple(rows))
