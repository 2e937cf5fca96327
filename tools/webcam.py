"""Wrapper of `mmfer.cli.webcam`, with the project's root on the path."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmfer.cli.webcam import main  # noqa: E402

if __name__ == '__main__':
    sys.exit(main())
