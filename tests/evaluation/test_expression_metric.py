import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import PredictionError
from mmfer.evaluation.expression_metric import ExpressionMetric
from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.predictions import read_predictions
from mmfer.registry import METRICS

ROOT = Path(__file__).parents[2]
LABELS = [0, 0, 0, 1, 1, 2, 2]
GIVEN = [0, 0, 1, 1, 0, 2, 0]
CLASSES = ('anger', 'fear', 'happiness')


def sample(index, attention=True, **metainfo):
    """Clip ``c<index>`` of four frames, the last two of which are the apex."""
    data = ActionDataSample()
    data.set_gt_label(LABELS[index])
    scores = torch.full((3, ), .1)
    scores[GIVEN[index]] = .8
    data.set_pred_score(scores)
    if attention:
        data.attention = {'frame_weights': torch.tensor([.1, .2, .3, .4]),
                          'spatial_maps': torch.rand(4, 1, 2, 2)}
    data.set_metainfo({
        'clip': f'c{index}', 'subject': f's{index % 3}', 'frame_inds': np.arange(5, 9),
        'start_index': 5, 'apex': [3, 4], 'frame_dir': f'/data/root/c{index}',
        'filename_tmpl': '{:03d}.png', **metainfo})
    return data


def scored(samples, size=7, **options):
    metric = ExpressionMetric(**options)
    metric.dataset_meta = {'classes': CLASSES}
    for first in range(0, len(samples), 3):
        metric.process(None, samples[first:first + 3])
    return metric.evaluate(size)


def test_hand_counted_case():
    values = scored([sample(i) for i in range(7)])
    assert values['WAR'] == pytest.approx(4 / 7)
    assert values['UAR'] == pytest.approx((2 / 3 + 1 / 2 + 1 / 2) / 3)
    assert values['F1'] == pytest.approx((4 / 7 + 2 / 4 + 2 / 3) / 3)
    assert values['hit_rate'] == 1
    assert values['attention_mass'] == values['last_half_mass'] == pytest.approx(.7)
    assert values['hit_rate_chance'] == values['attention_mass_chance'] == .5


def test_selected_clips_are_scored_without_a_file_too():
    def clips(scores):
        samples = [sample(i) for i in range(7)]
        for data in samples:
            data.attention['clip_scores'] = torch.tensor(scores)
        return scored(samples)

    assert 'clip_hit_rate' not in scored([sample(i) for i in range(7)])
    right, wrong = clips([.4, .6]), clips([.6, .4])
    assert (right['clip_hit_rate'], right['clip_hit_rate_chance']) == (1, .5)
    assert (wrong['clip_hit_rate'], wrong['clip_hit_rate_chance']) == (0, .5)


def test_takes_dictionaries_as_the_test_loop_gives_them():
    objects = [sample(i) for i in range(7)]
    assert scored([s.to_dict() for s in objects]) == scored(objects)


def test_localisation_only_where_it_is_known():
    plain = {'WAR', 'UAR', 'F1', 'NLL'}
    assert set(scored([sample(i, attention=False) for i in range(7)])) == plain
    without_apex = scored([sample(i, apex=None) for i in range(7)])
    assert set(without_apex) == {*plain, 'last_half_mass'}


def test_log_likelihood_of_probabilities_only():
    # 4 of 7 right with 0.8, the others with 0.1
    expected = -(4 * np.log(.8) + 3 * np.log(.1)) / 7
    assert scored([sample(i) for i in range(7)])['NLL'] == pytest.approx(expected)
    logits = [sample(i) for i in range(7)]
    for data in logits:
        data.set_pred_score(5 * data.pred_score)
    assert 'NLL' not in scored(logits)
    sure = [sample(i) for i in range(7)]
    for data in sure:
        data.set_pred_score(torch.eye(3)[data.pred_score.argmax()])
    assert scored(sure)['NLL'] == pytest.approx(3 / 7 * 87.3, rel=1e-3)


def test_each_clip_counts_once():
    samples = [sample(i) for i in range(7)]
    assert scored([*samples, *samples[:2]]) == scored(samples)


