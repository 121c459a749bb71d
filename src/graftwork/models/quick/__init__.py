"""Training's forward passes through a base's modules, computed in fewer and cheaper passes over memory."""

from graftwork.models.quick.forward import QuickForward
from graftwork.models.quick.layout import Layout
from graftwork.models.quick.low_rank import add_low_rank

__all__ = ["Layout", "QuickForward", "add_low_rank"]
