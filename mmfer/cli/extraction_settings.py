"""Settings of faces from a command's flags and a Python config."""
from __future__ import annotations

import argparse
from typing import Any

from mmengine import Config, DictAction
from mmengine.config import ConfigDict

from mmfer.errors import ConfigError
from mmfer.faces.alignment import INTERPOLATIONS, KINDS
from mmfer.faces.settings import FaceSettings

__all__ = ['add_face_settings', 'add_settings', 'settings_of']

# flag -> place in the config of FaceSettings
_PLACES = {'detect_every': ('tracking', 'detect_every'), 'geometry': ('geometry', 'kind'),
           'size': ('geometry', 'size_px'), 'margin': ('geometry', 'margin'),
           'interpolation': ('geometry', 'interpolation'),
           'min_size': ('quality', 'min_size_px'), 'min_sharpness': ('quality', 'min_sharpness'),
           'format': ('crops', 'suffix'), 'jpg_quality': ('crops', 'jpg_quality')}


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The flags that decide what crops and ledger look like."""
    group = parser.add_argument_group('what is extracted')
    add_face_settings(group, '--config')
    group.add_argument('--people', choices=('main', 'all'), help='write the crops of the person '
                       'who takes up the largest area, in each shot, or of everybody, in a folder '
                       'each (default: main)')
    group.add_argument('--format', choices=('jpg', 'png'), help='of crops (default: jpg)')
    group.add_argument('--jpg-quality', type=int, metavar='1..100', help='default: 95')


def add_face_settings(group: argparse._ArgumentGroup, config_flag: str) -> None:
    """The flags that decide how faces are found and cut out, whatever becomes of the crops.

    Args:
        group: Of a command's arguments.
        config_flag: Name of the flag for a config of faces.
    """
    group.add_argument(config_flag, dest='faces_config', metavar='FILE',
                       help='Python config with faces = dict(...), which has settings that no flag '
                       'has; flags go before it')
    group.add_argument('--detector', metavar='NAME', help='default: dlib; see docs/faces.md')
    group.add_argument('--detector-options', nargs='+', action=DictAction, default={},
                       metavar='KEY=VALUE', help="the detector's own settings")
    group.add_argument('--import', dest='imports', action='append', default=[], metavar='MODULE',
                       help='import this module first, which registers a detector; may be repeated')
    group.add_argument('--detect-every', type=int, metavar='N', help='detect on every N-th frame, '
                       'and follow faces between (default: 1)')
    group.add_argument('--geometry', choices=KINDS, help='how a face is cut out '
                       '(default: similarity)')
    group.add_argument('--size', type=int, metavar='PX', help='side of a crop (default: 224)')
    group.add_argument('--margin', type=float, metavar='SHARE', help='added on each side, as a '
                       "share of the face's (default: the geometry's own)")
    group.add_argument('--interpolation', choices=INTERPOLATIONS,
                       help='how pixels are computed (default: area)')
    group.add_argument('--min-size', type=float, metavar='PX',
                       help='faces with a smaller side are noted as too small, and not cut out '
                       '(default: 24)')
    group.add_argument('--min-sharpness', type=float, metavar='VALUE',
                       help='less sharp faces are noted as blurred, and not cut out (default: 0, '
                       'none)')


def settings_of(args: argparse.Namespace) -> FaceSettings:
    """Settings by a config of faces, if there is one, and the flags that a command has.

    Raises:
        ConfigError: A value is impossible, or the config cannot be read.
    """
    config = {} if args.faces_config is None else _read_config(args.faces_config)
    detector = dict(config.get('detector') or {})
    if args.detector is not None and args.detector != detector.get('type'):
        detector = {'type': args.detector}  # options of another one mean nothing to it
    detector.setdefault('type', 'dlib')
    config['detector'] = {**detector, **args.detector_options}
    if getattr(args, 'people', None) is not None:
        config['people'] = args.people
    for flag, (part, name) in _PLACES.items():
        value = getattr(args, flag, None)
        if value is not None:
            config[part] = {**(config.get(part) or {}), name: value}
    return FaceSettings.from_dict(config)


def _read_config(path: str) -> dict[str, Any]:
    try:
        content = Config.fromfile(path, lazy_import=False)
    except Exception as error:  # whatever Python raises in it
        raise ConfigError(f'{path}: cannot be read as a Python config: '
                          f'{type(error).__name__}: {error}') from error
    faces = content.get('faces')
    if not isinstance(faces, ConfigDict):
        raise ConfigError(f'{path}: has no faces = dict(...); see docs/faces.md')
    return faces.to_dict()
