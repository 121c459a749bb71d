"""What every record shares."""

from pydantic import ConfigDict

from graftwork.config import Config

__all__ = ["Record"]


class Record(Config):
    """What every record shares: frozen, no unknown keys, no NaN or infinity, docstrings carried into the schema."""

    model_config = ConfigDict(allow_inf_nan=False, use_attribute_docstrings=True)
