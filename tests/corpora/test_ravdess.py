"""RAVDESS's entries are typed by hand from its naming; a generated copy is broken."""
import shutil

import pytest

from mmfer.annotations import Annotations, read_annotations
from mmfer.cli.prepare import main
from mmfer.corpora import Source
from mmfer.corpora.ravdess import KNOWN, convert, protocols
from mmfer.errors import CorpusError
from mmfer.protocols import read_protocol

# modality-channel-emotion-intensity-statement-repetition-actor:
# label, actor, sex, intensity, statement, repetition
SPEECH = {
    '02-01-01-01-01-01-01': ('neutral', '01', 'male', 'normal', 'kids', 1),
    '02-01-02-01-01-02-01': ('calm', '01', 'male', 'normal', 'kids', 2),
    '02-01-03-02-02-01-02': ('happiness', '02', 'female', 'strong', 'dogs', 1),
    '02-01-04-01-02-02-02': ('sadness', '02', 'female', 'normal', 'dogs', 2),
    '02-01-05-02-01-01-07': ('anger', '07', 'male', 'strong', 'kids', 1),
    '02-01-06-01-02-01-12': ('fear', '12', 'female', 'normal', 'dogs', 1),
    '02-01-07-02-02-02-18': ('disgust', '18', 'female', 'strong', 'dogs', 2),
    '02-01-08-01-01-01-23': ('surprise', '23', 'male', 'normal', 'kids', 1),
    '02-01-08-02-01-02-24': ('surprise', '24', 'female', 'strong', 'kids', 2),
    '02-01-02-02-02-02-24': ('calm', '24', 'female', 'strong', 'dogs', 2),
}
OTHERS = ['01-01-03-01-01-01-01', '02-02-03-01-01-01-01', '02-02-02-01-01-01-02',
          '01-02-05-01-01-01-02']


@pytest.fixture
def root(tmp_path, put):
    """Folders of frames stand for the videos, so that nothing needs to be encoded."""
    for name in [*SPEECH, *OTHERS]:
        put(tmp_path / f'RAVDESS/Actor_{name[-2:]}/{name}/000001.png')
    put(tmp_path / 'RAVDESS/Actor_01/03-01-01-01-01-01-01.wav', b'RIFF')
    return tmp_path / 'RAVDESS'


def test_entries_typed_by_hand(root):
    conversion = convert(Source(root))
    rows = {row['clip']: row for row in conversion.rows}
    classes = conversion.metainfo['classes']
    assert classes == ['anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise',
                       'calm']
    assert rows.keys() == SPEECH.keys()
    for name, expected in SPEECH.items():
        row = rows[name]
        assert row['frames'] == f'Actor_{name[-2:]}/{name}'
        assert (classes[row['label']], row['subject'], row['sex'], row['intensity'],
                row['statement'], row['repetition']) == expected
    assert conversion.report.problems == []
    assert conversion.report.ignored == {'*.wav': 1}
    assert conversion.report.notes == ['clips of another modality or channel, left out: '
                                       '01-01-... x 1, 01-02-... x 1, 02-02-... x 2']
    assert conversion.found | {'clips': 10, 'subjects': 7, 'calm': 2, 'surprise': 2,
                               'neutral': 1} == conversion.found


def test_other_modality_and_channel(root):
    song = convert(Source(root), channel='song')
    assert [row['clip'] for row in song.rows] == ['02-02-03-01-01-01-01', '02-02-02-01-01-01-02']
    assert song.metainfo['classes'] == ['anger', 'fear', 'happiness', 'neutral', 'sadness', 'calm']
    assert song.known['clips'] == 1012
    both = convert(Source(root), modality='audiovideo', channel='song')
    assert [row['clip'] for row in both.rows] == ['01-02-05-01-01-01-02']


def test_calm_as_neutral(root):
    conversion = convert(Source(root), merge_calm=True)
    classes = conversion.metainfo['classes']
    assert 'calm' not in classes
    rows = {row['clip']: classes[row['label']] for row in conversion.rows}
    assert rows['02-01-02-01-01-02-01'] == rows['02-01-01-01-01-01-01'] == 'neutral'
    assert conversion.known['neutral'] == 288


@pytest.mark.parametrize(('channel', 'actors'), [('speech', 24), ('song', 23)])
def test_known_counts_add_up(channel, actors):
    known = KNOWN[channel]
    classes = known.keys() - {'clips', 'subjects'}
    assert known['clips'] == sum(known[name] for name in classes)
    # two statements, two repetitions, two intensities but for neutral
    assert known['clips'] == actors * (8 * (len(classes) - 1) + 4)
    assert known['subjects'] == actors


def folds(conversion):
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x')
    (protocol,) = protocols(annotations, conversion, 0).values()
    assert protocol.subject_disjoint
    return [sorted({clip[-2:] for clip in split.test}) for split in protocol.splits]


