"""What a process needs to know, and does, to extract clips: the same for all ways to run them."""
from __future__ import annotations

import importlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmfer.errors import ConfigError, DetectorError, MMFERError, StorageError
from mmfer.faces.extraction.clip import Progress, extract_clip
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.extraction.storage import telling_full
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings, changed_settings

__all__ = ['ClipExtractor', 'Job', 'Outcome', 'import_modules']


@dataclass(frozen=True)
class Job:
    """An extraction, as every process of it is told.

    Attributes:
        out: Output folder.
        settings: :meth:`mmfer.faces.settings.FaceSettings.to_dict`.
        identity: What those settings were found to be by the process that started it.
        imports: Modules to import first: they register detectors.
        device: Where the detector computes (:attr:`mmfer.faces.detector.FaceDetector.device`).
    """

    out: str
    settings: Mapping[str, Any]
    identity: Mapping[str, Any]
    imports: tuple[str, ...] = ()
    device: str = 'cpu'


@dataclass(frozen=True)
class Outcome:
    """What became of a clip.

    Attributes:
        clip: The clip.
        frames: Number of its frames; 0 where it failed.
        error: Why it failed; None where it did not.
    """

    clip: Clip
    frames: int = 0
    error: str | None = None


class ClipExtractor:
    """Extracts clips, one after the other, with a detector that is built once.

    Args:
        job: What to do.

    Raises:
        ConfigError: Settings are impossible, or a module cannot be imported.
        DetectorError: The detector cannot be built, or is not the one of the process that
            started the job: other versions or weights are installed here.
    """

    def __init__(self, job: Job) -> None:
        import_modules(job.imports)
        self._layout = Layout(Path(job.out))
        self._pipeline = FacePipeline(FaceSettings.from_dict(job.settings))
        changed = changed_settings(dict(job.identity), self._pipeline.identity)
        if changed:
            raise DetectorError('this process would extract otherwise than the one that started '
                                f'it ({"; ".join(changed)}); install the same versions '
                                'everywhere')

    def __call__(self, clip: Clip, progress: Progress | None = None) -> Outcome:
        """Extracts one clip; whatever is wrong with it alone is its outcome.

        Raises:
            StorageError: The output folder is full or cannot be written.
        """
        try:
            with telling_full(self._layout.out):
                frames = extract_clip(clip, self._layout, self._pipeline, progress)
        except StorageError:
            raise
        except (MMFERError, OSError) as error:
            return Outcome(clip, error=f'{type(error).__name__}: {error}')
        except Exception as error:  # a defect that one video lays open must not stop the rest
            traceback.print_exc()
            return Outcome(clip, error=f'{type(error).__name__}: {error}')
        return Outcome(clip, frames)


def import_modules(names: tuple[str, ...]) -> None:
    """Imports modules that register detectors.

    Raises:
        ConfigError: One cannot be imported.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise ConfigError(f'--import {name}: cannot be imported ({error}); give the name of a '
                              'module that Python finds, such as projects.example_detector'
                              ) from error
