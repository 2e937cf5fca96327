import subprocess
import sys

import cv2
import pytest

from mmfer.synthetic.__main__ import main


def test_corpus(tmp_path, capsys):
    words = ['ckplus', '--out', str(tmp_path / 'a'), '--subjects', '3', '--size', '24',
             '--max-frames', '3', '--workers', '1']
    assert main(words) == 0
    printed = capsys.readouterr()
    frames = list((tmp_path / 'a').rglob('*.png'))
    assert 'of 3 subjects' in printed.out
    assert f'{len(frames)} frames, {len(frames)} of them new' in printed.out
    assert printed.err == f'{len(frames)}/{len(frames)} frames\n'  # no terminal: the end only
    assert cv2.imread(str(frames[0])).shape[:2] == (24, 24)
    assert main(words) == 0
    assert f'{len(frames)} frames, 0 of them new' in capsys.readouterr().out
    assert main([*words, '--seed', '1']) == 1
    assert 'another folder' in capsys.readouterr().err


@pytest.mark.parametrize(('words', 'message'), [
    (['ckplus', '--subjects', '0'], 'subjects is 0'),
    (['ckplus', '--size', '8'], 'size_px is 8'),
    (['ckplus', '--max-frames', '1'], 'max_frames is 1'),
    (['sheet', '--size', '8'], 'size_px is 8')])
def test_setting_out_of_range_is_one_message(words, message, tmp_path, capsys):
    assert main([*words, '--out', str(tmp_path / 'out')]) == 1
    printed = capsys.readouterr()
    assert printed.out == ''
    assert printed.err.startswith(f'error: {message}')
    assert not (tmp_path / 'out').exists()


def test_sheet_by_module_name(tmp_path):
    subprocess.run([sys.executable, '-m', 'mmfer.synthetic', 'sheet', '--size', '24', '--out',
                    str(tmp_path / 'sheet.png')], check=True)
    assert cv2.imread(str(tmp_path / 'sheet.png')).shape[1] == 7 * 24


def test_a_layout_with_its_options(tmp_path, capsys):
    words = ['mmi', '--out', str(tmp_path / 'a'), '--subjects', '1', '--size', '16',
             '--max-frames', '2', '--workers', '1', '--odd']
    assert main(words) == 0
    assert '6 clips of 1 people, 6 of them new' in capsys.readouterr().out
    assert len(list((tmp_path / 'a').rglob('*.avi'))) == 6
    assert main(words[:-1]) == 1  # the folder holds the other setting
    assert 'another folder' in capsys.readouterr().err
