"""Training's forward passes through a base's modules, computed in fewer and cheaper passes over memory."""

from graftwork.models.quick.forward import QuickForward
from graftwork.models.quick.low_rank import add_low_rank

__all__ = ["QuickForward", "add_low_rank"]
