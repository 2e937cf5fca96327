"""For tests of mmfer and of what others build on it."""
from mmfer.testing.batches import make_batch
from mmfer.testing.initialization import fill_parameters
from mmfer.testing.tolerances import BFLOAT16, FLOAT32, FLOAT64

__all__ = ['BFLOAT16', 'FLOAT32', 'FLOAT64', 'fill_parameters', 'make_batch']
