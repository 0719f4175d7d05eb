"""A private JupyterLab in headless Chromium: what the bench and the browser tests share."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from course_tools.bench.ports import free_port, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NOTIFICATIONS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
THEMES = "@jupyterlab/apputils-extension/themes.jupyterlab-settings"

# The notebook calls itself idle before its kernel is connected, and then drops what is run.
READY = """() => { window.__ready = false; (async () => {
  const w = window.jupyterapp.shell.currentWidget;
  await w.context.ready; await w.sessionContext.ready; await w.sessionContext.session.kernel.info;
  let calm = 0;
  while (calm < 10) { const k = w.sessionContext.session.kernel;
    calm = (k.status === 'idle' && k.connectionStatus === 'connected') ? calm + 1 : 0;
    await new Promise(r => setTimeout(r, 50)); }
  window.__ready = true; })(); }"""

# Never awaited inside evaluate, which has no time limit.
RUN_ALL = """() => { window.__ran = false;
  window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.__ran = true; });
}"""


@dataclass
class Lab:
    """A running JupyterLab.

    Attributes
    ----------
    folder : Path
        Where its notebooks lie.
    address, token : str
        How to reach it.
    settings : Path
        Its folder of user settings.
    outside : list of str
        Addresses that pages asked for outside this computer.
    """

    folder: Path
    address: str
    token: str
    settings: Path
    outside: list[str] = field(default_factory=list)

    def write_notebook(self, name: str, *cells: str, outputs: Sequence[dict[str, Any]] = ()) -> str:
        """Write a notebook with one code cell per text, the last with outputs; return its name."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook: dict[str, Any] = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": kernel},
            "cells": [code_cell(f"cell-{number}", text) for number, text in enumerate(cells)],
        }
        notebook["cells"][-1]["outputs"] = list(outputs)
        _write_json(self.folder / name, notebook)
        return name

    def set_theme(self, theme: str) -> None:
        """Choose "JupyterLab Light" or "JupyterLab Dark" for pages opened from now on."""
        _write_json(self.settings / THEMES, {"theme": theme})


def code_cell(id: str, source: str) -> dict[str, Any]:
    """Return a code cell as a notebook stores it."""
    return {
        "cell_type": "code",
        "id": id,
        "source": source,
        "metadata": {},
        "execution_count": None,
        "outputs": [],
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def find_chromium() -> str | None:
    """Return the path of Chromium or Google Chrome, if there is one."""
    return next((path for path in map(shutil.which, CHROMIUM) if path), None)


@contextmanager
def run_jupyterlab(folder: Path, home: Path) -> Iterator[Lab]:
    """Start JupyterLab on a free port of 127.0.0.1 with its own settings; end it afterwards.

    Raises
    ------
    RuntimeError
        If it does not answer within a minute; the end of its log is told.
    """
    port = free_port()
    token = secrets.token_hex(16)
    settings = home / "settings"
    _write_json(settings / NOTIFICATIONS, {"fetchNews": "false", "checkForUpdates": False})
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [
        f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port_retries=0",
    ]
    command += [f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True"]
    command += [f"--ServerApp.root_dir={folder}"]
    with (home / "jupyterlab.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            lab = Lab(folder, f"http://127.0.0.1:{port}", token, settings)
            _wait_for(lab, server, home / "jupyterlab.log")
            yield lab
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    def answered() -> bool:
        try:
            with urllib.request.urlopen(f"{lab.address}/api/status?token={lab.token}", timeout=2):
                return True
        except OSError:
            return False

    known = until(lambda: server.poll() is not None or answered(), 60)
    if not known or server.poll() is not None:
        raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def open_page(lab: Lab, profile: Path) -> Iterator[Page]:
    """Open a page of headless Chromium; what it asks for outside this computer is written down."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_chromium(),
            headless=True,
            viewport={"width": 1500, "height": 1300},
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        context.set_default_timeout(60_000)
        context.on("request", lambda request: _note(lab, request.url))
        try:
            yield context.pages[0]
        finally:
            context.close()


def _note(lab: Lab, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
        lab.outside.append(url)


def open_notebook(page: Page, lab: Lab, path: str) -> None:
    """Open a notebook of the lab's folder and wait until its kernel can be used."""
    page.goto(f"{lab.address}/lab/tree/{quote(path)}?reset&token={lab.token}")
    page.wait_for_function(
        "() => window.jupyterapp && window.jupyterapp.shell.currentWidget"
        " && window.jupyterapp.shell.currentWidget.sessionContext"
    )
    page.evaluate(READY)
    page.wait_for_function("() => window.__ready")


def run_all(page: Page, seconds: float = 60) -> None:
    """Run all cells and wait until they have ended."""
    page.evaluate(RUN_ALL)
    page.wait_for_function("() => window.__ran", timeout=seconds * 1000)
    # the command ends at a cell that fails, even one that may; the kernel goes on to the last
    page.evaluate(READY)
    page.wait_for_function("() => window.__ready", timeout=seconds * 1000)


def close_sessions(lab: Lab) -> None:
    """End all kernels, so that the next notebook starts with a fresh one."""
    address = f"{lab.address}/api/sessions"
    headers = {"Authorization": f"token {lab.token}"}
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        sessions = json.load(answer)
    for session in sessions:
        request = urllib.request.Request(
            f"{address}/{session['id']}", headers=headers, method="DELETE"
        )
        urllib.request.urlopen(request, timeout=10).close()
