"""The methods there are."""

from typing import Annotated

from pydantic import Field

from graftwork.continual.methods.ewc import EWCConfig
from graftwork.continual.methods.individual import IndividualConfig
from graftwork.continual.methods.isolated import IsolatedConfig
from graftwork.continual.methods.joint import JointConfig
from graftwork.continual.methods.lwf import LwFConfig
from graftwork.continual.methods.o_lora import OLoRAConfig
from graftwork.continual.methods.replay import ReplayConfig
from graftwork.continual.methods.sequential import SequentialConfig

__all__ = ["AnyMethodConfig"]

AnyMethodConfig = Annotated[
    IsolatedConfig
    | SequentialConfig
    | JointConfig
    | IndividualConfig
    | ReplayConfig
    | EWCConfig
    | OLoRAConfig
    | LwFConfig,
    Field(discriminator="kind"),
]
"""The settings of any method, told apart by its ``kind``."""
