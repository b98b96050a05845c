"""Record of a training, and the error that ends one."""

import math
from dataclasses import dataclass, field


class TrainingError(ValueError):
    """The training cannot go on; the message says what was found and what to try."""


@dataclass
class History:
    """What happened during a training, one entry per epoch.

    Attributes:
        train_loss: mean training loss while the epoch ran (with dropout etc. switched on).
        validation_loss: mean validation loss at the end of the epoch.
        learning_rate: learning rate of the last step of the epoch.
        best_epoch: index (from 0) of the epoch with the smallest validation loss; its weights are
            kept.
        seconds: wall time of the whole training, validation included.
        n_events: training events processed, all epochs together.

    Example:
        >>> history = History(train_loss=[0.9, 0.7], validation_loss=[0.8, 0.75], best_epoch=1)
        >>> history.best_validation_loss
        0.75
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    best_epoch: int = 0
    seconds: float = 0.0
    n_events: int = 0

    @property
    def events_per_second(self) -> float:
        """Training events per second of wall time (validation counts as time, not as events)."""
        return self.n_events / self.seconds if self.seconds > 0 else 0.0

    @property
    def best_validation_loss(self) -> float:
        """Smallest validation loss; infinite before the first epoch."""
        return self.validation_loss[self.best_epoch] if self.validation_loss else math.inf
