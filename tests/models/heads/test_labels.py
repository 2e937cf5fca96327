import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import AnnotationError
from mmfer.models.heads.labels import accuracy, frame_labels, video_labels
from mmfer.models.packing import lengths_to_mask


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


class TestFrameLabels:
    mask = lengths_to_mask((2, 3))

    def sample(self, *labels):
        sample = ActionDataSample(metainfo=dict(clip='the clip'))
        sample.set_field(torch.tensor(labels), 'gt_frame_labels')
        return sample

    def test_of_frames_and_of_clips(self):
        of_clip = ActionDataSample().set_gt_label(3)
        labels = frame_labels([self.sample(1, -1), of_clip], self.mask, 4)
        assert labels.tolist() == [[1, -1, -1], [3, 3, 3]] and labels.dtype == torch.int64

    @pytest.mark.parametrize('labels,match', [
        ((0, 1, 2), "'the clip' has 3 frame labels for 2"), ((0, 4), 'from 0 to 4'),
        ((-2, 0), 'from -2 to 0'), ((), 'has 0 frame labels')])
    def test_refuses(self, labels, match):
        with pytest.raises(AnnotationError, match=match):
            frame_labels([self.sample(*labels)], self.mask[:1], 4)

    def test_refuses_a_clip_without_any(self):
        with pytest.raises(AnnotationError, match='has no label'):
            frame_labels([ActionDataSample()], self.mask[:1], 4)
