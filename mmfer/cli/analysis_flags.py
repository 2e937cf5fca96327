"""The flags of ``tools/analyze_video.py``: what they mean together, and which exclude others."""
from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmfer.apis import WindowSettings
from mmfer.errors import ConfigError
from mmfer.faces.frames.source import check_rate_hz

__all__ = ['check_flags', 'refuse_windows', 'window_settings']

_OF_FACES = {name: f'--{name.replace("_", "-")}' for name in (
    'faces_config', 'detector', 'detector_options', 'detect_every', 'geometry', 'size', 'margin',
    'interpolation', 'min_size', 'min_sharpness')} | {'imports': '--import'}
_OF_WINDOWS = {'window_s': 'length_s', 'stride_s': 'stride_s', 'window_frames': 'length_frames',
               'stride_frames': 'stride_frames', 'min_coverage': 'min_coverage'}


def window_settings(args: argparse.Namespace) -> WindowSettings:
    """Those of the flags.

    Raises:
        ConfigError: Seconds and frames are mixed, or a value is impossible.
    """
    given = {_OF_WINDOWS[name]: value for name, value in _given(args, _OF_WINDOWS).items()}
    in_s, in_frames = {'length_s', 'stride_s'}, {'length_frames', 'stride_frames'}
    if given.keys() & in_s and given.keys() & in_frames:
        raise ConfigError('give the windows in seconds or in frames, not in both')
    return WindowSettings(**given)


def check_flags(args: argparse.Namespace, named: Mapping[str, Path]) -> None:
    """Refuses flags that would have no effect, and an impossible rate.

    Raises:
        ConfigError: Names one.
    """
    if args.crops:
        for name in _given(args, _OF_FACES):
            raise ConfigError(f'--crops: nobody is looked for, so {_OF_FACES[name]} has no effect')
    check_rate_hz(args.rate_hz)
    for video in named.values():
        if args.rate_hz is not None and os.path.isfile(video):
            raise ConfigError(f'{video} has times of its own; --rate-hz is for folders')


def refuse_windows(args: argparse.Namespace) -> None:
    """Refuses flags of windows, for a model that answers for every frame.

    Raises:
        ConfigError: Names one.
    """
    for name in _given(args, _OF_WINDOWS):
        raise ConfigError('the model answers for every frame, and not for windows, so '
                          f'--{name.replace("_", "-")} has no effect')


def _given(args: argparse.Namespace, names: Mapping[str, str]) -> dict[str, Any]:
    """Those of some flags that the user gave; 0 is a value too."""
    values = {name: getattr(args, name) for name in names}
    return {name: value for name, value in values.items() if value not in (None, {}, [])}
