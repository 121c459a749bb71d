"""Where examples come from: one file a kind of source; ``read_sources`` opens any of them."""

from graftwork.data.sources.open import SourceConfig, parse_source, read_sources

__all__ = ["SourceConfig", "parse_source", "read_sources"]
