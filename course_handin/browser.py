"""The pages without pandoc and typst: HTML by nbconvert, printed by a browser without a window."""

import copy
import os
import re
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path
from typing import Any

import jupyter_server_mathjax
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from course_handin.errors import PrintError

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
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
_HEAD = """
<script type="text/x-mathjax-config">
MathJax.Hub.Config({"HTML-CSS": {availableFonts: [], webFont: "STIX-Web", imageFont: null}});
</script>
<style>
@page { size: A4; margin: 16mm 14mm; }
.highlight pre, .jp-OutputArea-output pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.highlight pre, .jp-OutputArea-output pre { font-size: 7.5pt; }
.jp-InputPrompt, .jp-OutputPrompt { display: none; }
img, table { max-width: 100%; }
</style>
</head>"""
_MATHJAX = re.compile(r"https?://[^\"\s]*/mathjax/[^\"\s]*", re.IGNORECASE)
_SECONDS = 180


class BrowserError(PrintError):
    """There is no browser, or it printed nothing; the text says which."""


def find_browser() -> str | None:
    """A browser that can print without a window, or `None`."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def print_notebook(name: str, notebook: Any, folder: Path) -> bytes:
    """One notebook as PDF.

    Args:
        name: of the notebook.
        notebook: executed.
        folder: where its relative paths start.

    Raises:
        BrowserError: no browser, or it printed nothing.
    """
    config = Config()
    config.HTMLExporter.template_name = "lab"
    config.HTMLExporter.embed_images = True
    config.HTMLExporter.require_js_url = "data:text/javascript,"
    resources = {"metadata": {"path": str(folder), "name": name}}
    page, _ = HTMLExporter(config=config).from_notebook_node(copy.deepcopy(notebook), resources)
    static = Path(jupyter_server_mathjax.__file__).parent / "static"
    mathjax = f"{(static / 'MathJax.js').as_uri()}?config=TeX-AMS-MML_HTMLorMML-full,Safe"
    return print_page(_MATHJAX.sub(mathjax, page))


def page_of_lines(title: str, lines: list[str]) -> str:
    """A plain page."""
    items = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<html><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1>{items}</body></html>"
    )


def print_page(html: str) -> bytes:
    """A page as PDF.

    Raises:
        BrowserError: no browser, or it printed nothing.
    """
    browser = find_browser()
    if browser is None:
        raise BrowserError("no Chromium, Chrome or Edge was found")
    with tempfile.TemporaryDirectory(prefix="handin-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, printed = folder / "page.html", folder / "page.pdf"
        page.write_text(html.replace("</head>", _HEAD, 1), encoding="utf-8", errors="replace")
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
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
            return printed.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise BrowserError(f"{Path(browser).name} printed nothing: {error}") from error
