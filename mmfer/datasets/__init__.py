"""From annotation and protocol files to samples: datasets, samplers and transforms."""
from mmfer.datasets import samplers, transforms
from mmfer.datasets.expression_dataset import ExpressionDataset
from mmfer.datasets.joint_dataset import JointDataset
from mmfer.datasets.randomness import SampleIndex, seeded
from mmfer.datasets.unlabelled_dataset import UnlabelledDataset

__all__ = ['ExpressionDataset', 'JointDataset', 'SampleIndex', 'UnlabelledDataset', 'samplers',
           'seeded', 'transforms']
