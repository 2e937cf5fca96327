import hashlib
import json
from collections import Counter

import cv2
import numpy as np
import pytest

from mmfer.errors import CorpusError
from mmfer.synthetic import write_ckplus
from mmfer.synthetic.ckplus import frame_path, subject_identity
from mmfer.synthetic.plan import CLASS_COUNTS, plan_ckplus

SMALL = dict(seed=5, subjects=5, size_px=32, max_frames=5)


def hashes(root):
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob('*') if path.is_file()}


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp('synthetic') / 'CK+'
    return root, write_ckplus(root, **SMALL)


def test_layout(corpus):
    root, summary = corpus
    plans = plan_ckplus(5, 5, 5)
    assert summary.sequences == len(plans) and summary.written == summary.frames
    for plan in plans:
        folder = root / 'cohn-kanade-images' / plan.subject / f'{plan.number:03d}'
        assert sorted(path.name for path in folder.iterdir()) == [
            f'{plan.subject}_{plan.number:03d}_{n:08d}.png'
            for n in range(1, plan.num_frames + 1)]
        picture = cv2.imread(str(folder / f'{plan.clip}_00000001.png'), cv2.IMREAD_UNCHANGED)
        assert picture.shape == ((32, 32, 3) if plan.colour else (32, 32))
        label = (root / 'Emotion' / plan.subject / f'{plan.number:03d}'
                 / f'{plan.clip}_{plan.num_frames:08d}_emotion.txt')
        assert label.exists() == (plan.label is not None)
        if plan.label:
            code = list(CLASS_COUNTS).index(plan.label) + 1
            assert label.read_bytes() == b'   %d.0000000e+00\n' % code
    emotions = list((root / 'Emotion').rglob('*.txt'))
    assert len(emotions) == sum(summary.per_class.values()) == sum(bool(p.label) for p in plans)


def test_code_of_an_expression_typed_by_hand(corpus):
    root, _ = corpus
    texts = {json_row['label']: next((root / 'Emotion').rglob(f'{json_row["clip"]}_*')).read_text()
             for json_row in json.loads((root / 'synthetic.json').read_text())['sequences']
             if json_row['label']}
    assert texts == {
        'anger': '   1.0000000e+00\n', 'contempt': '   2.0000000e+00\n',
        'disgust': '   3.0000000e+00\n', 'fear': '   4.0000000e+00\n',
        'happiness': '   5.0000000e+00\n', 'sadness': '   6.0000000e+00\n',
        'surprise': '   7.0000000e+00\n'}


def test_action_units_are_recorded(corpus):
    root, _ = corpus
    rows = json.loads((root / 'synthetic.json').read_text())['sequences']
    row = next(row for row in rows if row['label'] == 'happiness')
    path = next((root / 'FACS').rglob(f'{row["clip"]}_*_facs.txt'))
    units = [[float(value) for value in line.split()] for line in path.read_text().splitlines()]
    assert {6., 12.} <= {unit for unit, _ in units}
    assert all(1 <= level <= 5 for _, level in units)
    assert row['intensity'][0] == 0 and row['intensity'][-1] == 1


def test_second_run_writes_nothing(corpus):
    root, first = corpus
    before = {path: path.stat().st_mtime_ns for path in root.rglob('*')}
    summary = write_ckplus(root, **SMALL)
    assert summary.written == 0 and summary.frames == first.frames
    assert {path: path.stat().st_mtime_ns for path in root.rglob('*')} == before


def test_processes_and_interruptions_change_no_byte(corpus, tmp_path):
    root, _ = corpus
    again = tmp_path / 'café'
    seen = []
    write_ckplus(again, **SMALL, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert hashes(again) == hashes(root)
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1] and len(seen) == 5
    for path in sorted(again.rglob('*.png'))[::3]:
        path.unlink()
    next((again / 'Emotion').rglob('*.txt')).unlink()
    assert write_ckplus(again, **SMALL).written > 0
    assert hashes(again) == hashes(root)


def test_other_settings_are_refused(corpus):
    root, _ = corpus
    with pytest.raises(CorpusError, match='another folder'):
        write_ckplus(root, **{**SMALL, 'seed': 6})


