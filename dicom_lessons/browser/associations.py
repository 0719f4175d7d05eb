"""pynetdicom's two loops, of the upper layer (PS3.8 §9.2) and the association, round by round.

Both sleep when they have nothing to do: there a round ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dicom_lessons.browser import turns


class _Time:
    """The module ``time`` as pynetdicom's loops see it."""

    def __init__(self, idle: float) -> None:
        self.idle = idle
        self.fresh = True

    def sleep(self, seconds: float) -> None:
        """End the round if the loop sleeps; otherwise let others go on."""
        if seconds != self.idle:
            turns.sleep(seconds)
        elif not self.fresh:
            raise turns.Idle
        self.fresh = False

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


_LAYER, _ASSOCIATION = _Time(0.001), _Time(0.001)


def round_of(thread: Any) -> Callable[[], None]:
    """Return what does a round of the loop of a thread of pynetdicom."""
    from pynetdicom import association, dul

    setattr(dul, "time", _LAYER)  # noqa: B010
    setattr(association, "time", _ASSOCIATION)  # noqa: B010
    if isinstance(thread, dul.DULServiceProvider):
        thread.assoc._dul_ready.set()
        return lambda: _layer_round(thread)
    return lambda: _association_round(thread)


def _layer_round(layer: Any) -> None:
    if not layer._kill_thread:
        _LAYER.fresh = False
        layer.run_reactor()  # ends by Idle, or because it is to end
    turns.end(layer)


def _association_round(association: Any) -> None:
    asked = association.is_requestor or association.requestor.primitive is not None
    if not asked:
        if association._started_dul and not association.dul.to_user_queue.queue:
            if not association.dul.is_alive():
                turns.end(association)
            return
    elif not association._reactor_checkpoint.is_set():
        association._is_paused = True
        _take_instances(association)
        return
    _ASSOCIATION.fresh = True
    try:
        if not asked and not association._started_dul:
            association.dul.start()
            association._started_dul = True
            return
        if asked:
            association._run_reactor()
        else:
            association.run_reactor()
    except turns.Idle:
        association._is_paused = True
        raise
    connection = association.dul.socket
    if association._server and connection and connection.socket:
        association._server.shutdown_request(connection.socket)
    turns.end(association)


def _take_instances(association: Any) -> None:
    """Take what C-GET sends (PS3.4 §C.4.3), while the requestor waits below whoever sends it."""
    from pynetdicom.dimse_primitives import C_STORE

    waiting = association.dimse.msg_queue.queue
    for item in [*waiting]:  # responses to C-GET itself may lie before them
        number, request = item
        if isinstance(request, C_STORE) and request.MessageIDBeingRespondedTo is None:
            waiting.remove(item)
            request._context_id = number
            association._c_store_scp(request)
