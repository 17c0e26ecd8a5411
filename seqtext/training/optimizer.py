"""Make the optimizer that updates the weights: AdamW."""

import inspect

import torch
from torch import nn

from seqtext.config import TrainingConfig


class AdamW(torch.optim.AdamW):
    """Update weights by AdamW, without loading PyTorch's compiler.

    AdamW: Loshchilov and Hutter 2019, arXiv:1711.05101. PyTorch wraps these methods to keep them from being compiled,
    and imports torch._dynamo at their first call. Nothing is compiled here, and the import takes some 3 s and 80 MB of
    every training.
    """

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    load_state_dict = inspect.unwrap(torch.optim.Optimizer.load_state_dict)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)


def make_optimizer(network: nn.Module, config: TrainingConfig) -> AdamW:
    """Make AdamW, without decay on biases and vectors."""
    learns = [parameter for parameter in network.parameters() if parameter.requires_grad]
    matrices = [parameter for parameter in learns if parameter.ndim > 1]
    vectors = [parameter for parameter in learns if parameter.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    # β₂ and ε are those of Vaswani et al. 2017, arXiv:1706.03762.
    return AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), eps=1e-9, fused=True)
