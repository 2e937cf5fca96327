import numpy as np

from mmfer.faces.frames import open_frames
from mmfer.faces.structures import VideoFrame
from mmfer.testing.marked_faces import MarkedFaceDetector, draw_frame, moving_faces, write_video


def test_faces_are_found_where_they_were_drawn():
    frame = draw_frame([(3, 70, 20, 40), (1, 5, 30, 24)])
    found = MarkedFaceDetector().detect([VideoFrame(frame, 1, 0.)])[0]
    np.testing.assert_array_equal(found.boxes, [[5, 30, 28, 53], [70, 20, 109, 59]])
    assert found.landmarks.shape == (2, 5, 2)
    for box, points in zip(found.boxes, found.landmarks):
        assert (points > box[:2]).all() and (points < box[2:]).all()


def test_a_video_keeps_them(tmp_path):
    frames = moving_faces(30, 2)
    path = write_video(tmp_path / 'v.mp4', frames, 10)
    detector, log = MarkedFaceDetector(log=str(tmp_path / 'log')).for_clip('v'), tmp_path / 'log'
    with open_frames(path) as source:
        decoded = list(source)
    assert len(decoded) == 30 and abs(decoded[-1].time_s - 2.9) < 1e-6
    for frame, drawn in zip(decoded, frames):
        boxes = detector.detect([frame])[0].boxes
        assert np.abs(boxes - detector.detect([VideoFrame(drawn, 0, 0.)])[0].boxes).max() <= 3
    assert log.read_text().splitlines()[:3] == ['v\t1', 'v\t0', 'v\t2']
