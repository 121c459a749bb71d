"""Embedding expansion: a second, narrow table of token embeddings beside the base's.

The study's proposal was wider embeddings, which would make every matrix of the model wider. This is its practical
form: the new numbers of a token are projected to the base's width and added to its embedding, as factorised
embeddings are (Lan et al. 2020, "ALBERT", https://arxiv.org/abs/1909.11942).

What the model reads is expanded, not what it writes: the vocabulary projection stays the base's, also where its
weights are those of the base's embeddings.
"""

from typing import Literal, final

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import nn

from graftwork.components.component import AdditiveBranch, Component, Site
from graftwork.config import Config
from graftwork.models.anatomy import Anatomy

__all__ = ["EmbeddingBranch", "EmbeddingExpansion", "EmbeddingExpansionConfig", "build_embedding_expansion"]


@final
class EmbeddingExpansionConfig(Config):
    """A trainable table beside the base's token embeddings: y = E[token] + W_up T[token]."""

    kind: Literal["embedding-expansion"] = "embedding-expansion"
    width: int = Field(64, ge=1)
    """Numbers that each token has in the new table."""


@final
class EmbeddingBranch(AdditiveBranch):
    """delta(tokens) = W_up T[tokens], with T random and W_up zero at the start."""

    def __init__(self, embedding: nn.Embedding, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(embedding.weight.new_empty(embedding.num_embeddings, width))
        """T, shape (vocabulary, width)."""
        self.up = nn.Parameter(embedding.weight.new_zeros(embedding.embedding_dim, width))
        """W_up, shape (d_model, width)."""
        nn.init.normal_(self.table, std=width**-0.5)  # each token's numbers have a length of about one

    def delta(self, inputs: torch.Tensor) -> torch.Tensor:
        """Token numbers, shape (batch, length), to (batch, length, d_model)."""
        return F.linear(F.embedding(inputs, self.table), self.up)


@final
class EmbeddingExpansion(Component):
    """One new table beside all token embeddings of the base; the model's output at the start is the base's."""

    def tensors(self) -> dict[str, nn.Parameter]:
        """The weights, ``table`` and ``up``: there is one of each, wherever it acts."""
        return dict(self.branches[0].named_parameters())


def build_embedding_expansion(config: EmbeddingExpansionConfig, anatomy: Anatomy) -> EmbeddingExpansion:
    """Make the new table for a base; an encoder and a decoder read the same one."""
    modules: dict[nn.Module, str] = {}
    for path in anatomy.embeddings():
        # Stacks may share one module under two paths; the branch must act on it once.
        modules.setdefault(anatomy.model.get_submodule(path), path)
    first = next(iter(modules))
    assert isinstance(first, nn.Embedding)
    branch = EmbeddingBranch(first, config.width)
    sites = [Site(path, module) for module, path in modules.items()]
    return EmbeddingExpansion(config, sites, [branch] * len(sites))
