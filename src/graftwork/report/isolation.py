"""The isolation proof: is what was trained for a task still the same function when the sequence ends?"""

from dataclasses import dataclass
from typing import final

from graftwork.report.tables import Column, Table
from graftwork.report.view import View, arrow
from graftwork.results.names import order_tasks
from graftwork.results.records import Isolation

__all__ = ["IsolationProof", "isolation_proofs", "isolation_table", "proof_table"]


@final
@dataclass(frozen=True)
class IsolationProof:
    """The evidence of one approach: its tasks that others were trained after, over all orders and seeds."""

    approach: str
    isolated: bool
    same_fingerprint: int
    same_outputs: int
    probes: int
    checked: int

    @property
    def kept(self) -> bool:
        """Whether every checked task is the same function at the end."""
        return self.same_fingerprint == self.same_outputs == self.checked

    @property
    def words(self) -> str:
        """The verdict for a table."""
        if self.isolated:
            return "yes, proven" if self.kept else "BROKEN"
        return "no, by design"


def isolation_proofs(view: View) -> tuple[IsolationProof, ...]:
    """Return the evidence by approach; the last task of an order proves nothing and does not count."""
    proofs = []
    for approach in view.approaches:
        rows = [row for row in view.results.isolation if row.approach == approach and not _is_last(row)]
        if rows:
            proofs.append(
                IsolationProof(
                    approach=approach,
                    isolated=all(row.isolated for row in rows),
                    same_fingerprint=sum(row.fingerprint_after_training == row.fingerprint_at_end for row in rows),
                    same_outputs=sum(row.outputs_identical for row in rows),
                    probes=min(row.probes for row in rows),
                    checked=len(rows),
                )
            )
    return tuple(proofs)


def _is_last(row: Isolation) -> bool:
    return order_tasks(row.order)[-1] == row.task


def proof_table(view: View) -> Table:
    """How many tasks that others were trained after were checked in each approach, and what was found."""
    rows = tuple(
        (
            proof.approach,
            "yes" if proof.isolated else "no",
            str(proof.checked),
            f"{proof.same_fingerprint} of {proof.checked}",
            f"{proof.same_outputs} of {proof.checked}",
            proof.words,
        )
        for proof in isolation_proofs(view)
    )
    heads = (
        Column("Approach", facet="approach"),
        Column("Isolated by design"),
        Column("Tasks checked", "number"),
        Column("Same fingerprint at the end", "number"),
        Column("Identical outputs at the end", "number"),
        Column("Isolated"),
    )
    return Table("Checks by approach", heads, rows)


def isolation_table(view: View) -> Table:
    """Every fingerprint pair, tasks that nothing was trained after left out."""
    several = len(view.orders) > 1
    rows = tuple(
        (
            row.approach,
            row.task,
            *((arrow(row.order),) if several else ()),
            str(row.seed),
            row.fingerprint_after_training[:12],
            row.fingerprint_at_end[:12],
            "same" if row.fingerprint_after_training == row.fingerprint_at_end else "changed",
            f"identical ({row.probes} of {row.probes})" if row.outputs_identical else "differ",
            "yes" if row.isolated else "no",
        )
        for row in view.results.isolation
        if not _is_last(row)
    )
    heads = (
        Column("Approach", facet="approach"),
        Column("Task", facet="task"),
        *((Column("Order"),) if several else ()),
        Column("Seed", "number"),
        Column("Fingerprint when trained", "code"),
        Column("Fingerprint at the end", "code"),
        Column("Fingerprints"),
        Column("Outputs on probes"),
        Column("Isolated by design"),
    )
    note = (
        "A fingerprint is a digest of the base's weights, the adapter's weights and its configuration, shown by its "
        "first 12 digits; full ones are in results.json. Equal fingerprints are the same function, so forgetting is "
        "exactly 0. A task that nothing was trained after is left out, since nothing could have changed it."
    )
    return Table("Fingerprints and outputs before and after later tasks", heads, rows, note)
