"""Who is who from frame to frame: persistent ids, cuts, faces followed and gaps bridged."""
from mmfer.faces.tracking.gaps import GapFiller
from mmfer.faces.tracking.settings import TrackingSettings
from mmfer.faces.tracking.tracker import FaceTracker

__all__ = ['FaceTracker', 'GapFiller', 'TrackingSettings']
