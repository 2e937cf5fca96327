from __future__ import annotations

import argparse
import re

import pytest

from mmfer.cli.extraction_settings import add_face_settings, add_settings, settings_of
from mmfer.errors import ConfigError
from mmfer.faces.settings import FaceSettings

CONFIG = """
size = 100 + 28
faces = dict(
    detector=dict(type='dlib', model='cnn', upsample=1),
    tracking=dict(detect_every=3, longest_gap=9),
    geometry=dict(kind='chip', size_px=size), people='all')
"""


def parse(*words):
    parser = argparse.ArgumentParser()
    add_settings(parser)
    return settings_of(parser.parse_args(list(words)))


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'faces.py'
    path.write_text(CONFIG)
    return str(path)


def test_help_names_no_flag_that_other_commands_lack():
    parser = argparse.ArgumentParser()
    add_face_settings(parser.add_argument_group(), '--faces-config')
    named = set(re.findall(r'--[a-z-]+', parser.format_help()))
    assert '--detector' in named and named <= set(parser._option_string_actions)


def test_without_flags_all_is_default():
    assert parse() == FaceSettings()


def test_every_flag():
    settings = parse(
        '--detector', 'precomputed', '--detector-options', 'file=a.csv', 'confidence=0.5',
        '--detect-every', '5', '--geometry', 'eyes', '--size', '96', '--margin', '0.1',
        '--interpolation', 'bicubic', '--people', 'all', '--min-size', '40',
        '--min-sharpness', '2.5', '--format', 'png', '--jpg-quality', '80')
    assert settings == FaceSettings.from_dict(dict(
        detector=dict(type='precomputed', file='a.csv', confidence=.5),
        tracking=dict(detect_every=5),
        geometry=dict(kind='eyes', size_px=96, margin=.1, interpolation='bicubic'),
        quality=dict(min_size_px=40., min_sharpness=2.5), people='all',
        crops=dict(suffix='png', jpg_quality=80)))


def test_a_config(config):
    settings = parse('--config', config)
    assert settings.detector == dict(type='dlib', model='cnn', upsample=1)
    assert settings.tracking.longest_gap == 9 and settings.geometry.size_px == 128
    assert settings.people == 'all'


def test_flags_go_before_the_config(config):
    settings = parse('--config', config, '--size', '64', '--detect-every', '1', '--people', 'main',
                     '--detector', 'dlib', '--detector-options', 'upsample=0')
    assert settings.geometry.size_px == 64 and settings.geometry.kind == 'chip'
    assert settings.tracking.detect_every == 1 and settings.tracking.longest_gap == 9
    assert settings.people == 'main'
    assert settings.detector == dict(type='dlib', model='cnn', upsample=0)


def test_options_of_one_detector_are_none_of_another(config):
    assert parse('--config', config, '--detector', 'marked').detector == {'type': 'marked'}


@pytest.mark.parametrize('content, problem', [
    ('x = 1', 'has no faces = dict'), ('faces = 1', 'has no faces = dict'),
    ('faces = dict(', 'cannot be read as a Python config'),
    ('raise ValueError("mine")', 'mine'), ('faces = dict(geometri=1)', 'geometri')])
def test_odd_configs_are_told(tmp_path, content, problem):
    path = tmp_path / 'faces.py'
    path.write_text(content)
    with pytest.raises(ConfigError, match=problem):
        parse('--config', str(path))
    with pytest.raises(ConfigError, match='absent.py'):
        parse('--config', str(tmp_path / 'absent.py'))
