"""The test pipeline of a config on the crops of one person."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmcv.transforms import Compose
from mmengine import Config
from numpy.typing import NDArray
from torch import Tensor

from mmfer.apis.clips import CropClip
from mmfer.datasets.randomness import BUILD, DRAW, seeded
from mmfer.datasets.transforms.missing_faces import MissingFaces, seen_frames
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['Layout', 'TestPipeline']

_LOADER = 'LoadFrames'


@dataclass(frozen=True)
class Layout:
    """What a sampler chose of a clip.

    Attributes:
        rows: (T,) int64, for every sampled frame its place among the clip's frames.
        numbers: (T,) int64, number of each in the video; another than its picture's where
            ``MissingFaces`` repeats pictures.
        clips: (num_clips, clip_len), how the T frames divide into clips.
        blank: (T,) bool, black pictures that only fill up.
        present: (T,) bool, False where there is no picture and the frame does not count.
    """

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    clips: tuple[int, int]
    blank: NDArray[np.bool_]
    present: NDArray[np.bool_]


class TestPipeline:
    """Builds the test pipeline once, and runs it on crops in the place of a corpus's clips.

    What is drawn at random follows from the config's seed and the clip's position alone, as
    in a test of the same clips.

    Args:
        cfg: A loaded config.

    Raises:
        ConfigError: It has no test pipeline, or one that does not load frames by
            ``LoadFrames``, which alone takes frames that are in memory.
    """

    __test__ = False  # no test case, whatever its name begins with

    def __init__(self, cfg: Config) -> None:
        loader = cfg.get('test_dataloader') or {}
        dataset = loader.get('dataset') or {}
        steps = dataset.get('pipeline')
        if not steps or not any(_types(step).count(_LOADER) for step in steps):
            raise ConfigError('test_dataloader.dataset.pipeline: inference needs a pipeline that '
                              f'loads frames by {_LOADER}')
        self.seed = int(cfg.randomness.seed)
        self.batch_size = int(loader.get('batch_size', 1))
        self._repeat = dataset.get('repeat')
        with seeded(BUILD):
            built = [TRANSFORMS.build({'_scope_': 'mmfer', **step}) for step in steps]
        self._whole = Compose(built)
        names = [step['type'] for step in steps]
        self.splits = _LOADER in names
        place = names.index(_LOADER) if self.splits else 0
        self._missing = next((step for step in built if isinstance(step, MissingFaces)), None)
        self._sampling, self._loading = Compose(built[:place]), Compose(built[place:])

    def repeats(self, clip: CropClip) -> int:
        """How many samples the dataset makes of a clip."""
        if self._repeat is None:
            return 1
        frames = len(clip)
        if self._missing is not None:
            frames = seen_frames(self._missing.policy, frames, clip.numbers,
                                 clip.face_status).count
        return -(-frames // int(self._repeat['windows'])) if isinstance(
            self._repeat, Mapping) else frames

    def pack(self, clip: CropClip, position: int = 0, repeat: int = 0) -> dict[str, Any]:
        """A clip as the data loader collates it: ``dict(inputs=..., data_samples=...)``.

        Args:
            clip: The crops.
            position: Of the clip among those that are answered together, from 0.
            repeat: Which of the :meth:`repeats` of the clip.

        Raises:
            MediaError: A crop is unreadable, or crops differ in size where they must not.
        """
        with seeded(DRAW, self.seed, 0, position):
            return self._whole(self._sample(clip, position, repeat))

    def layouts(self, clip: CropClip, position: int = 0) -> Iterator[Layout]:
        """What the steps before ``LoadFrames`` choose for each of the repeats of a clip.

        Of the clip only numbers and statuses are looked at.
        """
        for repeat in range(self.repeats(clip)):
            with seeded(DRAW, self.seed, 0, position + repeat):
                chosen = self._sampling(self._sample(clip, position, repeat))
            inds = np.asarray(chosen['frame_inds'], np.int64).reshape(-1)
            numbers = inds - chosen['start_index'] + 1
            yield Layout(
                np.searchsorted(clip.numbers, numbers),
                np.asarray(chosen.get('video_frames', numbers), np.int64),
                (int(chosen.get('num_clips', 1)), int(chosen.get('clip_len', len(inds)))),
                np.asarray(chosen.get('frame_blank', np.zeros(len(inds), bool))),
                np.asarray(chosen.get('frame_present', np.ones(len(inds), bool))))

    def frames(self, clip: CropClip, rows: Sequence[int] | np.ndarray) -> Tensor:
        """Frames of a clip as the model gets them, (U, 3, H, W) uint8, one for each row.

        Raises:
            ConfigError: The pipeline makes more or fewer pictures than frames.
            MediaError: A crop is unreadable, or crops differ in size where they must not.
        """
        sample = self._sample(clip, 0, 0)
        sample.update(frame_inds=clip.numbers[rows] - 1 + sample['start_index'], num_clips=1,
                      clip_len=len(rows))
        with seeded(DRAW, self.seed, 0, 0):
            inputs = self._loading(sample)['inputs']
        if len(inputs) != len(rows):
            raise ConfigError(f'the test pipeline makes {len(inputs)} pictures of {len(rows)} '
                              'frames, so frames cannot be encoded one by one')
        return inputs

    def _sample(self, clip: CropClip, position: int, repeat: int) -> dict[str, Any]:
        return dict(clip.sample(), repeat_index=repeat, repeat_count=self.repeats(clip),
                    sample_idx=position, seed=self.seed)


def _types(node: Any) -> list[Any]:
    """Every type that is named in a step, those of steps within it too."""
    if isinstance(node, Mapping):
        inner = [kind for value in node.values() for kind in _types(value)]
        return [node['type'], *inner] if 'type' in node else inner
    return [kind for one in node for kind in _types(one)] if isinstance(node, list | tuple) else []
