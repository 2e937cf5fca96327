"""mmfer: facial expression recognition in video on MMEngine and MMAction2."""
from mmfer import compat
from mmfer.version import __version__

compat.apply()

__all__ = ['__version__']
