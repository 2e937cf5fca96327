"""The pictures of an analysis: the annotated video, and the page with what decided.

They need a second pass over the video, for what is drawn on a frame rests on later ones too.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmfer.apis import ExpressionInferencer, Person, Source, VideoAnalysis
from mmfer.apis.curves import attention_curve, deciding_frames, nearest_answer
from mmfer.cli.common import readable
from mmfer.cli.counter import Counter
from mmfer.faces.frames import open_frames
from mmfer.faces.structures import FrameFaces, VideoFrame
from mmfer.fileio import atomic_write
from mmfer.structures import SPATIAL_MAPS
from mmfer.visualization.face_overlay import FaceOverlay, OverlayFace, person_color
from mmfer.visualization.report_page import (
    DecidingFrame,
    PersonSection,
    ReportPage,
    data_uri_of_figure,
    data_uri_of_image,
    render_report,
)
from mmfer.visualization.spatial_attention import soft_mask
from mmfer.visualization.timeline import TimelineChart, draw_timeline
from mmfer.visualization.video_writer import VideoWriter, write_video

__all__ = ['PersonPictures', 'draw_pictures', 'write_report']

Image = NDArray[np.uint8]
_MOST_HEADS = 4


@dataclass
class PersonPictures:
    """What pictures show of one person.

    Attributes:
        person: The person.
        crops: By frame number those of the frames that decided.
    """

    person: Person
    crops: dict[int, Image] = field(default_factory=dict)

    @cached_property
    def shown(self) -> NDArray[np.int64]:
        """Which answer of the timeline is shown on each frame of the stay."""
        return nearest_answer(self.person)

    @cached_property
    def attention(self) -> NDArray[np.float64] | None:
        """Weight of each frame of the stay."""
        return attention_curve(self.person)

    @cached_property
    def deciding(self) -> tuple[NDArray[np.int64], list[str], str]:
        """Frames that decided, a text for each, and what they are."""
        if self.person.answer is None:
            return np.zeros(0, np.int64), [], ''
        numbers, texts, title = deciding_frames(self.person.answer)
        # a policy for missing faces may let the model see frames that have no crop of their own
        stay = self.person.stay
        kept = np.isin(numbers, stay.numbers[stay.cropped])
        return numbers[kept], [text for text, has in zip(texts, kept) if has], title

    def place(self, number: int) -> int | None:
        """Where a frame is in the stay; None outside."""
        numbers = self.person.stay.numbers
        place = int(np.searchsorted(numbers, number))
        return place if place < len(numbers) and numbers[place] == number else None

    def face(self, number: int) -> OverlayFace | None:
        """What is drawn on a frame; None where the person is not there."""
        place, stay = self.place(number), self.person.stay
        if place is None or (stay.faces and number not in stay.faces):
            return None
        timeline, answer = self.person.timeline, int(self.shown[place])
        weight = np.nan if self.attention is None else float(self.attention[place])
        return OverlayFace(
            stay.id, stay.faces[number].box if stay.faces else None, stay.statuses[place],
            None if timeline is None or answer < 0 else timeline.probabilities[answer],
            None if np.isnan(weight) else weight)


def draw_pictures(inferencer: ExpressionInferencer, analysis: VideoAnalysis, source: Source,
                  crops: bool, rate_hz: float | None, video: Path | None
                  ) -> list[PersonPictures]:
    """Goes through the video again: writes the annotated one, and keeps deciding crops.

    Args:
        inferencer: Cuts out the faces.
        analysis: Of the video.
        source: The video.
        crops: It is one of crops.
        rate_hz: As in the analysis.
        video: The file to write, or None.
    """
    people = [PersonPictures(person) for person in analysis.people]
    wanted = {pictures.person.id: set(pictures.deciding[0].tolist()) for pictures in people}
    last = max((number for numbers in wanted.values() for number in numbers), default=0)
    with (ExitStack() as stack, open_frames(source, analysis.name, rate_hz) as frames,
          Counter('frames drawn', len(analysis.numbers)) as counter):
        writer, overlay = None, None
        if video is not None:
            writer = stack.enter_context(write_video(video, _rate_hz(analysis)))
        for count, frame in enumerate(frames, start=1):
            if writer is not None:
                overlay = overlay or FaceOverlay(analysis.classes, frame.image.shape[:2])
                _write(writer, overlay, frame, people)
            elif frame.number > last:
                break
            for pictures in people:
                if frame.number in wanted[pictures.person.id]:
                    pictures.crops[frame.number] = _crop(inferencer, pictures.person, frame,
                                                         crops)
            counter(count)
    return people


def _rate_hz(analysis: VideoAnalysis) -> float:
    steps = np.diff(analysis.times_s)
    return float(np.clip(1 / np.mean(steps), 1, 240)) if len(steps) and np.mean(steps) > 0 else 25.


def _write(writer: VideoWriter, overlay: FaceOverlay, frame: VideoFrame,
           people: Sequence[PersonPictures]) -> None:
    faces = [face for pictures in people if (face := pictures.face(frame.number)) is not None]
    writer.write(overlay.draw(frame.image, faces, frame.time_s), frame.time_s)


def _crop(inferencer: ExpressionInferencer, person: Person, frame: VideoFrame,
          crops: bool) -> Image:
    if crops:
        return frame.image
    face = person.stay.faces[frame.number]
    return inferencer.faces.crop(FrameFaces(frame, (face, )), face)


def write_report(path: Path, analysis: VideoAnalysis, people: Sequence[PersonPictures],
                 facts: Mapping[str, str], video: str | None) -> None:
    """Writes the page about a video.

    Args:
        path: The file.
        analysis: Of the video.
        people: What :func:`draw_pictures` gives.
        facts: About video and model.
        video: Name of the annotated video in the same folder.
    """
    page = ReportPage(readable(analysis.name), list(facts.items()),
                      [_section(pictures, analysis) for pictures in people], video)
    with atomic_write(path) as temporary:
        temporary.write_text(render_report(page), encoding='utf-8')


def _section(pictures: PersonPictures, analysis: VideoAnalysis) -> PersonSection:
    person = pictures.person
    stay, answer = person.stay, person.answer
    facts = [('Seen', f'{stay.times_s[0]:.2f} s to {stay.times_s[-1]:.2f} s, frames '
                      f'{stay.numbers[0]} to {stay.numbers[-1]}'),
             ('Face found or tracked', f'{person.coverage:.1%} of these frames'),
             ('Crops', str(person.crops))]
    if stay.shot:
        facts.insert(1, ('Shot', str(stay.shot + 1)))
    if answer is None:
        return PersonSection(f'Person {stay.id}', person_color(stay.id), None, [],
                             [*facts, ('Answer', 'none: too few crops')])
    facts.append(('Answer made of', f'{len(np.unique(answer.frames))} frames'))
    numbers, _, title = pictures.deciding
    frames = [_deciding(pictures, number, row) for row, number in enumerate(numbers.tolist())]
    scores = [(name, float(score))
              for name, score in zip(analysis.classes, answer.probabilities, strict=True)]
    return PersonSection(f'Person {stay.id}', person_color(stay.id), answer.label, scores, facts,
                         _chart(pictures, analysis), title, frames)


def _chart(pictures: PersonPictures, analysis: VideoAnalysis) -> str | None:
    timeline, stay = pictures.person.timeline, pictures.person.stay
    if timeline is None:
        return None
    marked = [float(stay.times_s[place]) for number in pictures.deciding[0].tolist()
              if (place := pictures.place(number)) is not None]
    return data_uri_of_figure(draw_timeline(TimelineChart(
        analysis.classes, timeline.time_s, timeline.probabilities, stay.times_s, stay.statuses,
        pictures.attention, marked)))


def _deciding(pictures: PersonPictures, number: int, row: int) -> DecidingFrame:
    answer, crop = pictures.person.answer, pictures.crops[number]
    place = pictures.place(number)
    assert answer is not None and place is not None
    images, lines = [data_uri_of_image(crop)], []
    maps = answer.attention.get(SPATIAL_MAPS)
    if maps is not None:
        rows = np.flatnonzero(answer.frames == number)
        for head in maps[rows].mean(0)[:_MOST_HEADS]:
            images.append(data_uri_of_image(soft_mask(crop, head)))
    lines.append(f'{pictures.person.stay.times_s[place]:.2f} s, frame {number}')
    text = pictures.deciding[1][row]
    return DecidingFrame(images, [*lines, *([text] if text else [])])
