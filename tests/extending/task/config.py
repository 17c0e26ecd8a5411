@dataclass(frozen=True)
class CapitalsConfig:
    """The network that tells which words are capitalised."""

    hidden: int = setting(32, "units of each direction", low=1, high=8192)
    embedding: int = setting(32, "size of a token's vector", low=1, high=8192)
    dropout: float = setting(0.1, "most units dropped", low=0.0, high=0.95, shapes=False)

    def __post_init__(self) -> None:
        check(self)
