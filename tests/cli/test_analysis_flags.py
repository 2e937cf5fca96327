"""What the flags of tools/analyze_video.py mean together."""
import pytest

from mmfer.apis import WindowSettings
from mmfer.cli.analysis_flags import check_flags, refuse_windows, window_settings
from mmfer.cli.analyze_video import build_parser
from mmfer.errors import ConfigError


def parsed(*given):
    return build_parser().parse_args(['a.mp4', '--config', 'c', '--checkpoint', 'd', '--out', 'e',
                                      *given])


def test_windows_are_in_seconds_or_in_frames():
    assert window_settings(parsed()) == WindowSettings()
    assert window_settings(parsed('--min-coverage', '0.25')).min_coverage == .25
    assert window_settings(parsed('--window-s', '3')).length_s == 3
    frames = window_settings(parsed('--window-frames', '9', '--stride-frames', '3'))
    assert (frames.length_frames, frames.stride_frames) == (9, 3)
    with pytest.raises(ConfigError, match='not in both'):
        window_settings(parsed('--window-frames', '9', '--stride-s', '1'))
    with pytest.raises(ConfigError, match='go together'):
        window_settings(parsed('--window-frames', '9'))


@pytest.mark.parametrize('flag', [('--detector', 'dlib'), ('--size', '64'),
                                  ('--detector-options', 'a=1'), ('--import', 'numpy'),
                                  ('--faces-config', 'a.py'), ('--detect-every', '1'),
                                  ('--geometry', 'box'), ('--interpolation', 'area'),
                                  ('--margin', '0'), ('--min-size', '0'), ('--size', '0'),
                                  ('--min-sharpness', '0')])
def test_flags_without_effect_are_refused(flag, tmp_path):
    with pytest.raises(ConfigError, match=f'--crops.*{flag[0]}'):
        check_flags(parsed('--crops', *flag), {})
    (tmp_path / 'a.mp4').touch()
    with pytest.raises(ConfigError, match='a.mp4.*--rate-hz'):
        check_flags(parsed('--rate-hz', '10'), {'a': tmp_path / 'a.mp4'})
    check_flags(parsed('--crops', '--rate-hz', '10'), {'a': tmp_path})
    for rate_hz in ('0', '-5', 'nan', 'inf'):
        with pytest.raises(ConfigError, match='frames per second are impossible'):
            check_flags(parsed(f'--rate-hz={rate_hz}'), {'a': tmp_path})


@pytest.mark.parametrize('flag', ['--window-s', '--stride-s', '--window-frames',
                                  '--stride-frames', '--min-coverage'])
def test_models_of_frames_take_no_windows(flag):
    refuse_windows(parsed())
    for value in ('0', '1'):
        with pytest.raises(ConfigError, match=f'every frame, .*so {flag} has no effect'):
            refuse_windows(parsed(flag, value))
