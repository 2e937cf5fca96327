import torch

from mmfer.testing.recognizers import make_recognizer, make_video


def test_weights_follow_from_names():
    torch.manual_seed(0)
    first = make_recognizer(dict(type='FANNeck')).state_dict()
    torch.manual_seed(1)
    second = make_recognizer(dict(type='FANNeck')).state_dict()
    assert all(torch.equal(first[name], value) for name, value in second.items())
    assert first['backbone.conv.weight'].dtype == torch.float64


def test_video():
    video = make_video(3, [0, 2, 2, 1], (2, 2))
    assert video.frames.shape == (3, 3, 32, 32) and video.lengths == (4, )
    assert video.clips == ((2, 2), ) and make_video(3).clips == ((1, 3), )
    logits = make_recognizer(dict(type='MeanNeck'), num_classes=4)(video)
    assert logits.shape == (1, 4) and torch.isfinite(logits).all()