def test_six_folds_of_four_consecutive_actors(tmp_path, put):
    for actor in range(1, 25):
        for channel in ('01', '02'):
            if actor != 18 or channel == '01':
                put(tmp_path / f'Actor_{actor:02d}/02-{channel}-03-01-01-01-{actor:02d}/1.png')
    expected = [[f'{first + i:02d}' for i in range(4)] for first in range(1, 25, 4)]
    assert folds(convert(Source(tmp_path))) == expected
    # actor 18 does not sing: its fold has three, and the others stay as they are
    expected[4].remove('18')
    assert folds(convert(Source(tmp_path), channel='song')) == expected


def test_options_of_the_command(root, tmp_path, capsys):
    words = ['ravdess', '--root', str(root), '--out', str(tmp_path / 'out')]
    assert main([*words, '--merge-calm', '--folds', '7']) == 0
    annotations = read_annotations(tmp_path / 'out/annotations.json')
    assert 'calm' not in annotations.classes
    every = read_protocol(tmp_path / 'out/protocol_7fold.json', annotations)
    assert every.subject_disjoint
    assert all(len({clip[-2:] for clip in split.test}) == 1 for split in every.splits)
    # one actor alone, of whom no folds can be made
    assert main([*words, '--channel', 'song', '--modality', 'audiovideo']) == 1
    assert 'ProtocolError' in capsys.readouterr().err
    annotations = read_annotations(tmp_path / 'out/annotations.json')
    assert list(annotations.by_clip) == ['01-02-05-01-01-01-02']


def test_a_broken_copy(copied, put, told, tmp_path):
    root, layout = copied('ravdess')
    folder = root / 'Actor_01'
    videos = sorted(folder.iterdir())
    assert len(videos) == 8
    videos[0].write_bytes(b'')
    videos[1].write_bytes(videos[1].read_bytes()[:200])
    videos[2].rename(folder / '02-01-09-01-01-01-01.mp4')
    videos[3].rename(folder / '02-01-04-01-01-01-02.mp4')
    videos[4].rename(folder / '02-01-05-03-01-01-01.mp4')
    videos[5].rename(folder / 'happy.mp4')
    shutil.copy(videos[6], videos[6].with_suffix('.avi'))
    put(folder / 'readme.txt', b'x')
    (root / 'Actor_02').rename(root / 'Actor_25')
    (root / 'Actor_03').rename(root / 'actor_03')
    put(root / 'list.csv', b'x')
    outside = root / 'Actor_04/02-01-03-01-01-01-04.mp4'
    shutil.move(outside, tmp_path)
    outside.symlink_to(tmp_path / outside.name)
    conversion = convert(Source(root))
    assert 'empty file' in told(conversion, f'Actor_01/{videos[0].name}')[0]
    assert 'cannot be opened as a video' in told(conversion, f'Actor_01/{videos[1].name}')[0]
    assert "'09' is not a code of ravdess" in told(
        conversion, 'Actor_01/02-01-09-01-01-01-01.mp4')[0]
    assert 'its name says actor 02, its folder 01' in told(
        conversion, 'Actor_01/02-01-04-01-01-01-02.mp4')[0]
    assert 'are 01 or 02' in told(conversion, 'Actor_01/02-01-05-03-01-01-01.mp4')[0]
    assert 'not a name of RAVDESS' in told(conversion, 'Actor_01/happy.mp4')[0]
    assert 'already' in told(conversion, f'Actor_01/{videos[6].name}')[0]  # .avi comes first
    assert 'neither a folder nor a video' in told(conversion, 'Actor_01/readme.txt')[0]
    assert 'not a name of an actor' in told(conversion, 'Actor_25')[0]
    assert 'left out' in told(conversion, 'list.csv')[0]
    assert 'symbolic link' in told(conversion, 'Actor_04/02-01-03-01-01-01-04.mp4')[0]
    # lost: six of actor 1, all of actor 2, one of actor 4
    assert len(conversion.rows) == len(layout.clips) - 6 - 8 - 1
    assert len(conversion.report.problems) == 11


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match='no such folder; it holds Actor_01/ to Actor_24/'):
        convert(Source(tmp_path / 'none'))
    put(tmp_path / 'Video_Speech_Actor_01/x.png')
    with pytest.raises(CorpusError, match=r'nothing could(.|\n)*Video_Speech_Actor_01: not a name'):
        convert(Source(tmp_path))
    # what is there but was not asked for is said
    put(tmp_path / 'Actor_01/01-01-03-01-01-01-01/1.png')
    with pytest.raises(CorpusError, match=r'another modality or channel, left out: 01-01-... x 1'):
        convert(Source(tmp_path))