def test_refuses_a_part_of_the_dataset():
    with pytest.raises(PredictionError, match='6 distinct clips .* holds 7'):
        scored([sample(i) for i in range(6)])


def test_starts_afresh_after_each_evaluation():
    metric = ExpressionMetric()
    for _ in range(2):
        metric.process(None, [sample(i) for i in range(7)])
        assert metric.evaluate(7)['WAR'] == pytest.approx(4 / 7)


def test_dump(tmp_path):
    path = tmp_path / 'predictions.parquet'
    scored([sample(i) for i in range(7)][::-1], dump=path,
           metadata={'data_root': '/data/root', 'split': 'fold3', 'seed': 5})
    read = read_predictions(path)
    assert read.classes == CLASSES
    assert read.metadata['seed'] == 5 and read.metadata['selection'] is None
    assert read.predicted.tolist() == GIVEN and read.labels.tolist() == LABELS
    row = read.rows[2]
    assert (row.clip, row.split, row.subject, row.frames) == ('c2', 'fold3', 's2', 'c2')
    assert (row.filename_tmpl, row.start_index, row.apex) == ('{:03d}.png', 5, (3, 4))
    assert row.frame_numbers.tolist() == [1, 2, 3, 4]
    assert row.attention['spatial_maps'].shape == (4, 1, 2, 2)


def test_dump_of_videos(tmp_path):
    path = tmp_path / 'predictions.parquet'
    scored([sample(i, frame_dir=None, filename=f'/elsewhere/{i}.mp4', frame_inds=np.arange(4),
                   start_index=0) for i in range(7)],
           dump=path, metadata={'data_root': '/data/root'})
    row = read_predictions(path).rows[0]
    assert (row.frames, row.filename_tmpl) == ('/elsewhere/0.mp4', None)
    assert row.frame_numbers.tolist() == [1, 2, 3, 4]


def test_refuses_diverged_scores():
    bad = sample(0)
    bad.pred_score[1] = float('nan')
    with pytest.raises(PredictionError, match="'c0'.*not finite"):
        scored([bad])


def test_names_what_a_sample_lacks():
    plain = ActionDataSample()
    plain.set_gt_label(1)
    with pytest.raises(PredictionError, match='clip, pred_score, frame_inds'):
        scored([plain])


def test_refuses_a_head_of_another_size():
    metric = ExpressionMetric()
    metric.dataset_meta = {'classes': ('a', 'b')}
    metric.process(None, [sample(0)])
    with pytest.raises(PredictionError, match='3 scores per clip for the 2 classes'):
        metric.evaluate(1)


def test_is_built_by_name_with_plain_names():
    metric = METRICS.build({'type': 'ExpressionMetric'})
    assert isinstance(metric, ExpressionMetric) and not metric.prefix
    prefixed = scored([sample(i) for i in range(7)], prefix='test')
    assert 'test/WAR' in prefixed and 'WAR' not in prefixed


def window(clip, index, numbers, labels, given, **metainfo):
    """Answers for the frames of one window."""
    data = ActionDataSample()
    scores = torch.full((len(given), 3), .1)
    scores[torch.arange(len(given)), torch.tensor(given)] = .8
    data.set_field(scores, 'pred_frame_scores')
    data.set_field(torch.tensor(labels), 'gt_frame_labels')
    data.attention = {}
    data.set_metainfo({
        'clip': clip, 'subject': 's1', 'frame_inds': np.array(numbers) + 4, 'start_index': 5,
        'repeat_index': index, 'apex': None, 'frame_dir': f'/data/root/{clip}',
        'filename_tmpl': '{:03d}.png', **metainfo})
    return data


WINDOWS = [
    window('b', 0, [1, 2, 4], [0, -1, 1], [0, 0, 0]),
    window('b', 1, [5, 5, 5], [2, 2, 2], [2, 2, 0]),  # filled up with its only frame
    window('a', 0, [1, 2, 3], [0, 0, 1], [0, 0, 1]),
    window('a', 1, [2, 3, 4], [0, 1, 2], [1, 1, 2]),  # moved back
]


