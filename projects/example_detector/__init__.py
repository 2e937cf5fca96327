"""A face detector outside the core; importing the package registers it."""
from projects.example_detector.studio_detector import StudioDetector

__all__ = ['StudioDetector']
