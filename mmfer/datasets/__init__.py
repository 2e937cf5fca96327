"""From annotation and protocol files to samples: datasets, samplers and transforms."""
from mmfer.datasets import samplers, transforms
from mmfer.datasets.expression_dataset import ExpressionDataset
from mmfer.datasets.randomness import SampleIndex, seeded

__all__ = ['ExpressionDataset', 'SampleIndex', 'samplers', 'seeded', 'transforms']
