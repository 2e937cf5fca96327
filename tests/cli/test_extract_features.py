"""tools/extract_features.py: what the head gets, of clips and of frames."""
import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.cli.extract_features import Vectors, collect, extract, main, pooled, video_vectors
from mmfer.errors import ConfigError
from mmfer.evaluation import read_predictions
from mmfer.evaluation.features import read_features
from mmfer.registry import MODELS
from mmfer.structures import VideoFeatures
from mmfer.testing import FLOAT32, make_batch

FAN = 'configs/fan/fan_r18_ckplus.py'


def recognizer(**parts):
    return MODELS.build(dict(
        type='ExpressionRecognizer',
        backbone=dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, ), base_channels=4,
                      stem_channels=4), **parts)).eval()


def with_frames(lengths):
    batch = make_batch(lengths)
    for sample, length in zip(batch['data_samples'], lengths):
        sample.set_field(np.arange(length) + 3, 'frame_inds', field_type='metainfo')
        sample.set_field(1, 'start_index', field_type='metainfo')
    return batch


def test_the_head_answers_from_the_vectors():
    model = recognizer(neck=dict(type='FANNeck'), cls_head=dict(type='LinearHead', num_classes=7))
    found = list(extract(model, [make_batch([2, 5])], 'video'))
    rows = torch.from_numpy(np.concatenate([vectors.values for vectors in found]))
    answers = model.test_step(make_batch([2, 5]))
    torch.testing.assert_close(model.cls_head.fc(rows).softmax(-1),
                               torch.stack([answer.pred_score for answer in answers]), **FLOAT32)
    assert [vectors.labels.tolist() for vectors in found] == [
        answer.gt_label.tolist() for answer in answers]


def test_frames_of_several_lengths():
    model = recognizer(cls_head=dict(type='ScoreFusionHead', num_classes=7))
    batch = with_frames([2, 5])
    batch['data_samples'][1].set_field(torch.tensor([0, -1, 2, 2, 2]), 'gt_frame_labels')
    frames = list(extract(model, [batch], 'frame'))
    assert [vectors.values.shape for vectors in frames] == [(2, 32), (5, 32)]
    assert frames[1].frames.tolist() == [3, 4, 5, 6, 7]
    assert frames[1].labels.tolist() == [0, -1, 2, 2, 2]
    assert len(set(frames[0].labels.tolist())) == 1
    videos = list(extract(model, [with_frames([2, 5])], 'video'))
    for video, of_frames in zip(videos, frames):
        np.testing.assert_allclose(video.values[0], of_frames.values.mean(0), rtol=1e-4, atol=1e-5)


def test_frames_without_a_face_have_no_vector():
    """Those of the others have the numbers that they have in the video."""
    model = recognizer(cls_head=dict(type='ScoreFusionHead', num_classes=7))
    plain = list(extract(model, [with_frames([2])], 'frame'))[0]
    batch = with_frames([2])
    sample = batch['data_samples'][0]
    sample.set_field(torch.tensor([0, 1, 2]), 'gt_frame_labels')
    for name, values in dict(frame_inds=[3, 3, 4], video_frames=[3, 8, 9], frame_gather=[0, 0, 1],
                             frame_present=[True, False, True]).items():
        sample.set_field(np.array(values), name, field_type='metainfo')
    found = list(extract(model, [batch], 'frame'))[0]
    np.testing.assert_allclose(found.values, plain.values, rtol=1e-5)
    assert found.frames.tolist() == [3, 9] and found.labels.tolist() == [0, 2]


def test_padding_is_no_frame():
    feats = torch.tensor([[[1.], [3.]], [[5.], [float('nan')]]])
    mask = torch.tensor([[True, True], [True, False]])
    assert video_vectors(VideoFeatures(feats, mask)).tolist() == [[2.], [5.]]


def test_trunks_on_clips():
    maps = torch.arange(16.).reshape(2, 2, 1, 2, 2)
    assert pooled(maps).tolist() == [[1.5, 5.5], [9.5, 13.5]]
    assert pooled((maps, maps[:, :1])).tolist() == [[1.5, 5.5, 1.5], [9.5, 13.5, 9.5]]

    class OnClips(torch.nn.Module):
        def data_preprocessor(self, batch, training):
            return batch

        def extract_feat(self, inputs, test_mode):
            return inputs, {}

    samples = [ActionDataSample().set_gt_label(1)]
    batch = dict(inputs=maps, data_samples=samples)  # one video of two clips
    vectors, = extract(OnClips(), [batch], 'video')
    assert vectors.values.tolist() == [[5.5, 9.5]]
    with pytest.raises(ConfigError, match='no vectors of single frames'):
        list(extract(OnClips(), [batch], 'frame'))


def test_labels_of_frames_alone_need_rows_of_frames():
    model = recognizer(cls_head=dict(type='ScoreFusionHead', num_classes=7))
    batch = with_frames([2])
    del batch['data_samples'][0].gt_label
    with pytest.raises(ConfigError, match='--level frame'):
        list(extract(model, [batch], 'video'))


def test_a_frame_of_two_windows_is_one_row():
    sample = ActionDataSample(metainfo=dict(clip='a'))
    windows = [Vectors(sample, np.full((2, 1), value, np.float32), np.array([0, 1]),
                       np.array(frames)) for value, frames in ((1., [1, 2]), (2., [2, 3]))]
    found = collect(windows, {'level': 'frame', 'split': 'fold1', 'classes': ['x', 'y']})
    assert found.frames.tolist() == [1, 2, 3]
    assert found.values.tolist() == [[1], [1], [2]] and found.labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize('name, level, part', [('f.parquet', 'video', 'test'),
                                               ('f.npz', 'frame', 'train')])
def test_tool(trained, options, tmp_path, name, level, part):
    work, _ = trained
    assert main([FAN, str(work / 'epoch_2.pth'), '--out', str(tmp_path / name), '--level', level,
                 '--part', part, '--cfg-options', *options]) == 0
    found = read_features(tmp_path / name)
    tested = read_predictions(work / 'predictions.parquet')
    clips = {row.clip for row in tested.rows}
    assert (set(found.clips) == clips) == (part == 'test')
    assert set(found.clips).isdisjoint(clips) == (part == 'train')
    assert found.metadata['seed'] == 3 and found.metadata['level'] == level
    assert found.metadata['config_hash'] == tested.metadata['config_hash']
    assert found.values.shape[1] == (64 if level == 'video' else 32)


def test_bad_arguments(trained, options, tmp_path, capsys):
    work, _ = trained
    words = [FAN, str(work / 'epoch_2.pth'), '--out']
    assert main([*words, str(tmp_path / 'f.pkl')]) == 1
    assert '*.parquet or *.npz' in capsys.readouterr().err
    assert main([*words, str(tmp_path / 'f.npz'), '--cfg-options', *options,
                 'protocol.split=fold2']) == 1
    assert 'another split' in capsys.readouterr().err