def test_real_data_is_not_touched(tmp_path):
    (tmp_path / 'cohn-kanade-images').mkdir()
    with pytest.raises(CorpusError, match='may hold real data'):
        write_ckplus(tmp_path, **SMALL)
    assert list(tmp_path.iterdir()) == [tmp_path / 'cohn-kanade-images']


def test_broken_manifest(tmp_path):
    (tmp_path / 'synthetic.json').write_text('{"settings"')
    with pytest.raises(CorpusError, match='not readable'):
        write_ckplus(tmp_path, **SMALL)


def test_size_out_of_range_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match='size_px'):
        write_ckplus(tmp_path / 'new', size_px=4)
    assert not (tmp_path / 'new').exists()


def edge_histograms(image, cell_px=8, bins=9):
    """Histograms of oriented gradients per cell, (cells * bins,); square root, sum 1."""
    down, right = np.gradient(image.astype(float))
    kind = np.minimum(np.arctan2(down, right) % np.pi / np.pi * bins, bins - 1).astype(int)
    cells = image.shape[0] // cell_px
    histograms = [(np.hypot(down, right) * (kind == k)).reshape(
        cells, cell_px, cells, cell_px).sum(axis=(1, 3)) for k in range(bins)]
    return np.sqrt(np.stack(histograms) / (np.sum(histograms) + 1e-9)).ravel()


@pytest.mark.slow
def test_first_frames_and_lengths_do_not_give_the_label_away(tmp_path):
    """A subject-disjoint classifier on them stays at the majority rate; on peaks it does not."""
    linear_model = pytest.importorskip('sklearn.linear_model')
    root = tmp_path / 'corpus'
    write_ckplus(root, size_px=48, max_frames=3)
    plans = [plan for plan in plan_ckplus(0, None, 3) if plan.label]
    # lengths and colour before they were cut to 3 frames
    facts = {plan.clip: (plan.num_frames, plan.number, plan.colour) for plan in plan_ckplus(0)}
    names = list(CLASS_COUNTS)
    labels = np.array([names.index(plan.label) for plan in plans])
    subjects = sorted({plan.subject for plan in plans})
    fold = np.array([subjects.index(plan.subject) % 10 for plan in plans])
    majority = np.bincount(labels).max() / len(labels)
    margin = 1.96 * np.sqrt(majority * (1 - majority) / len(labels))

    def pictures(number):
        return np.stack([edge_histograms(cv2.imread(str(frame_path(
            root, plan, number or plan.num_frames)), cv2.IMREAD_GRAYSCALE)) for plan in plans])

    def accuracy(features, strength):
        hits = 0
        for k in range(10):
            train, test = fold != k, fold == k
            mean, deviation = features[train].mean(0), features[train].std(0) + 1e-9
            model = linear_model.LogisticRegression(C=strength, max_iter=200)
            model.fit((features[train] - mean) / deviation, labels[train])
            hits += (model.predict((features[test] - mean) / deviation) == labels[test]).sum()
        return hits / len(labels)

    files = np.array([[*facts[plan.clip], frame_path(root, plan, 1).stat().st_size]
                      for plan in plans], float)
    first, facts_alone, last = (accuracy(pictures(1), 1e-2), accuracy(files, 1.),
                                accuracy(pictures(None), 1e-2))
    # shown by pytest -s, for docs/synthetic.md
    print(f'majority {majority:.3f}, first frames {first:.3f}, length, number, colour and file '
          f'size {facts_alone:.3f}, last frames {last:.3f}')
    assert first < majority + margin
    assert facts_alone < majority + margin
    # the same classifier can tell, where there is something to tell
    assert last > .55


@pytest.mark.slow
def test_hog_detector_finds_the_frames(tmp_path):
    dlib = pytest.importorskip('dlib')
    write_ckplus(tmp_path / 'corpus', subjects=40, max_frames=3)
    detector = dlib.get_frontal_face_detector()
    frames = sorted((tmp_path / 'corpus').rglob('*.png'))
    found = Counter(len(detector(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), 1)) > 0
                    for path in frames)
    print(f'{found[True]} of {len(frames)} frames')  # shown by pytest -s
    assert found[True] >= .95 * len(frames)


def test_subjects_do_not_depend_on_how_many_there_are():
    assert subject_identity(0, 'S005') == subject_identity(0, 'S005')
    assert subject_identity(0, 'S005') != subject_identity(0, 'S006')
    assert subject_identity(1, 'S005') != subject_identity(0, 'S005')
