import pytest

from mmfer.synthetic.layouts.mafw import make


def test_lists_without_captions():
    layout = make(0, 55, 4)
    assert len(layout.files) == 10
    test = layout.files['single/no_caption/set_1/test.txt']
    assert test.startswith(b'00001.mp4 anger\n') and test.count(b'\n') == 11
    assert layout.clips[0].path == 'data/faces/00001'


def test_lists_with_captions_are_not_utf8():
    line = make(0, 55, 4, captions=True).files['single/with_caption/set_1/test.txt'].split(b'\n')[0]
    assert line.split(b'\t')[:2] == [b'00001.mp4', b'anger'] and line.count(b'\t') == 3
    with pytest.raises(UnicodeDecodeError):
        line.decode('utf-8')
    assert '皱眉' in line.decode('gb18030')


def test_compound_labels_and_videos():
    layout = make(0, 30, 4, 'compound', 'clips')
    assert layout.clips[0].path == 'data/clips/00001.mp4'
    labels = {line.split(' ')[1] for part in ('train', 'test') for line in layout.files[
        f'compound/no_caption/set_3/{part}.txt'].decode().strip().split('\n')}
    assert 'anger_disgust_contempt' in labels and 'happiness' in labels


def test_settings():
    assert make(1, 55, 4) == make(1, 55, 4)
    with pytest.raises(ValueError, match='clips is 54'):
        make(0, 54, 4)
