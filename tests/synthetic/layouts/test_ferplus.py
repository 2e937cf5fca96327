import csv

import pytest

from mmfer.synthetic.layouts.ferplus import make

HEADER = ['Usage', 'Image name', 'neutral', 'happiness', 'surprise', 'sadness', 'anger',
          'disgust', 'fear', 'contempt', 'unknown', 'NF']


def test_ten_votes_an_image():
    layout = make(0, 80, 4)
    rows = list(csv.reader(layout.files['fer2013new.csv'].decode().splitlines()))
    assert rows[0] == HEADER
    assert all(sum(map(int, row[2:])) == 10 for row in rows[1:])
    folders = {'Training': 'FER2013Train', 'PublicTest': 'FER2013Valid',
               'PrivateTest': 'FER2013Test'}
    assert [f'{folders[row[0]]}/{row[1]}' for row in rows[1:]] == [
        clip.path for clip in layout.clips]


def test_label_files():
    files = make(0, 40, 4, label_files=True).files
    assert sorted(files) == ['FER2013Test/label.csv', 'FER2013Train/label.csv',
                             'FER2013Valid/label.csv']
    row = next(csv.reader(files['FER2013Train/label.csv'].decode().splitlines()))
    assert row[:2] == ['fer0000000.png', '(0, 0, 48, 48)'] and len(row) == 12


def test_settings():
    assert make(1, 40, 4) == make(1, 40, 4)
    with pytest.raises(ValueError, match='clips is 39'):
        make(0, 39, 4)
