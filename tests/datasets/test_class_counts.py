import numpy as np
from mmengine.dataset import ConcatDataset, RepeatDataset

from mmfer.datasets import ExpressionDataset
from mmfer.datasets.class_counts import class_counts


def test_counts_clips(corpus):
    dataset = ExpressionDataset(**corpus.args)
    assert class_counts(dataset, 3).tolist() == [2, 1, 1]  # the fifth clip has no label
    assert class_counts(dataset, 4).tolist() == [2, 1, 1, 0]


def test_counts_the_training_part_alone(corpus):
    assert class_counts(ExpressionDataset(**corpus.fold), 3).tolist() == [1, 1, 0]


def test_counts_what_wrappers_repeat(corpus):
    dataset = ExpressionDataset(**corpus.args)
    assert class_counts(RepeatDataset(dataset, 2), 3).tolist() == [4, 2, 2]
    assert class_counts(ConcatDataset([dataset, dataset]), 3).tolist() == [4, 2, 2]


def test_counts_frames_but_not_ignored_ones():
    class Frames:
        rows = [dict(frame_labels=np.array([0, 2, -1, 2])), dict(frame_labels=np.array([-1]))]

        def __len__(self):
            return len(self.rows)

        def get_data_info(self, index):
            return self.rows[index]

    assert class_counts(Frames(), 3).tolist() == [1, 0, 2]
