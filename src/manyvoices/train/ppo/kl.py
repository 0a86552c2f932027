"""How strongly the policy is held to the reference: a fixed or an adaptive coefficient."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class KlController:
    """The coefficient of the KL penalty, and how it follows the KL that is measured.

    Ziegler et al. 2019, section 2.2: e = clip((KL - target) / target, -0.2, 0.2) and
    beta <- beta (1 + K e). K is the share of `horizon` that was sampled in between, as in their
    code (the paper's text has a constant 0.1); KL is a sum over a reply's tokens, in nats, averaged
    over replies.
    """

    coef: float
    """beta; what multiplies a token's KL in its reward."""
    target: float | None = None
    """KL per reply that is aimed at, in nats; None: the coefficient is fixed."""
    horizon: int = 10_000
    """Replies over which the coefficient may at most change by about e**0.2."""

    def after(self, kl: float, n_replies: int) -> KlController:
        """The controller once `n_replies` were sampled at the mean KL `kl`."""
        if self.target is None:
            return self
        error = min(max(kl / self.target - 1.0, -0.2), 0.2)
        return replace(self, coef=self.coef * (1.0 + error * n_replies / self.horizon))
