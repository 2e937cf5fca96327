import io

import numpy as np
import pytest

from mmfer.faces.tracking.people import Person, people_arrays, people_of
from mmfer.faces.tracking.views import PORTRAIT_PX, VIEW_PX, View


def person(id_, landmarks=True):
    rng = np.random.default_rng(id_)
    view = View(rng.integers(0, 256, (VIEW_PX, VIEW_PX)).astype(np.uint8),
                rng.integers(-50, 500, 3))
    return Person(id_, rng.random(4).astype(np.float32),
                  rng.random((5, 2)).astype(np.float32) if landmarks else None, rng.random(), view,
                  rng.integers(0, 256, (PORTRAIT_PX, PORTRAIT_PX)).astype(np.uint8),
                  detections=id_, carried=2 * id_, absent=3 * id_)


@pytest.mark.parametrize('landmarks', [True, False])
@pytest.mark.parametrize('ids', [(), (4, ), (7, 2, 5)])
def test_people_come_back_from_a_file(ids, landmarks):
    people = [person(id_, landmarks) for id_ in ids]
    file = io.BytesIO()
    np.savez(file, **people_arrays(people))
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        restored = people_of(arrays)
    assert len(restored) == len(people)
    for one, other in zip(people, restored, strict=True):
        for name in ('id', 'score', 'detections', 'carried', 'absent'):
            assert getattr(one, name) == getattr(other, name)
            assert type(getattr(one, name)) is type(getattr(other, name))
        for a, b in ((one.box, other.box), (one.landmarks, other.landmarks),
                     (one.view.image, other.view.image), (one.view.region, other.view.region),
                     (one.portrait, other.portrait)):
            assert (a is None and b is None) or (a.dtype == b.dtype and (a == b).all())