class TestAnswersPerFrame:

    @pytest.mark.parametrize('order', [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2, 3, 1]])
    def test_frames_count_once(self, order):
        values = scored([WINDOWS[i] for i in order], 4)
        # clip b: frames 1, 4, 5 labelled, 4 wrong; clip a: four frames, all right
        assert values['WAR'] == pytest.approx(6 / 7)
        assert values['UAR'] == pytest.approx((3 / 3 + 1 / 2 + 2 / 2) / 3)
        assert values['F1'] == pytest.approx((6 / 7 + 2 / 3 + 1) / 3)
        assert values['S'] == pytest.approx(.33 * 6 / 7 + .67 * values['F1'])
        assert set(values) == {'WAR', 'UAR', 'F1', 'S'}

    def test_padding_is_counted_on_request(self):
        values = scored(WINDOWS, 4, count_padding=True)
        assert values['WAR'] == pytest.approx(6 / 7)
        assert values['WAR_padded'] == pytest.approx((1 + 2 + 3 + 2) / (2 + 3 + 3 + 3))
        assert {name for name in values if name.endswith('_padded')} == {
            'WAR_padded', 'UAR_padded', 'F1_padded', 'S_padded'}
        with pytest.raises(PredictionError, match='count_padding'):
            scored([sample(i) for i in range(7)], count_padding=True)

    def test_dump(self, tmp_path):
        path = tmp_path / 'predictions.parquet'
        metric = ExpressionMetric(dump=path, metadata={'data_root': '/data/root', 'split': 'x'})
        metric.dataset_meta = {'classes': CLASSES}
        metric.process(None, [w.to_dict() for w in WINDOWS])
        metric.evaluate(4)
        assert metric.counted == {'clips': 2, 'frames': 7, 'faceless': 0}
        read = read_predictions(path)
        assert [(t.clip, t.frame_numbers.tolist()) for t in read.tracks] == [
            ('a', [1, 2, 3, 4]), ('b', [1, 4, 5])]
        track = read.tracks[1]
        assert (track.split, track.subject, track.frames, track.start_index) == ('x', 's1', 'b', 5)
        assert track.labels.tolist() == [0, 1, 2] and track.scores.argmax(1).tolist() == [0, 0, 2]

    def test_clip_labels_serve_as_labels_of_frames(self):
        whole = window('a', 0, [1, 2, 3], [1, 1, 1], [1, 0, 1])
        del whole.gt_frame_labels
        whole.set_gt_label(1)
        assert scored([whole], 1)['WAR'] == pytest.approx(2 / 3)

    def test_a_clip_without_labels_is_left_out(self):
        ignored = window('c', 0, [1, 2], [-1, -1], [0, 0])
        assert scored([*WINDOWS, ignored], 5) == scored(WINDOWS, 4)
        with pytest.raises(PredictionError, match='no frame .* has a label'):
            scored([ignored], 1)

    @pytest.mark.parametrize('samples,size,match', [
        (WINDOWS[:3], 4, '3 distinct windows .* holds 4'),
        ([WINDOWS[0], sample(0)], 2, 'one answer per clip, others one per frame'),
        ([window('a', 0, [1, 2], [0, 7], [0, 0])], 1, 'label is outside'),
        ([window('a', 0, [1, 2, 3], [0, 1], [0, 0])], 1, '2 answers and 2 labels for 3 sampled'),
    ])
    def test_refuses(self, samples, size, match):
        with pytest.raises(PredictionError, match=match):
            scored(samples, size)

    def test_refuses_what_lacks_labels_or_classes(self):
        bare = window('a', 0, [1], [0], [0])
        del bare.gt_frame_labels
        with pytest.raises(PredictionError, match='lacks gt_frame_labels'):
            scored([bare], 1)
        metric = ExpressionMetric()
        metric.dataset_meta = {'classes': ('a', 'b')}
        metric.process(None, WINDOWS)
        with pytest.raises(PredictionError, match='3 scores per frame for the 2 classes'):
            metric.evaluate(4)


