import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import AnnotationError
from mmfer.models.heads.labels import accuracy, video_labels


def samples(*labels):
    return [ActionDataSample(metainfo=dict(clip=f'S{i}')).set_gt_label(label)
            for i, label in enumerate(labels)]


def test_labels():
    labels = video_labels(samples(0, 6, [3]), 7, torch.device('cpu'))
    assert labels.tolist() == [0, 6, 3] and labels.dtype == torch.int64


@pytest.mark.parametrize('label, message', [
    (7, "clip 'S1' has label 7.*num_classes=7, labels 0 to 6"),
    (-1, "clip 'S1' has label -1"),
    ([1, 2], "clip 'S1' has 2 labels"),
])
def test_bad_label_names_the_clip(label, message):
    with pytest.raises(AnnotationError, match=message):
        video_labels(samples(0, label), 7, torch.device('cpu'))


def test_missing_label_names_the_clip():
    with pytest.raises(AnnotationError, match="clip 'x' has no label"):
        video_labels([ActionDataSample(metainfo=dict(clip='x'))], 7, torch.device('cpu'))


def test_accuracy():
    scores = torch.tensor([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert float(accuracy(scores, torch.tensor([1, 0, 0, 1]))) == 0.75
