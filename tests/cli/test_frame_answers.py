"""Windows to answers, with a model that answers by the brightness of what it is shown."""
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmengine import Config

from mmfer.cli.frame_answers import answer_frames
from mmfer.errors import ConfigError

CLASSES = ('dark', 'bright', 'black')
ROWS = [dict(clip='a', frames='a', num_frames=5, filename_tmpl='{:02d}.png', start_index=1,
             frame_numbers=[1, 2, 4, 7, 8]),
        dict(clip='b', frames='b', num_frames=3, filename_tmpl='{:02d}.png', start_index=1),
        dict(clip='none', frames='none', num_frames=0)]
BRIGHT = {'a': (2, 7, 8), 'b': (1, 3)}


@pytest.fixture
def root(tmp_path):
    for row in ROWS[:2]:
        (tmp_path / row['clip']).mkdir()
        for number in row.get('frame_numbers', range(1, row['num_frames'] + 1)):
            shade = 200 if number in BRIGHT[row['clip']] else 50
            cv2.imwrite(str(tmp_path / row['clip'] / f'{number:02d}.png'),
                        np.full((8, 8, 3), shade, np.uint8))
    return tmp_path


def model(per_frame=True):
    def test_step(batch):
        for frames, sample in zip(batch['inputs'], batch['data_samples']):
            shade = frames.float().mean((1, 2, 3))  # of the distinct frames (U, 3, H, W)
            if sample.get('frame_gather') is not None:
                shade = shade[torch.as_tensor(sample.get('frame_gather'))]
            given = torch.where(shade > 128, 1, torch.where(shade > 0, 0, 2))
            scores = torch.nn.functional.one_hot(given, 3).float()
            if per_frame:
                sample.set_field(scores, 'pred_frame_scores')
            else:
                sample.set_pred_score(scores.mean(0))
        return batch['data_samples']

    return SimpleNamespace(test_step=test_step)


def trained(sampling, repeat, **settings):
    pipeline = [sampling, dict(type='LoadFrames', size=(8, 8)), dict(type='FormatFrames'),
                dict(type='PackExpressionInputs')]
    cfg = Config(dict(
        randomness=dict(seed=0), test_dataloader=dict(
            batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='pseudo_collate'),
            dataset=dict(pipeline=pipeline, repeat=repeat))))
    return SimpleNamespace(cfg=cfg, model=model(**settings))


@pytest.mark.parametrize('tail', ['mask', 'zeros', 'repeat', 'shift'])
def test_each_frame_once_whatever_becomes_of_the_tail(root, tail):
    found = answer_frames(trained(dict(type='WindowSample', length=2, tail=tail),
                                  dict(windows=2)), ROWS, CLASSES, str(root))
    assert {clip: numbers.tolist() for clip, (numbers, _) in found.items()} == {
        'a': [1, 2, 4, 7, 8], 'b': [1, 2, 3], 'none': []}
    assert found['a'][1].tolist() == [0, 1, 0, 1, 1] and found['b'][1].tolist() == [1, 0, 1]


def test_whole_clips(root):
    found = answer_frames(trained(dict(type='AllFrames'), None), ROWS[:1], CLASSES, str(root))
    assert found['a'][1].tolist() == [0, 1, 0, 1, 1]


def test_a_corpus_without_any_face(tmp_path):
    found = answer_frames(trained(dict(type='AllFrames'), None), ROWS[2:], CLASSES, str(tmp_path))
    assert [values.tolist() for values in found['none']] == [[], []]


def test_answers_for_clips_are_refused(root):
    with pytest.raises(ConfigError, match='answers for clips'):
        answer_frames(trained(dict(type='AllFrames'), None, per_frame=False), ROWS, CLASSES,
                      str(root))


def test_sampling_that_leaves_frames_out_is_refused(root):
    with pytest.raises(ConfigError, match="clip 'a': 2 of 5 frames are answered"):
        answer_frames(trained(dict(type='UniformSample', num_frames=2), None), ROWS[:1], CLASSES,
                      str(root))


@pytest.mark.parametrize(('policy', 'frames'), [
    ('drop', [1, 2, 4, 8]), ('interpolate', [1, 2, 4, 7, 8]), ('mask', [1, 2, 4, 7, 8]),
    ('repeat', [1, 2, 3, 4, 5, 6, 7, 8, 9])])
def test_frames_without_a_face_follow_the_policy(root, policy, frames):
    """Answers have the numbers of the video; a repeated picture answers for its frame too."""
    rows = [{**ROWS[0], 'face_status': 'found*2 absent*1 found*1 absent*2 interpolated*1 found*1 '
                                       'absent*1'}]
    model = trained(dict(type='WindowSample', length=4), dict(windows=4))
    pipeline = model.cfg.test_dataloader.dataset.pipeline
    model.cfg.test_dataloader.dataset.pipeline = [
        dict(type='MissingFaces', policy=policy), *pipeline]
    numbers, given = answer_frames(model, rows, CLASSES, str(root))['a']
    assert numbers.tolist() == frames
    shown = {3: 2, 5: 4, 6: 4, 9: 8}
    assert given.tolist() == [int(shown.get(n, n) in BRIGHT['a']) for n in frames]
