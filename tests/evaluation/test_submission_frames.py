import numpy as np
import pytest

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.errors import PredictionError
from mmfer.evaluation.submission_frames import (
    annotated_frames,
    count_frames,
    read_example,
    read_lengths,
    read_videos,
    select_videos,
)


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def counts(wanted):
    return {video: numbers.tolist() for video, numbers in wanted.items()}


class TestLists:

    def test_videos(self, tmp_path):
        path = write(tmp_path / 'l.txt', '10-60-1280x720_right\r\n\n103.txt \nVideo é\n')
        assert read_videos(path) == ['10-60-1280x720_right', '103', 'Video é']

    def test_lengths(self, tmp_path):
        path = write(tmp_path / 'l.csv', 'video,frames\nb, 2\na,b,3\n')
        assert counts(read_lengths(path)) == {'b': [1, 2], 'a,b': [1, 2, 3]}
        assert counts(read_lengths(write(path, 'b,2\n'))) == {'b': [1, 2]}

    def test_example(self, tmp_path):
        path = write(tmp_path / 'e.txt', 'image_location,Neutral,Other\nb/00001.jpg,\n'
                     'b/00002.jpg,0\na/00002.jpg\na/00010.jpg,\n')
        wanted = read_example(path)
        assert counts(wanted) == {'b': [1, 2], 'a': [2, 10]} and list(wanted) == ['b', 'a']

    @pytest.mark.parametrize('reader', [read_videos, read_lengths, read_example])
    def test_unreadable(self, tmp_path, reader):
        with pytest.raises(PredictionError, match='absent: cannot be read'):
            reader(tmp_path / 'absent')
        with pytest.raises(PredictionError, match='not a text in UTF-8'):
            reader(write(tmp_path / 'l', b'\xff\xfe\x00'))
        with pytest.raises(PredictionError, match='is empty'):
            reader(write(tmp_path / 'l', ' \n\n'))

    @pytest.mark.parametrize('reader, text, message', [
        (read_videos, 'a\n../b\n', 'line 2: .* no name'),
        (read_videos, '..\n', 'no name'),
        (read_videos, 'a\nb\na.txt\n', "'a' is listed twice"),
        (read_lengths, 'a,3\nb\n', 'line 2: .* not "video,frames"'),
        (read_lengths, 'a,0\n', 'at least one frame'),
        (read_lengths, 'a,99999999999\n', 'at least one frame'),
        (read_lengths, 'a/b,3\n', 'line 1'),
        (read_lengths, 'video,frames\n', 'no video is listed'),
        (read_lengths, 'a,3\na,4\n', "'a' is listed twice"),
        (read_example, 'a/00001.jpg,\na/1.jpg,\n', 'line 2: .* is not "<video>/00001.jpg,"'),
        (read_example, 'a/00001.jpg,\na/00000.jpg,\n', 'line 2'),
        (read_example, 'header\n', 'no image is listed'),
        (read_example, 'a/00001.jpg\nb/00001.jpg\na/00002.jpg\n', "line 3: .*'a' are not together"),
        (read_example, 'a/00002.jpg\na/00001.jpg\n', "'a' are not ascending"),
    ])
    def test_malformed(self, tmp_path, reader, text, message):
        with pytest.raises(PredictionError, match=message):
            reader(write(tmp_path / 'list', text))

    def test_selection_keeps_the_order_of_the_list(self):
        wanted = {'a': np.arange(1, 3), 'b': np.arange(1, 2), 'c': np.arange(0)}
        assert list(select_videos(wanted, ['b', 'a'], 'x')) == ['b', 'a']
        for video in 'cd':
            with pytest.raises(PredictionError, match=f"x: .*frames video '{video}' has"):
                select_videos(wanted, ['a', video], 'x')


def test_annotated_frames(tmp_path):
    rows = [dict(clip='a', frames='a', num_frames=2, frame_numbers=[2, 4], frame_labels=[0] * 6),
            dict(clip='b', frames='b', num_frames=2, frame_numbers=[2, 4]),
            dict(clip='c', frames='c', num_frames=3), dict(clip='d', frames='d', num_frames=0)]
    write_annotations(tmp_path / 'a.json', make_metainfo('x', ['p'], rows), rows)
    found = annotated_frames(read_annotations(tmp_path / 'a.json'))
    assert {clip: len(numbers) for clip, numbers in found.items()} == {
        'a': 6, 'b': 4, 'c': 3, 'd': 0}


class TestOriginals:

    @pytest.fixture
    def videos(self, tmp_path, monkeypatch):
        """Videos whose content is their number of frames."""
        for name, count in (('batch1/a.mp4', 3), ('batch2/b.avi', 5), ('batch2/c_left.mp4', 2)):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(str(count))
        monkeypatch.setattr('mmfer.evaluation.submission_frames.count_video_frames',
                            lambda path: int(path.read_text()))
        return tmp_path

    def test_two_people_of_one_video(self, videos):
        found = count_frames(videos, ['b', 'a_left', 'a_right', 'c_left'])
        assert {video: len(numbers) for video, numbers in found.items()} == {
            'b': 5, 'a_left': 3, 'a_right': 3, 'c_left': 2}

    def test_missing_and_double(self, videos):
        with pytest.raises(PredictionError, match="0 videos 'x'"):
            count_frames(videos, ['x'])
        (videos / 'batch2' / 'a.mkv').write_text('3')
        with pytest.raises(PredictionError, match="2 videos 'a'"):
            count_frames(videos, ['a'])
