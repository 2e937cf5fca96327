import cv2
import numpy as np

from mmfer.synthetic.sheet import contact_sheet, write_sheet


def test_sheet():
    sheet = contact_sheet(size_px=32, identities=2, frames=5)
    assert sheet.dtype == np.uint8 and sheet.shape[1:] == (7 * 32, 3)
    faces = sheet[26:26 + 32, :]
    # seven different faces in a row
    assert all((faces[:, k * 32:k * 32 + 32] != faces[:, :32]).any() for k in range(1, 7))


def test_written_whole(tmp_path):
    sheet = contact_sheet(size_px=24, identities=1, frames=2)
    write_sheet(tmp_path / 'bögen' / 'sheet.png', sheet)
    data = np.fromfile(tmp_path / 'bögen' / 'sheet.png', np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], sheet)
