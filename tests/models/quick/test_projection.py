import torch
import torch.nn.functional as F
from torch import nn

from graftwork.models.anatomy import LowRankPart
from graftwork.models.quick.projection import JoinedPass, joined_weight


def test_output_and_gradients_are_those_of_the_layers_one_by_one() -> None:
    torch.manual_seed(0)
    layers = [nn.Linear(8, size, bias=False) for size in (6, 10)]
    parts = [
        LowRankPart(nn.Parameter(torch.randn(3, 8)), nn.Parameter(torch.randn(layer.out_features, 3)), 2.0)
        for layer in layers
    ]
    rows, gradient = torch.randn(20, 8, requires_grad=True), torch.randn(20, 16)
    slow = torch.cat(
        [
            layer(rows) + part.scale * F.linear(F.linear(rows, part.down), part.up)
            for layer, part in zip(layers, parts, strict=True)
        ],
        dim=1,
    )
    slow.backward(gradient)
    joined = JoinedPass(layers, joined_weight(layers, torch.float32), [[part] for part in parts])
    with torch.no_grad():
        torch.testing.assert_close(joined.forward(rows), slow)
        torch.testing.assert_close(joined.backward(gradient, True), rows.grad)
    for tensor, of_tensor in zip(joined.tensors, joined.gradients, strict=True):
        torch.testing.assert_close(of_tensor, tensor.grad)
