import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.errors import AnnotationError, PredictionError
from mmfer.evaluation.submission import (
    EDITIONS,
    FrameAnswers,
    class_codes,
    fill_in,
    write_submission,
)
from mmfer.labels import AFFWILD2


def answers(**videos):
    return {name: FrameAnswers(*(np.array(values, np.int64) for values in pair))
            for name, pair in videos.items()}


def wanted(**videos):
    return {name: np.arange(1, count + 1) for name, count in videos.items()}


class TestEditions:

    def test_headers(self):
        seven = 'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise'
        assert EDITIONS['abaw1'].header == EDITIONS['abaw2'].header == seven
        assert EDITIONS['abaw3'].header == f'{seven},Other'
        assert EDITIONS['abaw5'].header == f'image_location,{seven},Other'
        assert EDITIONS['abaw6'].header == EDITIONS['abaw5'].header

    def test_codes_are_those_of_the_labels(self):
        assert dict(enumerate(EDITIONS['abaw3'].classes)) == AFFWILD2
        assert EDITIONS['abaw1'].codes == set(range(-1, 7))
        assert EDITIONS['abaw5'].codes == set(range(8))

    def test_classes_are_matched_by_name(self):
        names = ['happiness', 'Anger', 'sad', 'neutral']
        assert class_codes(names, EDITIONS['abaw1']).tolist() == [4, 1, 5, 0]
        with pytest.raises(PredictionError, match="'other' of the model does not exist"):
            class_codes(['neutral', 'other'], EDITIONS['abaw1'])
        assert class_codes(['other'], EDITIONS['abaw3']).tolist() == [7]
        with pytest.raises(AnnotationError, match='numbers mean different things'):
            class_codes(['0', '1'], EDITIONS['abaw1'])


class TestFillIn:

    def test_ignore(self):
        filled = fill_in(answers(a=([2, 3, 5], [4, 0, 6]), b=([], [])), wanted(a=6, b=2),
                         'ignore', EDITIONS['abaw1'])
        assert filled.codes['a'].tolist() == [-1, 4, 0, -1, 6, -1]
        assert filled.codes['b'].tolist() == [-1, -1]
        assert (filled.without_answer, filled.without_face) == (5, ('b', ))

    def test_nearest(self):
        filled = fill_in(answers(a=([2, 3, 6], [4, 0, 6]), b=([], [])), wanted(a=8, b=2),
                         'nearest', EDITIONS['abaw5'])
        # frame 4 is next to 3, frame 5 next to 6; behind the last its answer stays
        assert filled.codes['a'].tolist() == [4, 4, 0, 0, 6, 6, 6, 6]
        assert filled.codes['b'].tolist() == [0, 0] and filled.without_answer == 7

    def test_of_two_equally_near_the_earlier(self):
        filled = fill_in(answers(a=([1, 3], [4, 6])), wanted(a=3), 'nearest', EDITIONS['abaw5'])
        assert filled.codes['a'].tolist() == [4, 4, 6]

    @given(st.sets(st.integers(1, 30), min_size=1), st.data())
    def test_nearest_against_a_loop(self, numbers, data):
        known = sorted(numbers)
        codes = data.draw(st.lists(st.integers(0, 7), min_size=len(known), max_size=len(known)))
        filled = fill_in(answers(a=(known, codes)), wanted(a=30), 'nearest', EDITIONS['abaw5'])
        table = dict(zip(known, codes))
        expected = [table[min(known, key=lambda k: (abs(k - frame), k))]
                    for frame in range(1, 31)]
        assert filled.codes['a'].tolist() == expected
        assert filled.without_answer == 30 - len(known)

    def test_lengths_may_differ_by_one_frame(self):
        filled = fill_in(answers(a=([1, 2, 3], [4, 5, 6])), wanted(a=2), 'nearest',
                         EDITIONS['abaw5'])
        assert filled.codes['a'].tolist() == [4, 5] and filled.dropped == 1
        with pytest.raises(PredictionError, match="'a': 2 answers.*such as 2 of 1"):
            fill_in(answers(a=([1, 2, 3], [4, 5, 6])), wanted(a=1), 'nearest', EDITIONS['abaw5'])

    def test_unusable_input(self):
        with pytest.raises(PredictionError, match="'b' has no answers"):
            fill_in(answers(a=([1], [0])), wanted(a=1, b=1), 'nearest', EDITIONS['abaw5'])
        with pytest.raises(PredictionError, match="take 'nearest'"):
            fill_in(answers(a=([1], [0])), wanted(a=1), 'ignore', EDITIONS['abaw6'])
        with pytest.raises(PredictionError, match="'zero' is not one of"):
            fill_in(answers(a=([1], [0])), wanted(a=1), 'zero', EDITIONS['abaw5'])


class TestWrite:

    def test_a_file_for_each_video(self, tmp_path):
        edition = EDITIONS['abaw1']
        filled = fill_in(answers(**{'1-30-1280x720': ([1, 3], [0, 6]), 'b_left': ([1], [4])}),
                         wanted(**{'1-30-1280x720': 3, 'b_left': 1}), 'ignore', edition)
        written = write_submission(tmp_path, filled, edition)
        assert [path.name for path in written] == ['1-30-1280x720.txt', 'b_left.txt']
        assert written[0].read_bytes() == (
            b'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise\n0\n-1\n6\n')

    def test_one_file(self, tmp_path):
        edition = EDITIONS['abaw5']
        filled = fill_in(answers(b=([1, 2], [0, 7]), a=([1], [3])), wanted(b=2, a=1), 'nearest',
                         edition)
        path, = write_submission(tmp_path, filled, edition)
        assert path.name == 'predictions.txt'
        assert path.read_text().split('\n') == [
            edition.header, 'b/00001.jpg,0', 'b/00002.jpg,7', 'a/00001.jpg,3', '']

    def test_a_folder_in_use_and_paths_are_refused(self, tmp_path):
        (tmp_path / 'old.txt').touch()
        filled = fill_in(answers(a=([1], [3])), wanted(a=1), 'nearest', EDITIONS['abaw3'])
        with pytest.raises(PredictionError, match='old.txt: is no file of this submission'):
            write_submission(tmp_path, filled, EDITIONS['abaw3'])
        filled = fill_in(answers(**{'../a': ([1], [3])}), wanted(**{'../a': 1}), 'nearest',
                         EDITIONS['abaw3'])
        with pytest.raises(PredictionError, match="'../a': a path"):
            write_submission(tmp_path / 'new', filled, EDITIONS['abaw3'])
