"""What each face detector is, needs and may be used for, in words."""
from __future__ import annotations

import importlib.util
import inspect
from dataclasses import dataclass

from mmfer.registry import FACE_DETECTORS

__all__ = ['DetectorDescription', 'describe_detectors', 'format_detectors']


@dataclass(frozen=True)
class DetectorDescription:
    """A face detector in words.

    Attributes:
        name: What it is called in ``FACE_DETECTORS``.
        finds: What it does, in a line.
        needs: What has to be there for it to run.
        landmarks: Which it gives.
        licence: Of code and weights, in short; ``docs/faces.md`` has it at length.
        missing: Modules that it needs and that are not installed; of those that a part of it needs
            with the name of the part, as in ``onnxruntime for scrfd``.
    """

    name: str
    finds: str
    needs: str
    landmarks: str
    licence: str
    missing: tuple[str, ...] = ()


# modules, and for which part of the detector; '' for all of it
_DLIB = {'dlib': '', 'face_recognition_models': ''}
_BUILT_IN: dict[str, tuple[DetectorDescription, dict[str, str]]] = {
    'dlib': (DetectorDescription(
        'dlib', 'HOG, or a CNN; the default, works offline', 'mmfer[faces], with its weights',
        '5 (corners5), or 68 (ibug68) on request',
        'code Boost; 5 landmarks and CNN public domain; 68 landmarks: no commercial use'), _DLIB),
    'face_alignment': (DetectorDescription(
        'face_alignment', 'SFD, BlazeFace, RetinaFace, YuNet or SCRFD; uses a GPU',
        'mmfer[face-alignment], and weights in the cache of torch hub',
        '68 (ibug68), or none',
        'code and landmarks BSD-3-Clause, trained on data with terms of their own; see the docs '
        'for each detector'), {'face_alignment': '', 'onnxruntime': 'scrfd'}),
    'fan_cascade': (DetectorDescription(
        'fan_cascade', "HOG, then the CNN on ever more changed frames: FAN's released code",
        'mmfer[faces], with its weights', '5 (corners5)',
        'code Boost; weights public domain'), _DLIB),
    'precomputed': (DetectorDescription(
        'precomputed', 'what files of OpenFace, RetinaFace or your own say', 'those files',
        'as the files have: ibug68, centres5, corners5 or none',
        'that of the program which wrote the files'), {}),
}


def describe_detectors() -> list[DetectorDescription]:
    """Every registered detector, the built-in ones first; plug-ins once they are imported."""
    FACE_DETECTORS.import_from_location()
    described = []
    for name, (description, modules) in _BUILT_IN.items():
        missing = tuple(module + (part and f' for {part}') for module, part in modules.items()
                        if importlib.util.find_spec(module) is None)
        described.append(DetectorDescription(**vars(description) | dict(missing=missing)))
    for name, plug_in in sorted(FACE_DETECTORS.module_dict.items()):
        if name not in _BUILT_IN:
            scheme = getattr(plug_in, 'scheme', None)
            described.append(DetectorDescription(
                name, (inspect.getdoc(plug_in) or '').partition('\n')[0].rstrip('.'),
                f'its module, {plug_in.__module__}',
                scheme or 'none, or as its settings say', 'ask its author'))
    return described


def format_detectors() -> str:
    """:func:`describe_detectors` as text for a terminal."""
    blocks = []
    for detector in describe_detectors():
        needs = detector.needs
        if detector.missing:
            needs += f' (not installed: {", ".join(detector.missing)})'
        blocks.append(f'{detector.name}: {detector.finds}\n  needs:     {needs}\n'
                      f'  landmarks: {detector.landmarks}\n  licence:   {detector.licence}\n')
    return '\n'.join(blocks)
