"""Small networks in PyTorch, away from their start, and their weights for NumPy."""

from typing import TypeVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seqtext.config import LanguageConfig
from seqtext.training.device import has_bf16
from seqtext.training.networks.language_model import LanguageNetwork

Network = TypeVar("Network", bound=torch.nn.Module)

BF16 = pytest.mark.skipif(not has_bf16(), reason="this processor has no LSTM in bf16")


def perturbed(network: Network, scale: float = 0.1) -> Network:
    """Add noise to every parameter: those that start at zero would hide what depends on them."""
    for parameter in network.parameters():
        parameter.data += scale * torch.randn_like(parameter)
    return network


def language_network(cell: str, layers: int = 1, vocabulary: int = 40) -> LanguageNetwork:
    """Build a language model's network, the same at every call."""
    torch.manual_seed(3)
    return perturbed(LanguageNetwork(LanguageConfig(cell=cell, layers=layers, hidden=12, embedding=8), vocabulary))


def numpy_weights(network: torch.nn.Module) -> dict[str, NDArray[np.float32]]:
    """Weights by name, as a model folder holds them."""
    return {name: value.detach().numpy() for name, value in network.state_dict().items()}
