"""Everything that decides what crops and ledger look like, and its hash."""
from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

from mmfer.errors import ConfigError
from mmfer.faces.alignment import Geometry
from mmfer.faces.detector import FaceDetector
from mmfer.faces.quality import QualitySettings
from mmfer.faces.tracking import TrackingSettings
from mmfer.jsonfile import json_hash

__all__ = ['ALGORITHM', 'CropFormat', 'FaceSettings', 'People', 'changed_settings']

ALGORITHM = 1
"""Raised whenever the same settings give other crops or another ledger."""
# what decodes videos and what finds cuts, each with the names under which it is distributed
_PACKAGES = {'av': ('av', ), 'scenedetect': ('scenedetect-headless', 'scenedetect')}
People = Literal['main', 'all']
Suffix = Literal['jpg', 'png']
Part = TypeVar('Part')


@dataclass(frozen=True)
class CropFormat:
    """How crops are written.

    Attributes:
        suffix: ``'jpg'``, or ``'png'`` without loss.
        jpg_quality: Of JPEG, 1 to 100.

    Raises:
        ConfigError: A value is impossible.
    """

    suffix: Suffix = 'jpg'
    jpg_quality: int = 95

    def __post_init__(self) -> None:
        if self.suffix not in get_args(Suffix):
            raise ConfigError(f'crops: suffix is {self.suffix!r}; choose one of '
                              f'{", ".join(get_args(Suffix))}')
        if type(self.jpg_quality) is not int or not 1 <= self.jpg_quality <= 100:
            raise ConfigError(f'crops: jpg_quality is {self.jpg_quality!r}; give a whole number '
                              'from 1 to 100')


@dataclass(frozen=True)
class FaceSettings:
    """Settings from frames to crops.

    Attributes:
        detector: Config of a detector, such as ``dict(type='dlib')``.
        tracking: How faces become people.
        geometry: How a face is cut out.
        quality: Which faces are too small or too blurred to be cut out.
        people: Whose crops are written: ``'main'``, in each shot the person who takes up the
            largest area, summed over frames; or ``'all'``.
        crops: How crops are written.

    Raises:
        ConfigError: A value is impossible.
    """

    detector: Mapping[str, Any] = field(default_factory=lambda: {'type': 'dlib'})
    tracking: TrackingSettings = TrackingSettings()
    geometry: Geometry = Geometry()
    quality: QualitySettings = QualitySettings()
    people: People = 'main'
    crops: CropFormat = CropFormat()

    def __post_init__(self) -> None:
        name = self.detector.get('type') if isinstance(self.detector, Mapping) else None
        if not isinstance(name, str):
            raise ConfigError(f'detector is {self.detector!r}; give a config with its name, such '
                              "as dict(type='dlib')")
        if self.people not in get_args(People):
            raise ConfigError(f'people is {self.people!r}; choose one of '
                              f'{", ".join(get_args(People))}')

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> FaceSettings:
        """Settings from a config, whose parts are dicts themselves; what is left out is default.

        For example ``dict(detector=dict(type='dlib'), geometry=dict(size_px=256))``.

        Raises:
            ConfigError: A key is unknown, or a value impossible.
        """
        parts: dict[str, Any] = {'tracking': TrackingSettings, 'geometry': Geometry,
                                 'quality': QualitySettings, 'crops': CropFormat}
        values = dict(config)
        _check_keys('faces', values, cls)
        for name, kind in parts.items():
            if isinstance(values.get(name), Mapping):
                values[name] = _build(name, kind, values[name])
            elif name in values and not isinstance(values[name], kind):
                raise ConfigError(f'faces: {name} is {values[name]!r}; give a dict')
        if isinstance(values.get('detector'), Mapping):
            values['detector'] = dict(values['detector'])
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """What :meth:`from_dict` makes these settings of."""
        return {entry.name: _plain(getattr(self, entry.name)) for entry in dataclasses.fields(self)}

    def identity(self, detector: FaceDetector) -> dict[str, Any]:
        """What decides crops and ledger, as JSON: settings, detector, versions of packages.

        Where the detector runs and how it was written down in the config is not part of it, but
        what the detector says of itself is: thresholds, versions, SHA-256 of its weights.
        """
        return _whole({**self.to_dict(), 'detector': _plain(detector.identity()),
                       'versions': _versions()})

    def settings_hash(self, detector: FaceDetector) -> str:
        """SHA-256 of :meth:`identity`."""
        return json_hash(self.identity(detector))


def changed_settings(old: Any, new: Any, prefix: str = '') -> list[str]:
    """Lines ``name: old -> new`` of what differs between two identities, by dotted name."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return [] if old == new else [f'{prefix}: {old!r} -> {new!r}']
    lines = []
    for key in sorted({*old, *new}):
        name = f'{prefix}.{key}' if prefix else str(key)
        if key in old and key in new:
            lines += changed_settings(old[key], new[key], name)
        else:
            lines.append(f'{name}: {old.get(key, "absent")!r} -> {new.get(key, "absent")!r}')
    return lines


def _versions() -> dict[str, Any]:
    import cv2
    versions: dict[str, Any] = {'mmfer.faces': ALGORITHM, 'opencv': cv2.__version__}
    # neither is needed for folders of frames without cuts
    for package, names in _PACKAGES.items():
        versions[package] = next(filter(None, map(_version, names)), None)
    return versions


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _plain(value: Any) -> Any:
    """A value as JSON has it, so that one that was read compares equal."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain(getattr(value, entry.name))
                for entry in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _whole(value: Any) -> Any:
    """The same with whole numbers as such: 40.0 px are no other setting than 40 px."""
    if isinstance(value, dict):
        return {key: _whole(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _build(name: str, kind: type[Part], values: Mapping[str, Any]) -> Part:
    _check_keys(f'faces.{name}', values, kind)
    return kind(**values)


def _check_keys(where: str, values: Mapping[str, Any], kind: type) -> None:
    known = [entry.name for entry in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise ConfigError(f'{where}: no setting {key!r}; there are {", ".join(known)}')
