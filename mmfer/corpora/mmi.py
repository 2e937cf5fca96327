"""MMI (Pantic et al., 2005): sessions described in XML -> annotation rows.

Layout below the root::

    Sessions/1/session.xml              <session><subject id="1"/><track view="0"/>...
    Sessions/1/S001-001.avi
    Sessions/1/S001-001.xml             <Metatag Name="Emotion" Value="4"/>
    Sessions/1/S001-001-oao_aucs.xml    in some sessions: AUs, coded by onset, apex, offset

Sessions without one of the six basic emotions are skipped and counted. Views: 0 frontal, 1
profile, 2 both side by side. Rows have no ``apex``: the markers of the AUs do not say which
frames are the expression's.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mmfer.annotations import Annotations
from mmfer.corpora.clips import Clips
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.mmi_session import Recording, read_session
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, clip_stem, conclude
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import MMI, canonical
from mmfer.protocols import Protocol, step_kfold

SESSIONS = 'Sessions'
DUAL = '2'
VIEWS = {'0': 'frontal', DUAL: 'dual'}
CLASSES = tuple(MMI.values())
KNOWN = {'clips': 205, 'subjects': 30}
"""Published counts of the frontal sequences of basic emotions."""


@dataclass
class _Skipped:
    """Sessions that are no clips, or doubtful ones, to be told in one line each."""

    emotions: Counter[str] = field(default_factory=Counter)
    views: Counter[str] = field(default_factory=Counter)
    dual: list[str] = field(default_factory=list)
    maybe_turned: list[str] = field(default_factory=list)

    def tell(self, source: Source) -> None:
        notes = source.report.notes
        if self.emotions:
            notes.append('sessions without a single basic emotion, skipped: '
                         + _counted(self.emotions, 'value'))
        if self.views:
            notes.append('sessions that are not frontal, skipped: '
                         + _counted(self.views, 'view'))
        if self.dual:
            notes.append(f'dual-view sessions, left out ({len(self.dual)}): {_listed(self.dual)}; '
                         'they show a frontal and a profile face side by side: crop the frontal '
                         'one and give --frames')
        if self.maybe_turned:
            notes.append(f'frontal sessions without coded AUs ({len(self.maybe_turned)}): '
                         f'{_listed(self.maybe_turned)}; some are recorded lying on their side (a '
                         'public loader turns all of them by 90 degrees clockwise): look at them, '
                         'crop the faces upright and give --frames')


def convert(source: Source) -> Conversion:
    """Rows of an MMI copy.

    Args:
        source: Its root holds ``Sessions``; own face crops are laid out as that, a folder of
            frames for each video, upright. Without crops dual-view sessions are left out.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    folder = source.folder(SESSIONS, f'the root holds {SESSIONS}/, a folder for each session')
    clips = Clips(source, source.media(SESSIONS))
    skipped = _Skipped()
    sessions, files = list_folder(folder, source.report)
    for name in files:
        source.report.add(f'{SESSIONS}/{name}', "a file among the sessions' folders; left out")
    for session in sorted(sessions, key=lambda name: (len(name), name)):
        try:
            recording = read_session(source, f'{SESSIONS}/{session}')
        except (AnnotationError, CorpusError) as error:
            source.report.add(f'{SESSIONS}/{session}', f'{error}; left out')
            continue
        if _is_clip(recording, session, source, skipped):
            label = CLASSES.index(canonical(recording.emotion, 'mmi'))
            clips.add(clip_stem(recording.media), f'{session}/{recording.media}', label=label,
                      subject=recording.subject, view=VIEWS[recording.view])
    skipped.tell(source)
    return conclude(source, 'mmi', CLASSES, clips.rows, known=KNOWN)


def _is_clip(recording: Recording, session: str, source: Source, skipped: _Skipped) -> bool:
    """Whether a session is to be converted; notes why not, and what to look at."""
    if recording.emotion not in map(str, MMI):
        skipped.emotions[recording.emotion or 'none'] += 1
        return False
    if recording.view not in VIEWS:
        skipped.views[recording.view or 'none'] += 1
        return False
    if source.frames is None and recording.view == DUAL:
        skipped.dual.append(session)
        return False
    if source.frames is None and not recording.coded:
        skipped.maybe_turned.append(session)
    return True


def _counted(counter: Counter[str], what: str) -> str:
    return ', '.join(f'{what} {key} x {count}' for key, count in sorted(counter.items()))


def _listed(sessions: list[str]) -> str:
    more = f' and {len(sessions) - 20} more' if len(sessions) > 20 else ''
    return ' '.join(sessions[:20]) + more


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Ten folds by counting, as CK+'s are; the papers do not say which ten folds they mean."""
    return {'protocol_10fold': step_kfold(annotations, seed=seed)}


CORPUS = Corpus('mmi', 'MMI', f'folder that holds {SESSIONS}/', convert, protocols)
