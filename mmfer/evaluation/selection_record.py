"""What every validation of one training scored, and which of them three ways of selecting choose.

In the folder of the run::

    selections.json                        the scores of all validations so far
    validations/iter_00000030.parquet      the test part's predictions of those that matter
    selection_last/predictions.parquet     of the last validation
    selection_inner/predictions.parquet    of the best one on the selection part
    selection_literature/predictions.parquet      ... on the test part itself

The last three are written when training ends. All come from one training on the train part
alone, and say so in their metadata (``compare_selection``, ``config_name``): they are not
pooled with runs that trained on train and selection part.
"""
from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from mmfer.errors import PredictionError
from mmfer.evaluation.predictions import read_predictions, write_predictions
from mmfer.fileio import atomic_write
from mmfer.jsonfile import read_json
from mmfer.protocols import SELECTIONS

RECORD = 'selections.json'
VALIDATIONS = 'validations'
_AGAIN = 'run it again with --overwrite, or in another folder'


@dataclass(frozen=True)
class Validation:
    """The scores of one moment of a training.

    Attributes:
        iteration: Iterations trained.
        epoch: Epochs trained; None where training counts iterations only.
        selection: Score on the selection part.
        test: Score on the test part.
    """

    iteration: int
    epoch: int | None
    selection: float
    test: float

    @property
    def name(self) -> str:
        """``epoch 12``, or ``iteration 3000``."""
        return f'iteration {self.iteration}' if self.epoch is None else f'epoch {self.epoch}'


def choose(validations: Iterable[Validation]) -> dict[str, Validation]:
    """The validation that each way of selecting takes; of equal scores the first.

    'last' takes the last, 'inner' the best on the selection part, 'literature' the best on
    the test part: its test score is never below those of the others, whatever the model.
    """
    ordered = sorted(validations, key=lambda validation: validation.iteration)
    return {'last': ordered[-1],
            'inner': max(ordered, key=lambda validation: validation.selection),
            'literature': max(ordered, key=lambda validation: validation.test)}


def result_path(folder: Path, selection: str) -> Path:
    """Predictions file of one way of selecting, of the run in ``folder``."""
    return folder / f'selection_{selection}' / 'predictions.parquet'


@dataclass(frozen=True)
class SelectionRecord:
    """The record of one run.

    Attributes:
        folder: Of the run.
        facts: Of the run; those of another one are refused.
        score: What the checkpoint is chosen by.
    """

    folder: Path
    facts: dict[str, Any]
    score: str

    @property
    def path(self) -> Path:
        """The file of the scores."""
        return self.folder / RECORD

    @property
    def _identity(self) -> dict[str, Any]:
        """The facts but for where the data lie."""
        return {key: value for key, value in self.facts.items() if key != 'data_root'}

    def predictions(self, iteration: int) -> Path:
        """File of the test part's predictions after so many iterations."""
        return self.folder / VALIDATIONS / f'iter_{iteration:08d}.parquet'

    def read(self) -> list[Validation]:
        """The validations so far, in order; [] before the first.

        Raises:
            PredictionError: The file is damaged, or of another run.
        """
        if not self.path.exists():
            return []
        content = read_json(self.path, PredictionError)
        kinds = {field.name for field in fields(Validation)}
        try:
            if content['facts'] != self._identity or content['score'] != self.score:
                raise PredictionError(f'{self.path}: of a run with other settings; {_AGAIN}')
            if not all(set(entry) == kinds for entry in content['validations']):
                raise KeyError('validations')
            return [Validation(**entry) for entry in content['validations']]
        except (KeyError, TypeError) as error:
            raise PredictionError(f'{self.path}: not a record of validations ({error}); '
                                  f'{_AGAIN}') from error

    def add(self, validation: Validation, saved: int) -> None:
        """Records a validation whose predictions are written; drops those no longer needed.

        Later ones are forgotten: a run that was resumed before them makes them anew. So what
        the validations before the last checkpoint choose is kept as well.

        Args:
            validation: The new one.
            saved: Iterations of the last checkpoint, 0 if there is none.
        """
        earlier = [known for known in self.read() if known.iteration < validation.iteration]
        validations = [*earlier, validation]
        content = {'facts': self._identity, 'score': self.score,
                   'validations': [asdict(known) for known in validations]}
        with atomic_write(self.path) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')
        kept = {chosen.iteration for chosen in choose(validations).values()}
        resumable = [known for known in validations if known.iteration < saved]
        if resumable:  # their last one will not be the last of all
            chosen = choose(resumable)
            kept |= {chosen['inner'].iteration, chosen['literature'].iteration}
        needed = set(map(self.predictions, kept))
        for path in (self.folder / VALIDATIONS).glob('*.parquet'):
            if path not in needed:
                path.unlink()

    def finish(self, iteration: int) -> dict[str, Validation]:
        """Writes the predictions of each way of selecting; returns what each has chosen.

        Args:
            iteration: Iterations that the whole training took.

        Raises:
            PredictionError: The end was not validated, or predictions are gone.
        """
        validations = self.read()
        if not validations or validations[-1].iteration != iteration:
            raise PredictionError(f'{self.path}: training ended after iteration {iteration}, '
                                  'which was not validated; let train_cfg validate at the end')
        chosen = choose(validations)
        for selection in SELECTIONS:
            self._write(selection, chosen[selection])
        return chosen

    def _write(self, selection: str, validation: Validation) -> None:
        source = self.predictions(validation.iteration)
        if not source.exists():
            raise PredictionError(f'{source}: gone, but {selection!r} chooses {validation.name}; '
                                  f'{_AGAIN}')
        predictions = read_predictions(source)
        name = self.facts['config_name']
        metadata = {
            **predictions.metadata, 'selection': selection,
            # 'inner' is what protocol.selection='inner' gives; the others had fewer clips
            'config_name': name if selection == 'inner' else f'{name} (train part only)',
            'checkpoint': f'{self.folder}, {validation.name}', 'score': self.score,
            'chosen': asdict(validation)}
        path = result_path(self.folder, selection)
        write_predictions(path, replace(predictions, metadata=metadata, path=str(path)))


def chosen_in(metadata: dict[str, Any]) -> Validation:
    """The validation whose predictions a file of :meth:`SelectionRecord.finish` holds."""
    return Validation(**metadata['chosen'])

