import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.submission import EDITIONS, ONE_FILE
from mmfer.evaluation.submission_check import check_submission, submission_problems

WANTED = {'b': np.arange(1, 4), 'a': np.arange(1, 3)}
SEVEN = EDITIONS['abaw1'].header


def folder(path, **files):
    for name, text in files.items():
        (path / name).write_bytes(text.encode())
    return path


def per_video(path, a=f'{SEVEN}\n0\n6\n', b=f'{SEVEN}\n-1\n0\n1', **more):
    return folder(path, **{'a.txt': a, 'b.txt': b, **more})


def problems(path, edition='abaw1'):
    return list(submission_problems(path, WANTED, EDITIONS[edition]))


def test_valid(tmp_path):
    assert check_submission(per_video(tmp_path), WANTED, EDITIONS['abaw1']) == 5


@pytest.mark.parametrize('files, expected', [
    (dict(a=f'{SEVEN},Other\n0\n6\n'), 'a.txt, line 1: .* is not the header'),
    (dict(a=''), 'a.txt, line 1'),
    (dict(a=f'{SEVEN}\n0\n'), 'a.txt: 1 answers for 2 frames'),
    (dict(a=f'{SEVEN}\n0\n6\n\n'), 'a.txt: 3 answers for 2 frames'),
    (dict(a=f'{SEVEN}\n0\n7\n'), "a.txt, line 3: '7' is no code -1..6"),
    (dict(a=f'{SEVEN}\n0\n\n'), "a.txt, line 3: '' is no code"),
    (dict(a=f'{SEVEN}\n0\n1.0\n'), "line 3: '1.0' is no code"),
    (dict(a=f'{SEVEN}\n0, 1\n0\n'), "line 2: '0, 1' is not a single code"),
    (dict(a=f'{SEVEN}\r\n0\r\n1\r\n'), 'line 1: .* is not the header'),
    ({'c.txt': 'x'}, 'c.txt: belongs to no video'),
])
def test_problems_are_named(tmp_path, files, expected):
    with pytest.raises(PredictionError, match=expected):
        check_submission(per_video(tmp_path, **files), WANTED, EDITIONS['abaw1'])


def test_missing_files(tmp_path):
    (per_video(tmp_path) / 'b.txt').unlink()
    assert problems(tmp_path) == ['b.txt: is missing']
    assert problems(tmp_path / 'absent') == [f'{tmp_path / "absent"}: no such folder']
    (tmp_path / 'b.txt').write_bytes(b'\xff')
    assert 'b.txt: cannot be read' in problems(tmp_path)[0]


class TestOneFile:
    HEADER = EDITIONS['abaw5'].header
    LINES = ('b/00001.jpg,0', 'b/00002.jpg,7', 'b/00003.jpg,1', 'a/00001.jpg,2', 'a/00002.jpg,3')

    def check(self, path, lines, header=HEADER):
        folder(path, **{ONE_FILE: '\n'.join([header, *lines, ''])})
        return check_submission(path, WANTED, EDITIONS['abaw5'])

    def test_valid(self, tmp_path):
        assert self.check(tmp_path, self.LINES) == 5

    @pytest.mark.parametrize('change, expected', [
        ({1: 'b/00003.jpg,7'}, 'line 3: .* is not "b/00002.jpg,<code>"'),
        ({1: 'b/00002.jpg,-1'}, "line 3: '-1' is no code 0..7"),
        ({1: 'b/00002.jpg,8'}, 'no code 0..7'),
        ({1: 'b/00002.jpg'}, 'line 3'),
        ({0: '0'}, 'line 2'),
        ({3: 'a/00002.jpg,2', 4: 'a/00001.jpg,3'}, 'line 5'),
    ])
    def test_problems_are_named(self, tmp_path, change, expected):
        lines = [change.get(number, line) for number, line in enumerate(self.LINES)]
        with pytest.raises(PredictionError, match=expected):
            self.check(tmp_path, lines)

    def test_incomplete_or_of_another_edition(self, tmp_path):
        with pytest.raises(PredictionError, match='4 answers for 5 frames'):
            self.check(tmp_path, self.LINES[:4])
        with pytest.raises(PredictionError, match='line 1'):
            self.check(tmp_path, self.LINES, header=self.HEADER.replace(',Other', ''))


def test_at_most_ten_problems_are_shown(tmp_path):
    wanted = {f'v{i:02d}': np.arange(1, 2) for i in range(15)}
    with pytest.raises(PredictionError) as caught:
        check_submission(tmp_path, wanted, EDITIONS['abaw1'])
    lines = str(caught.value).split('\n')
    assert len(lines) == 12 and lines[-1] == 'and 5 more'
