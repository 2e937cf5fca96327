import numpy as np
import pytest
from mmengine.dataset import ConcatDataset, RepeatDataset

from mmfer.annotations import make_metainfo, write_annotations
from mmfer.datasets import ExpressionDataset
from mmfer.datasets.class_counts import class_counts, class_shares
from mmfer.errors import AnnotationError


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


def test_shares_are_the_counts_of_votes():
    class Votes:
        rows = [dict(clip='a', label=0, label_distribution=np.array([0.5, 0.25, 0.25], 'f4')),
                dict(clip='b', label=2, label_distribution=np.array([0.0, 0.0, 1.0], 'f4'))]

        def __len__(self):
            return len(self.rows)

        def get_data_info(self, index):
            return self.rows[index]

    shares = class_shares(Votes(), 3)
    assert shares.dtype == np.float64 and shares.tolist() == [0.5, 0.25, 1.25]
    Votes.rows.append(dict(clip='é', label=1))
    with pytest.raises(AnnotationError, match="clip 'é' has no label_distribution"):
        class_shares(Votes(), 3)


class Bare:
    """What a dataset without arrays knows."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def get_data_info(self, index):
        return self.dataset.get_data_info(index)


@pytest.mark.parametrize('repeat', [None, 'frames', dict(windows=2)])
def test_counts_from_arrays_are_those_of_the_samples(tmp_path, repeat):
    classes = ['anger', 'fear', 'sadness']
    rows = [dict(clip='a', frames='a', num_frames=3, label=2),
            dict(clip='b', frames='b', num_frames=5, frame_labels=[-1, 0, 2, 2, -1]),
            dict(clip='c', frames='c', num_frames=1, frame_labels=[-1, 1])]
    write_annotations(tmp_path / 'x.json', make_metainfo('t', classes, rows), rows)
    dataset = ExpressionDataset(str(tmp_path / 'x.json'), str(tmp_path), repeat=repeat,
                                classes=['fear', 'sadness', 'anger'])
    part = dataset.get_subset(range(len(dataset))[::2])
    for samples in (dataset, part, ConcatDataset([part, dataset])):
        assert class_counts(samples, 4).tolist() == class_counts(Bare(samples), 4).tolist()
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        labels = info['frame_labels'] if 'frame_labels' in info else [info['label']]
        assert dataset.get_cat_ids(index) == sorted({*map(int, labels)} - {-1})
