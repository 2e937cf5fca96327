"""Checkpoints of tensors and plain values only."""
from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.checkpoints import restore_history, to_plain
from mmfer.registry import HOOKS


def without_functions(states: Any) -> Any:
    """States of schedulers without functions.

    ``OneCycleLR`` saves the one it anneals with; building it from the config brings that
    back, and loading a state leaves what it does not name.
    """
    if isinstance(states, dict):
        return {key: without_functions(value) for key, value in states.items()
                if not callable(value)}
    if isinstance(states, list):
        return [without_functions(value) for value in states]
    return states


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Makes what is saved plain, so that ``weights_only=True`` loads it, and back.

    Model, EMA, optimiser, schedulers, meta data and message hub are all covered; the
    logged history (``HistoryBuffer``, mmengine#1655) is whole again after a resume. It
    runs last, so it sees what other hooks added. Every runner has it once mmfer is
    imported; configs need not name it.
    """

    priority = 'LOWEST'

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Rebuilds the checkpoint's content; CheckpointError names what has no plain form."""
        for key, value in checkpoint.items():
            if key == 'param_schedulers':
                value = without_functions(value)
            checkpoint[key] = to_plain(value, key)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Gives the message hub its histories back."""
        if isinstance(checkpoint.get('message_hub'), dict):
            restore_history(checkpoint['message_hub'])
