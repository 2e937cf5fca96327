"""Videos that keep the times of their frames."""
import errno
import sys

import av
import numpy as np
import pytest

from mmfer.errors import MediaError
from mmfer.visualization import video_writer as module
from mmfer.visualization.video_writer import VideoWriter, check_encoder, write_video


def picture(number, height=64, width=96):
    image = np.zeros((height, width, 3), np.uint8)
    image[...] = (40 * number, 255 - 40 * number, 128)
    return image


def read(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [(float(frame.time), frame.to_ndarray(format='rgb24'))
                  for frame in container.decode(stream)]
        return stream.codec_context.name, frames


@pytest.mark.parametrize('times_s', [
    [0., .04, .08, .12, .16], [0., .1, .15, .6, .601], [.5, .6, .7, .8, .9]])
def test_frames_are_shown_at_their_times(tmp_path, times_s):
    with write_video(tmp_path / 'a.mp4') as writer:
        for number, time_s in enumerate(times_s):
            writer.write(picture(number), time_s)
    codec, frames = read(tmp_path / 'a.mp4')
    assert codec == 'h264'
    np.testing.assert_allclose([time_s for time_s, _ in frames], times_s, atol=1e-3)
    for number, (_, image) in enumerate(frames):
        assert np.abs(image.astype(int) - picture(number)).mean() < 4


def test_sides_of_odd_length_lose_nothing(tmp_path):
    with write_video(tmp_path / 'a.mp4') as writer:
        writer.write(picture(2, 65, 97), 0.)
    _, ((_, image), ) = read(tmp_path / 'a.mp4')
    assert image.shape == (66, 98, 3)
    assert np.abs(image.astype(int) - picture(2, 66, 98)).max() < 8


def test_times_that_do_not_ascend_are_moved(tmp_path):
    with write_video(tmp_path / 'a.mp4') as writer:
        for number, time_s in enumerate([0., .2, .2, .1, .3]):
            writer.write(picture(number), time_s)
    _, frames = read(tmp_path / 'a.mp4')
    times_s = [time_s for time_s, _ in frames]
    assert len(frames) == 5 and (np.diff(times_s) > 0).all() and times_s[-1] == pytest.approx(.3)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError, match='broken off'):  # noqa: SIM117
        with write_video(tmp_path / 'a.mp4') as writer:
            writer.write(picture(0), 0.)
            raise RuntimeError('broken off')
    with pytest.raises(MediaError, match='without a frame'), write_video(tmp_path / 'a.mp4'):
        pass
    with (pytest.raises(MediaError, match='32x32 pixels, those before it are 96x64'),
          write_video(tmp_path / 'a.mp4') as writer):
        writer.write(picture(0), 0.)
        writer.write(picture(0, 32, 32), 1.)
    assert list(tmp_path.iterdir()) == []


def test_what_writes_videos_may_be_missing(tmp_path, monkeypatch):
    check_encoder()
    monkeypatch.setattr(module, '_ENCODER', 'libx264_of_another_build')
    for check in (check_encoder, lambda: write_video(tmp_path / 'a.mp4').__enter__()):
        with pytest.raises(MediaError, match='no H.264 encoder.*libx264_of_another.*--no-video'):
            check()
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(MediaError, match=r'PyAV.*pip install mmfer\[faces\]'):
        check_encoder()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(('height', 'width'), [(16, 17000), (17000, 16)])
def test_pictures_that_h264_does_not_have(tmp_path, height, width):
    with (pytest.raises(MediaError, match=f'a.mp4: frames of {width}x{height} pixels cannot be '
                                          'written as H.264.*--no-video'),
          write_video(tmp_path / 'a.mp4') as writer):
        writer.write(np.zeros((height, width, 3), np.uint8), 0.)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(('number', 'kind'), [
    (errno.ENOSPC, OSError), (errno.EROFS, OSError), (errno.EINVAL, MediaError)])
def test_a_full_disk_is_no_matter_of_the_video(number, kind):
    """It stays what it is, so that whoever writes several videos can stop."""
    class Full:
        def add_stream(self, *_, **__):
            return self

        def encode(self, _):
            av.error.err_check(-number)

        mux = encode
        codec_context = property(lambda self: self)

    with pytest.raises(kind):
        VideoWriter(Full(), 'a.mp4', 25.).write(picture(0), 0.)