def run_rank(rank, folder):
    """Seven clips on two ranks: the last one is repeated to fill up the second rank."""
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    indices = ([0, 2, 4, 6], [1, 3, 5, 6])[rank]
    values = scored([sample(i) for i in indices], dump=f'{folder}/predictions.parquet')
    torch.save(values, f'{folder}/values{rank}.pth')
    try:
        scored([sample(i) for i in indices], size=8)
    except PredictionError as error:
        torch.save(str(error), f'{folder}/error{rank}.pth')
    torch.distributed.destroy_process_group()


def test_two_ranks_count_nothing_twice(tmp_path):
    ranks = [subprocess.Popen([sys.executable, __file__, str(rank), str(tmp_path)],
                              env={**os.environ, 'PYTHONPATH': str(ROOT)}) for rank in range(2)]
    assert [rank.wait(timeout=120) for rank in ranks] == [0, 0]
    expected = scored([sample(i) for i in range(7)])
    for rank in range(2):
        assert torch.load(tmp_path / f'values{rank}.pth', weights_only=True) == expected
        # an error reaches every rank; none is left waiting for another
        assert '7 distinct clips' in torch.load(tmp_path / f'error{rank}.pth', weights_only=True)
    assert len(read_predictions(tmp_path / 'predictions.parquet').rows) == 7


if __name__ == '__main__':
    run_rank(int(sys.argv[1]), sys.argv[2])


def test_scores_of_each_of_several_corpora():
    samples = [sample(i, clip=f'{"one" if i < 4 else "two"}/c{i}') for i in range(7)]
    metric = ExpressionMetric()
    metric.dataset_meta = {'classes': CLASSES, 'corpora': ('one', 'two', 'tw')}
    metric.process(None, samples)
    values = metric.evaluate(7)
    assert values['WAR'] == pytest.approx(4 / 7)
    assert values['one/WAR'] == 3 / 4 and values['two/WAR'] == pytest.approx(1 / 3)
    assert values['one/UAR'] == pytest.approx((2 / 3 + 1) / 2)
    # no clip is of the third, and measures of attention are of all together
    assert {name.split('/')[0] for name in values if '/' in name} == {'one', 'two'}
    assert {name.split('/')[1] for name in values if '/' in name} == {'WAR', 'UAR', 'F1'}


def test_a_model_that_knows_more_classes_than_the_dataset(tmp_path):
    samples = []
    for index in range(2):
        data = sample(index)
        data.set_field(torch.tensor([.1, .5, .1, .3]), 'pred_score')
        data.set_gt_label(index)
        data.attention['frame_scores'] = torch.tensor([[.2, .2, .3, .3]]).repeat(4, 1)
        samples.append(data)
    values = scored(samples, 2, score_columns=[0, 2, 3], dump=tmp_path / 'p.parquet')
    assert values['WAR'] == 0
    row = read_predictions(tmp_path / 'p.parquet').rows[0]
    assert row.scores.tolist() == pytest.approx([.2, .2, .6])
    assert row.attention['frame_scores'][0].tolist() == pytest.approx([.25, .375, .375])
    with pytest.raises(PredictionError, match='4 scores per clip for the 3 classes'):
        scored(samples, 2)


