import pytest

from mmfer.datasets import ExpressionDataset, UnlabelledDataset
from mmfer.datasets.transforms import WindowSample
from mmfer.errors import AnnotationError

CLASSES = ('anger', 'fear')
ROWS = [
    dict(clip='b', frames='b', num_frames=5, filename_tmpl='{:05d}.jpg', start_index=1,
         frame_numbers=[2, 3, 5, 8, 9], frame_labels=[0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    dict(clip='a', frames='a', num_frames=3, label=1, subject='s', apex=[2, 3]),
    dict(clip='c', frames='c', num_frames=0),
]


def test_labels_are_not_looked_at(tmp_path):
    dataset = UnlabelledDataset(ROWS, CLASSES, str(tmp_path))
    assert isinstance(dataset, ExpressionDataset) and dataset.metainfo['classes'] == CLASSES
    assert dataset.metainfo['faceless'] == ({'clip': 'c', 'label': None, 'subject': None}, )
    a, b = (dataset.get_data_info(index) for index in range(len(dataset)))
    assert (a['clip'], b['clip']) == ('a', 'b') and 'label' not in a and a['apex'] is None
    assert a['frame_labels'].tolist() == [-1] * 3 and a['subject'] == 's'
    assert b['frame_labels'].tolist() == [-1] * 9
    assert b['frame_numbers'].tolist() == [2, 3, 5, 8, 9]
    assert ROWS[1]['label'] == 1  # the caller's own rows stay as they are


def test_windows_reach_all_frames(tmp_path):
    dataset = UnlabelledDataset(ROWS, CLASSES, str(tmp_path), [WindowSample(2, 'mask')],
                                repeat=dict(windows=2))
    sampled = [(sample['clip'], sample['frame_inds'].tolist()) for sample in map(
        dataset.__getitem__, range(len(dataset)))]
    assert sampled == [('a', [1, 2]), ('a', [3]), ('b', [2, 3]), ('b', [5, 8]), ('b', [9])]


def test_paths_stay_inside_and_something_is_there(tmp_path):
    with pytest.raises(AnnotationError, match='stay inside the root'):
        UnlabelledDataset([dict(ROWS[1], frames='../a')], CLASSES, str(tmp_path))
    with pytest.raises(AnnotationError, match='no labelled clip'):
        UnlabelledDataset([ROWS[2]], CLASSES, str(tmp_path))
