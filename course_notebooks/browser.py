"""Pages on paper: HTML printed by a browser that shows no window and has no network."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import jupyter_server_mathjax

from course_notebooks.cleaning import clean

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--allow-file-access-from-files",
    "--no-pdf-header-footer",
    "--virtual-time-budget=120000",
)
MATHJAX = Path(jupyter_server_mathjax.__file__).parent / "static"
"""The folder of MathJax on this disk."""
# The MathJax that comes with Jupyter has one font.
FONT = """
<script type="text/x-mathjax-config">
MathJax.Hub.Config({
  "HTML-CSS": {availableFonts: [], webFont: "STIX-Web", imageFont: null},
  Safe: {safeStyles: {cursor: false}}
});
</script>
</head>"""
# Code must be broken: paper has no scroll bar.
_FOR_PAPER = """
<style>
@page { size: A4; margin: 16mm 14mm; }
@media print {
  body { font-size: 10pt; }
  .highlight pre, .jp-OutputArea-output pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .highlight pre, .jp-OutputArea-output pre { font-size: 7.5pt; }
  .jp-InputPrompt, .jp-OutputPrompt { display: none; }
  img, table { max-width: 100%; }
  .jp-Cell img, .jp-OutputArea img { break-inside: avoid; }
  h1, h2, h3 { break-after: avoid; }
}
</style>
</head>"""
_NETWORK = re.compile(r"https?://[^\"\s]*/mathjax/[^\"\s]*", re.IGNORECASE)


class PrintError(RuntimeError):
    """Pages cannot be made in this way; the text is the last word of what was to make them."""


def find_browser() -> str | None:
    """A browser that can print without a window, or `None`."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def mathjax_url() -> str:
    """Address of MathJax on this disk, so that equations need no network."""
    return f"{(MATHJAX / 'MathJax.js').as_uri()}?config=TeX-AMS-MML_HTMLorMML-full,Safe"


def with_own_mathjax(html: str) -> str:
    """A page of nbconvert that takes MathJax from this disk instead of the network."""
    return _NETWORK.sub(mathjax_url(), html).replace("</head>", FONT, 1)


def print_page(browser: str, html: str, *, seconds: float = 180) -> bytes:
    """Prints a page.

    Args:
        browser: program, from `find_browser`.
        html: the page; what it refers to must lie on this disk.
        seconds: time after which the browser is ended.

    Returns:
        A PDF.

    Raises:
        PrintError: the browser failed, hung or wrote nothing.
    """
    with tempfile.TemporaryDirectory(prefix="genlhc-print-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, printed = folder / "page.html", folder / "page.pdf"
        page.write_text(clean(html).replace("</head>", _FOR_PAPER, 1), encoding="utf-8")
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        command = [
            browser,
            *(["--no-sandbox"] if root else []),
            *_OPTIONS,
            f"--user-data-dir={folder / 'profile'}",
            f"--print-to-pdf={printed}",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired as error:
            raise PrintError(f"the browser took more than {seconds:g} s") from error
        except OSError as error:
            raise PrintError(f"the browser cannot be started: {error}") from error
        if done.returncode or not printed.is_file() or not printed.stat().st_size:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
            raise PrintError(f"the browser printed nothing (status {done.returncode}): {lines[-1]}")
        return printed.read_bytes()
