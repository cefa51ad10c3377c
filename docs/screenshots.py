"""Write docs/explorer/*.png, the explorer on a desk and on a phone, light and dark: ``python docs/screenshots.py``.

Needs chromium and its driver, and Pillow (which matplotlib brings along).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
SIZES = {"desk": (1180, 860), "phone": (390, 844)}
STATE = "#p=100/110/111*111/011/001"
COLOURS = 128


def main() -> None:
    """Start the explorer, look at it four times."""
    sys.path.insert(0, str(ROOT))
    from PIL import Image

    from tests.helpers.browser import Browser

    folder = ROOT / "docs" / "explorer"
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "closedness", "explore", "--no-browser", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process, Browser() as browser:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        for place, (width, height) in SIZES.items():
            for look in ("light", "dark"):
                browser.look(width, height, dark=look == "dark")
                browser.open("about:blank")
                browser.open(address + STATE)
                browser.wait("return document.querySelector('#nearest button')")
                time.sleep(0.5)
                path = folder / f"{place}-{look}.png"
                browser.screenshot(path)
                with Image.open(path) as picture:
                    small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
                small.save(path, optimize=True)
        process.terminate()


if __name__ == "__main__":
    main()
