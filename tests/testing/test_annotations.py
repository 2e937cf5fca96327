from mmfer.testing.annotations import CLASSES, make_annotations


def test_rows_are_sorted_and_filled_in():
    annotations = make_annotations([{'clip': 'b', 'label': 1, 'frames': 'x'}, {'clip': 'a'}])
    assert annotations.rows == [{'clip': 'a', 'frames': 'a', 'num_frames': 1},
                                {'clip': 'b', 'frames': 'x', 'num_frames': 1, 'label': 1}]
    assert annotations.classes == CLASSES
    assert annotations.metainfo['counts']['labelled'] == 1
