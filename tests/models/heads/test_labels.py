import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import AnnotationError
from mmfer.models.heads.labels import (
    accuracy,
    frame_labels,
    video_distributions,
    video_labels,
    video_targets,
)
from mmfer.models.losses import SoftmaxCrossEntropyLoss
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


class TestSoftLabels:
    shares = ((0.5, 0.5, 0.0), (0.0, 0.25, 0.75))

    def samples(self, shares=shares):
        made = samples(0, 2)
        for sample, row in zip(made, shares):
            sample.set_field(torch.tensor(row), 'gt_label_distribution')
        return made

    def test_the_loss_says_what_it_takes(self):
        device = torch.device('cpu')
        for loss in (torch.nn.CrossEntropyLoss(), SoftmaxCrossEntropyLoss()):
            labels, targets = video_targets(self.samples(), 3, device, loss)
            assert labels.tolist() == targets.tolist() == [0, 2]
        labels, targets = video_targets(self.samples(), 3, device,
                                        SoftmaxCrossEntropyLoss(soft_labels=True))
        assert labels.tolist() == [0, 2] and targets.dtype == torch.float32
        assert targets.tolist() == [list(row) for row in self.shares]

    def test_refuses_a_sample_without_votes(self):
        with pytest.raises(AnnotationError, match="clip 'S1' has no label_distribution.*"
                                                  'soft_labels=True'):
            video_distributions(self.samples(self.shares[:1]), 3, torch.device('cpu'))

    def test_refuses_another_number_of_classes(self):
        with pytest.raises(AnnotationError, match=r"clip 'S0'.*\(3,\).*num_classes=7"):
            video_distributions(self.samples(), 7, torch.device('cpu'))


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