def test_clips_without_a_face_go_into_the_file_and_into_no_score(tmp_path):
    path = tmp_path / 'p.parquet'
    metric = ExpressionMetric(dump=path, metadata={'split': 'fold2'})
    metric.dataset_meta = {'classes': CLASSES, 'faceless': (
        {'clip': 'n', 'label': 2, 'subject': None}, {'clip': 'm', 'label': 0, 'subject': 's1'})}
    metric.process(None, [sample(i) for i in range(7)])
    assert metric.evaluate(7)['WAR'] == pytest.approx(4 / 7)
    assert metric.counted == {'clips': 7, 'faceless': 2}
    assert read_predictions(path).faceless == (
        FacelessClip('m', 'fold2', 0, 's1'), FacelessClip('n', 'fold2', 2))

    def test_frames_without_a_face_have_no_answer(self, tmp_path):
        """They have the numbers of the video, count as missed apart, and in no score here."""
        path = tmp_path / 'predictions.parquet'
        metric = ExpressionMetric(dump=path, count_padding=True)
        metric.dataset_meta = {'classes': CLASSES, 'coverage': {'mean': .5, 'clips': 2},
                               'faceless': ({'clip': 'n', 'label': None, 'subject': None,
                                             'frame_counts': [0, 4, 0]}, )}
        windows = [
            window('a', 0, [2, 2, 3], [0, -1, 1], [0, 0, 0], video_frames=np.array([1, 2, 3]),
                   frame_present=np.array([True, True, True])),
            window('a', 1, [9, 9, 9], [1, 2, -1], [1, 1, 1], video_frames=np.array([4, 5, 6]),
                   frame_present=np.zeros(3, bool)),
            window('b', 0, [1, 1], [2, 0], [2, 0], video_frames=np.array([1, 2]),
                   frame_present=np.array([True, False]))]
        metric.process(None, windows)
        values = metric.evaluate(3)
        assert values['WAR'] == values['WAR_padded'] == pytest.approx(2 / 3)
        assert metric.counted == {'clips': 2, 'frames': 3, 'missed_frames': 7, 'faceless': 0,
                                  'coverage': .5}
        read = read_predictions(path)
        assert [(t.clip, t.frame_numbers.tolist()) for t in read.tracks] == [
            ('a', [1, 3]), ('b', [1])]
        assert [(m.clip, m.counts) for m in read.missed] == [
            ('a', (0, 1, 1)), ('b', (1, 0, 0)), ('n', (0, 4, 0))]
        assert read.metadata['coverage'] == {'mean': .5, 'clips': 2}

    def test_repeated_pictures_answer_for_their_own_frames(self, tmp_path):
        path = tmp_path / 'predictions.parquet'
        scored([window('a', 0, [2, 2, 3], [0, 0, 1], [0, 0, 1],
                       video_frames=np.array([1, 2, 3]))], 1, dump=path)
        assert read_predictions(path).tracks[0].frame_numbers.tolist() == [1, 2, 3]


class TestMaskedFrames:
    """Sampled: frames 1 and 4 with a face, and one between that shows the picture of 1."""

    def dumped(self, tmp_path, attention, present=(True, False, True)):
        data = sample(0, attention=False)
        data.attention = {name: torch.tensor(values) for name, values in attention.items()}
        data.set_metainfo(dict(frame_inds=np.array([1, 1, 4]), start_index=1,
                               frame_present=np.array(present)))
        path = tmp_path / 'predictions.parquet'
        values = scored([data], 1, dump=path)
        return values, read_predictions(path).rows[0]

    def test_the_file_has_the_frames_that_were_seen(self, tmp_path):
        values, row = self.dumped(tmp_path, {'frame_weights': [.25, 0., .75]})
        assert row.frame_numbers.tolist() == [1, 4]
        assert row.attention['frame_weights'].tolist() == [.25, .75]
        assert values['last_half_mass'] == pytest.approx(.75)

    def test_frames_stay_where_clips_are_weighed(self, tmp_path):
        maps = [[[[.5, .5]]], [[[0., 0.]]], [[[.1, .9]]]]
        _, row = self.dumped(tmp_path, {
            'clip_scores': [1., 0., 0.], 'frame_weights': [1., 0., 0.], 'spatial_maps': maps})
        assert row.frame_numbers.tolist() == [1, 1, 4]
        assert row.attention['frame_weights'].tolist() == [1, 0, 0]
        assert row.attention['spatial_maps'][1].tolist() == [[[.5, .5]]]  # of the picture shown

    def test_a_picture_in_the_place_of_all(self, tmp_path):
        _, row = self.dumped(tmp_path, {'frame_weights': [1., 0., 0.]}, (False, False, False))
        assert row.frame_numbers.tolist() == [1]
