"""Extraction of faces: from videos and folders of frames to crops and a ledger on disk.

::

    OUT/faces.json              the settings that all below was made with, and their hash
    OUT/crops/<clip>/000001.jpg           the main person's crops, by frame number
    OUT/crops/<clip>/<id>/000001.jpg      everybody's, where all people are asked for
    OUT/ledger/<clip>.parquet   every frame and person of one clip
    OUT/ledger.parquet          those of all clips
    OUT/failures.json           clips that could not be extracted, and why
    OUT/.work/                  clips that are not finished

``<clip>`` is the path below the input folder without the suffix. A clip is finished when its
ledger is in place, which is its last file.
"""
