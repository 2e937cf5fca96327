"""AFEW's entries are typed by hand from its layout; a generated copy is broken."""
import shutil

import pytest

from mmfer.annotations import Annotations
from mmfer.corpora import Source
from mmfer.corpora.afew import CLASSES, CORPUS, KNOWN, convert, protocols
from mmfer.errors import CorpusError

# path, id, label, part
ENTRIES = [
    ('Train_AFEW/Angry/000046240', 'train/000046240', 'anger', 'train'),
    ('Train_AFEW/Disgust/000134280', 'train/000134280', 'disgust', 'train'),
    ('Train_AFEW/Fear/000315360', 'train/000315360', 'fear', 'train'),
    ('Train_AFEW/Happy/000331320', 'train/000331320', 'happiness', 'train'),
    ('Train_AFEW/Neutral/000405840', 'train/000405840', 'neutral', 'train'),
    ('Train_AFEW/Sad/000524000', 'train/000524000', 'sadness', 'train'),
    ('Train_AFEW/Surprise/002113120', 'train/002113120', 'surprise', 'train'),
    ('Val_AFEW/Angry/000149120', 'test/000149120', 'anger', 'test'),
    ('Val_AFEW/Happy/000331320', 'test/000331320', 'happiness', 'test'),
    ('Val_AFEW/Surprise/010603480', 'test/010603480', 'surprise', 'test'),
]


def fill(put, root, change=str):
    """Folders of frames stand for the videos, so that nothing needs to be encoded."""
    for path, *_ in ENTRIES:
        put(root / change(path) / '00001.png')
    return root


@pytest.mark.parametrize('change', [str, str.lower], ids=['Train_AFEW', 'train_afew'])
def test_entries_typed_by_hand(tmp_path, put, change):
    conversion = convert(Source(fill(put, tmp_path, change)))
    rows = {row['frames']: row for row in conversion.rows}
    assert len(rows) == len(ENTRIES)
    for path, clip, label, part in ENTRIES:
        row = rows[change(path)]
        assert (row['clip'], CLASSES[row['label']], row['split']) == (clip, label, part)
        assert 'subject' not in row
    assert conversion.report.problems == []
    assert conversion.found | {'clips': 10, 'train clips': 7, 'test clips': 3, 'test anger': 1,
                               'test fear': 0, 'train fear': 1} == conversion.found
    made = protocols(Annotations(conversion.metainfo, conversion.rows, 'x'), conversion, 0)
    (split,) = made['protocol_split'].splits
    assert split.test == ('test/000149120', 'test/000331320', 'test/010603480')
    assert len(split.train + split.selection) == 7


def test_known_counts_add_up():
    assert sum(KNOWN[f'test {name}'] for name in CLASSES) == KNOWN['test clips'] == 383
    assert CORPUS.known_tests == {'protocol_split': (383, )}


@pytest.mark.parametrize(('media', 'lower_case'), [('mp4', False), ('frames', True)])
def test_other_media(written, media, lower_case):
    root, layout = written('afew', media=media, lower_case=lower_case)
    conversion = convert(Source(root))
    assert {row['frames']: (CLASSES[row['label']], row['num_frames'])
            for row in conversion.rows} == {
        clip.path: (clip.label, clip.num_frames) for clip in layout.clips}


@pytest.mark.parametrize(('train', 'test', 'said'), [(771, 381, True), (738, 352, True),
                                                     (773, 383, False), (771, 383, False)])
def test_a_copy_made_from_a_public_list_is_recognised(tmp_path, put, train, test, said):
    for part, count in (('Train_AFEW', train), ('Val_AFEW', test)):
        for number in range(count):
            put(tmp_path / f'{part}/Happy/{number:09d}.avi', b'x')
    conversion = convert(Source(tmp_path, listing=True, verify=False))
    notes = [note for note in conversion.report.notes if 'public list' in note]
    assert len(notes) == said
    assert all(f'{train} and {test} clips' in note and 'official 383' in note for note in notes)


def test_a_broken_copy(copied, told, put, tmp_path):
    root, layout = copied('afew')
    videos = [root / clip.path for clip in layout.clips]
    videos[0].write_bytes(b'')
    videos[1].write_bytes(videos[1].read_bytes()[:100])
    twin = root / 'Train_AFEW/Happy' / videos[2].name
    shutil.copy(videos[2], twin)  # the same id in Fear and Happy
    shutil.copy(videos[3], videos[3].with_suffix('.mp4'))
    shutil.move(videos[4], tmp_path / 'elsewhere.avi')
    videos[4].symlink_to(tmp_path / 'elsewhere.avi')
    (root / 'Val_AFEW/Sad').rename(root / 'Val_AFEW/Sadness and grief')
    (root / 'Val_AFEW/Surprise').rename(root / 'Val_AFEW/Calm')
    put(root / 'Train_AFEW/list.txt', b'x')
    put(root / 'Train_AFEW/Angry/notes.txt', b'x')
    put(root / 'readme.txt', b'x')
    put(root / 'Test_AFEW/000000001.avi', b'x')
    (root / 'Train_AFEW/Angry/empty').mkdir()
    conversion = convert(Source(root))

    def at(path):
        (problem,) = told(conversion, str(path.relative_to(root)))
        return problem

    assert 'empty file' in at(videos[0])
    assert 'cannot be opened' in at(videos[1])
    assert 'already' in at(twin)
    assert 'already' in at(videos[3].with_suffix('.mp4'))
    assert 'symbolic link' in at(videos[4])
    assert 'unknown expression' in at(root / 'Val_AFEW/Sadness and grief')
    assert 'calm is no class' in at(root / 'Val_AFEW/Calm')
    assert 'left out' in at(root / 'Train_AFEW/list.txt')
    assert 'left out' in at(root / 'readme.txt')
    assert 'neither Train_AFEW nor Val_AFEW' in at(root / 'Test_AFEW')
    assert 'no image' in at(root / 'Train_AFEW/Angry/empty')
    assert 'neither a folder nor a video' in told(conversion, 'Angry/notes.txt')[0]
    assert len(conversion.rows) == 14 - 3 - 2
    assert len(conversion.report.problems) == 12


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match='no such folder; it holds Train_AFEW/ and Val_AFEW/'):
        convert(Source(tmp_path / 'none'))
    put(tmp_path / 'AFEW/Train_AFEW/Angry/1/1.png')
    with pytest.raises(CorpusError, match='AFEW: neither Train_AFEW nor Val_AFEW'):
        convert(Source(tmp_path))
