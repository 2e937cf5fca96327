import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import MediaError
from mmfer.models import FrameDataPreprocessor
from mmfer.models.preprocessor import pack_frames
from mmfer.testing import make_batch


def sample(**meta):
    return ActionDataSample(metainfo=meta)


def test_packs_in_order():
    batch = make_batch([2, 3], size_px=4)
    packed = FrameDataPreprocessor()(batch)['inputs']
    assert packed.frames.dtype == torch.uint8
    assert torch.equal(packed.frames, torch.cat(batch['inputs']))
    assert packed.gather.tolist() == [0, 1, 2, 3, 4] and packed.lengths == (2, 3)


def test_one_video_is_not_copied():
    frames = make_batch([3], size_px=4)['inputs']
    assert pack_frames(frames).frames.data_ptr() == frames[0].data_ptr()


def test_gather_points_into_the_batch():
    inputs = make_batch([2, 3], size_px=4)['inputs']
    packed = pack_frames(inputs, [sample(frame_gather=np.array([0, 1, 1, 0])),
                                  sample(frame_gather=np.array([2, 2]))])
    assert packed.gather.tolist() == [0, 1, 1, 0, 4, 4] and packed.lengths == (4, 2)


def test_packed_input_passes():
    packed = pack_frames(make_batch([2], size_px=4)['inputs'])
    out = FrameDataPreprocessor()(dict(inputs=packed))
    assert out['inputs'] is packed and out['data_samples'] is None


@pytest.mark.parametrize('frames, meta, message', [
    (torch.zeros(2, 3, 4, 4), {}, "clip 'b'.*uint8.*float32"),
    (torch.zeros(3, 4, 4, dtype=torch.uint8), {}, "clip 'b'.*uint8"),
    (torch.zeros(2, 3, 5, 4, dtype=torch.uint8), {}, r"clip 'b'.*\(5, 4\).*\(4, 4\).*Resize"),
    (torch.zeros(0, 3, 4, 4, dtype=torch.uint8), {}, "clip 'b'.*no frame"),
    (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), dict(frame_gather=np.array([0, 2])),
     "clip 'b'.*frame 2 of 2"),
    (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), dict(frame_gather=np.array([], int)),
     "clip 'b'.*no frame"),
])
def test_bad_video_is_named(frames, meta, message):
    inputs = [torch.zeros(1, 3, 4, 4, dtype=torch.uint8), frames]
    with pytest.raises(MediaError, match=message):
        pack_frames(inputs, [sample(clip='a'), sample(clip='b', **meta)])


def test_empty_batch():
    with pytest.raises(MediaError, match='no video'):
        pack_frames([])


@pytest.mark.parametrize('channels_last', [False, True])
def test_normalize(channels_last):
    preprocessor = FrameDataPreprocessor(mean=(1.0, 2.0, 3.0), std=(2.0, 4.0, 8.0))
    frames = torch.randint(0, 256, (2, 3, 4, 5), dtype=torch.uint8)
    got = preprocessor.normalize(frames, channels_last)
    expected = (frames.numpy().astype(np.float64) -
                np.array([1, 2, 3])[:, None, None]) / np.array([2, 4, 8])[:, None, None]
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-6)
    assert got.is_contiguous(memory_format=torch.channels_last) == channels_last


def test_default_maps_to_unit_range_and_adds_no_state():
    preprocessor = FrameDataPreprocessor()
    got = preprocessor.normalize(torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 3, 1, 1))
    torch.testing.assert_close(got.flatten(), torch.tensor([0.0, 1.0, 0.2]))
    assert not preprocessor.state_dict()


def test_float64_model():
    assert FrameDataPreprocessor().double().normalize(
        torch.zeros(1, 3, 1, 1, dtype=torch.uint8)).dtype == torch.float64


def test_training_moves_at_once_and_evaluation_later():
    preprocessor = FrameDataPreprocessor().to('meta')
    batch = make_batch([2], size_px=4)
    assert preprocessor(batch, training=True)['inputs'].frames.device.type == 'meta'
    packed = preprocessor(batch)['inputs']
    assert packed.frames.device.type == 'cpu'
    assert preprocessor.move(packed.frames).device.type == 'meta'


def test_clips_are_those_of_the_sampler():
    batch = make_batch([6, 4])
    assert pack_frames(batch['inputs'], batch['data_samples']).clips == ((1, 6), (1, 4))
    batch['data_samples'][0].set_metainfo(dict(num_clips=3, clip_len=2))
    assert pack_frames(batch['inputs'], batch['data_samples']).clips == ((3, 2), (1, 4))
    batch['data_samples'][0].set_metainfo(dict(num_clips=4, clip_len=2))
    with pytest.raises(MediaError, match="clip 'clip0': 6 sampled frames are not num_clips=4"):
        pack_frames(batch['inputs'], batch['data_samples'])


def test_frames_without_a_face_are_told():
    inputs = make_batch([2, 1, 2], size_px=4)['inputs']
    packed = pack_frames(inputs, [sample(), sample(frame_present=np.array([False])),
                                  sample(frame_gather=np.array([0, 0, 1]),
                                         frame_present=np.array([False, True, True]))])
    # the second video has a picture of another frame in the place of its first
    assert packed.present.tolist() == [True, True, True, False, True, True]
    assert pack_frames(inputs).present is None
    full = [sample(), sample(frame_present=np.array([True])), sample()]
    assert pack_frames(inputs, full).present is None
    with pytest.raises(MediaError, match="clip 'b'.*frame_present is of 3 frames, but 2"):
        pack_frames(inputs[:1], [sample(clip='b', frame_present=np.ones(3, bool))])
