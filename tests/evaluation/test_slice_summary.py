import pytest

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.errors import PredictionError
from mmfer.evaluation.folds import pool_predictions
from mmfer.evaluation.functional import confusion_matrix, macro_f1, uar, war
from mmfer.evaluation.slice_summary import FEW_UNITS, format_slices, slice_summary
from mmfer.testing.predictions import make_predictions, make_row, make_track

LABELS, GIVEN = [0, 1, 2, 0, 1, 2, 0, 1], [0, 1, 2, 1, 1, 0, 0, 2]


@pytest.fixture
def annotations(tmp_path):
    """Eight clips of four subjects; c6 and c7 are of nobody knows whom."""
    rows = [dict(clip=f'c{i}', frames=f'c{i}', num_frames=4 + i, label=label,
                 subject=f's{i // 2}', sex=None if i > 5 else 'f' if i < 2 else 'm')
            for i, label in enumerate(LABELS)]
    write_annotations(tmp_path / 'a.json', make_metainfo('x', ['anger', 'fear', 'happiness'], rows),
                      rows)
    return read_annotations(tmp_path / 'a.json')


def pool_of(annotations, given=GIVEN, **metadata):
    rows = [make_row(f'c{i}', label, answer, subject=f's{i // 2}')
            for i, (label, answer) in enumerate(zip(LABELS, given))]
    return pool_predictions([make_predictions(rows, annotation_hash=annotations.hash, **metadata)])


def test_scores_of_each_slice(annotations):
    summary = slice_summary(pool_of(annotations), annotations, 'sex', resamples=200)
    assert [part['slice'] for part in summary['slices']] == ['f', 'm', 'unknown']
    for part, clips in zip(summary['slices'], ([0, 1], [2, 3, 4, 5], [6, 7])):
        confusion = confusion_matrix([LABELS[i] for i in clips], [GIVEN[i] for i in clips], 3)
        for name, score in (('WAR', war), ('UAR', uar), ('F1', macro_f1)):
            assert part['scores'][name]['value'] == pytest.approx(float(score(confusion)))
        assert part['clips'] == part['predictions'] == len(clips)
        assert part['units'] == len(clips) // 2 and part['few']
    first, second, _ = summary['slices']
    assert first['scores']['WAR']['interval'] is None and second['scores']['WAR']['interval']
    assert first['absent'] == ['happiness'] and second['absent'] == []
    # three subjects in slices of one and two: the observed choice of one is as large as any
    gap = summary['gap']['WAR']
    assert (gap['difference'], gap['high'], gap['low']) == (pytest.approx(.5), 'f', 'm')
    assert gap['p'] == pytest.approx(1 / 3, abs=.1)


def test_text(annotations):
    summary = slice_summary(pool_of(annotations), annotations, 'sex', resamples=50)
    text = format_slices(summary)
    assert '2 clips, 1 subjects *' in text and f'fewer than {FEW_UNITS} units' in text
    assert 'f: no happiness; UAR and F1 are over the other classes' in text
    assert 'unknown: the annotation does not say' in text
    assert 'Largest gap in WAR: 0.500, f above m, p = ' in text
    assert '| sex ' in format_slices(summary, 'markdown')


def test_within_a_subject_there_is_no_test(annotations):
    summary = slice_summary(pool_of(annotations), annotations, 'clip_length', edges=[5, 8],
                            resamples=50)
    assert [part['slice'] for part in summary['slices']] == ['< 5', '5 to < 8', '>= 8']
    assert summary['gap'] is None and 'gap' not in format_slices(summary)


def test_one_slice(annotations):
    summary = slice_summary(pool_of(annotations), annotations, 'coverage', resamples=50)
    assert [part['slice'] for part in summary['slices']] == ['1'] and summary['gap'] is None


def test_seeds_are_averaged(annotations):
    runs = [pool_of(annotations, given, seed=seed) for seed, given in ((0, GIVEN), (1, LABELS))]
    files = [make_predictions(run.rows[0], annotation_hash=annotations.hash, seed=seed)
             for seed, run in enumerate(runs)]
    summary = slice_summary(pool_predictions(files), annotations, 'sex', resamples=50)
    male = summary['slices'][1]
    assert male['scores']['WAR']['value'] == pytest.approx((.5 + 1) / 2)
    assert male['predictions'] == male['clips'] == 4


def test_frames_are_sliced_by_their_clip(annotations):
    tracks = [make_track('c0', [0, 1], [0, 1], subject='s0'),
              make_track('c2', [0, 1, 2], [0, 0, 0], subject='s1'),
              make_track('c6', [2], [2], subject='s3')]
    pool = pool_predictions([make_predictions(tracks, annotation_hash=annotations.hash)])
    summary = slice_summary(pool, annotations, 'sex', resamples=50)
    by_name = {part['slice']: part for part in summary['slices']}
    assert by_name['m']['frames'] == 3 and by_name['m']['clips'] == 1
    assert by_name['m']['scores']['WAR']['value'] == pytest.approx(1 / 3)
    assert by_name['f']['scores']['S']['value'] == pytest.approx(1)
    assert summary['gap']['WAR']['difference'] == pytest.approx(2 / 3)
    assert '3 frames of 1 clips' in format_slices(summary)


def test_another_annotation_is_refused(annotations):
    rows = [make_row('c0', 0, 0)]
    pool = pool_predictions([make_predictions(rows, annotation_hash='abc')])
    with pytest.raises(PredictionError, match='hash abc'):
        slice_summary(pool, annotations, 'sex')
