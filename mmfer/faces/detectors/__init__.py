"""Face detectors by name; see ``docs/faces.md`` for what each needs and its licences."""
from mmfer.faces.detectors.dlib_detector import DlibDetector
from mmfer.faces.detectors.face_alignment_detector import FaceAlignmentDetector
from mmfer.faces.detectors.fan_cascade import FANCascadeDetector
from mmfer.faces.detectors.precomputed import PrecomputedDetector

__all__ = ['DlibDetector', 'FaceAlignmentDetector', 'FANCascadeDetector',
           'PrecomputedDetector']
