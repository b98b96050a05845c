"""Other honest solutions of exercise 3: other networks in `VAE`, another bottleneck in 3e."""

from autograde_tests.cases import Variant

_NOTEBOOK = "drell_yan_vae"
_NETWORKS = """        self.encoder = mlp(n_features, 2 * n_latent)
        self.decoder = mlp(n_latent, n_features)
"""
_BOTTLENECK = "return 3  # as many as there are features, and independent numbers"
_TWO_HEADS = """        class Encoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.mu, self.log_var = mlp(n_features, n_latent), mlp(n_features, n_latent)

            def forward(self, x):
                return torch.cat([self.mu(x), self.log_var(x)], dim=-1)

        self.encoder = Encoder()
        self.decoder = mlp(n_latent, n_features)
"""


def _layers(activation: str, n_hidden: int) -> tuple[str, str]:
    """Encoder and decoder with three hidden layers of other units."""
    return _NETWORKS, (
        "        def network(n_in, n_out):\n"
        "            layers = []\n"
        "            for _ in range(3):\n"
        f"                layers += [nn.Linear(n_in, {n_hidden}), nn.{activation}]\n"
        f"                n_in = {n_hidden}\n"
        f"            return nn.Sequential(*layers, nn.Linear({n_hidden}, n_out))\n\n"
        "        self.encoder = network(n_features, 2 * n_latent)\n"
        "        self.decoder = network(n_latent, n_features)\n"
    )


VARIANTS = tuple(
    Variant(_NOTEBOOK, name, (change,))
    for name, change in {
        "narrower": _layers("LeakyReLU(0.1)", 64),
        "wider": _layers("LeakyReLU(0.1)", 160),
        "ReLU": _layers("ReLU()", 96),
        "GELU": _layers("GELU()", 96),
        "two encoders": (_NETWORKS, _TWO_HEADS),
        "four latent dimensions in 3e": (_BOTTLENECK, "return 4"),
    }.items()
)
