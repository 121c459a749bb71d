"""Some rows of a batch."""

from collections.abc import Sequence
from typing import final

import torch

from graftwork.errors import InputError

__all__ = ["Rows"]


@final
class Rows:
    """Some rows of a batch, given as their places among the rows that were named.

    The batch may hold every named row several times in succession, as beam search and sampling make it: rows 0, 0, 1,
    1 for two named rows.
    """

    def __init__(self, places: Sequence[int], num_named: int, *, ordered: bool = False) -> None:
        self.places = list(places) if ordered else sorted(places)
        self.num_named = num_named
        self._indices: dict[tuple[int, torch.device], torch.Tensor] = {}

    def of_batch(self, batch: int, device: torch.device) -> torch.Tensor:
        """Return the rows' indices in a batch, shape (rows,); ascending, unless they were given in an order.

        Raises:
            InputError: the batch is not a multiple of the rows that were named.
        """
        indices = self._indices.get((batch, device))
        if indices is None:
            copies, rest = divmod(batch, self.num_named)
            if rest or not copies:
                what = f"the batch has {batch} rows and adapters are named for {self.num_named}"
                raise InputError(what, "adapters by row", "name one adapter (or None) for each row")
            rows = [place * copies + copy for place in self.places for copy in range(copies)]
            with torch.inference_mode(False):  # the next batch of these rows may be one to train on
                indices = self._indices[batch, device] = torch.tensor(rows, device=device)
        return indices
