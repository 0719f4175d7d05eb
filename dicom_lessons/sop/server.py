"""The server of a live exchange: quick to answer, quiet at its end, and plain about TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from socketserver import BaseServer
from typing import Any

from dicom_lessons.text import N_, _

SECONDS_TO_ANSWER = 5
SECONDS_TO_END = 2

# alerts by which the other end of a TLS handshake says why it ends it (RFC 8446 §6.2)
_ALERTS = {
    "CERTIFICATE_EXPIRED": N_("the certificate has expired"),
    "UNKNOWN_CA": N_("the caller does not know the authority that signed the certificate"),
    "DECRYPT_ERROR": N_("the certificate is not signed by the authority that the caller knows"),
    "BAD_CERTIFICATE": N_("the caller refuses the certificate: is it for another address?"),
}
_FAILURES = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": N_("the caller shows no certificate of its own"),
    "CERTIFICATE_VERIFY_FAILED": N_("the caller's certificate is not believed"),
}


@contextmanager
def run_server(
    entity: Any,
    handlers: list[tuple[Any, ...]],
    tls: ssl.SSLContext | None,
    note: Callable[[str, str], None],
    end: Callable[[Any], None],
) -> Iterator[int]:
    """Run a server of an application entity on 127.0.0.1, and give its port.

    Parameters
    ----------
    entity : pynetdicom.AE
    handlers : list of tuple
        What pynetdicom calls.
    tls : ssl.SSLContext or None
        Then nobody without TLS is let in.
    note : callable
        Gets who ended a TLS handshake, ``"requestor"`` or ``"acceptor"``, and why.
    end : callable
        Gets each association that is left at the end, and ends it.
    """
    from pynetdicom import evt

    handlers = [*handlers, (evt.EVT_CONN_OPEN, _end_what_has_no_end)]
    for event in (evt.EVT_CONN_OPEN, evt.EVT_DATA_RECV, evt.EVT_DATA_SENT):
        handlers.append((event, _acknowledge_at_once))
    server = entity.make_server(
        ("127.0.0.1", 0), evt_handlers=handlers, ssl_context=tls, server_class=_classes()[0]
    )
    server.note = note
    server.contexts = _Offered(server.contexts)
    listener = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    port = server.server_address[1]
    try:
        listener.start()  # an interrupt may come as early as here
        yield port
    finally:
        if listener.is_alive():
            # not the server's own shutdown(), which wants the entity to have started it
            BaseServer.shutdown(server)
            listener.join(SECONDS_TO_END)
        associations = list(server.active_associations)
        for association in associations:
            end(association)
        for association in associations:
            association.join(SECONDS_TO_END)
        server.server_close()
        _end_callers(port)


def _end_callers(port: int) -> None:
    """End associations that this Python asked for and whose connection is gone; they wait on."""
    from pynetdicom.association import Association

    for caller in threading.enumerate():
        if isinstance(caller, Association) and caller.is_requestor:
            if caller.remote["port"] == port:
                caller.dul.join(SECONDS_TO_END)
            if not caller.dul.is_alive():
                caller.kill()


class _Offered(list[Any]):
    """Contexts that associations look at and none changes.

    pynetdicom copies all of them for each association, in depth: of an archive that takes every
    SOP class in every transfer syntax that is slower than all else it does for a short one.
    """

    def __deepcopy__(self, _memo: dict[int, Any]) -> _Offered:
        return self


def _why(error: OSError) -> tuple[str, str]:
    """Return who ended a handshake and why."""
    reason = str(getattr(error, "reason", None) or "")
    alert = reason.partition("_ALERT_")[2]
    if alert:
        return "requestor", _(_ALERTS.get(alert) or N_("the caller has ended the handshake"))
    if isinstance(error, TimeoutError):
        return "acceptor", _("the caller is silent")
    return "acceptor", _(_FAILURES.get(reason) or N_("the caller does not speak TLS"))


def _acknowledge_at_once(event: Any) -> None:
    """Have each piece that arrives acknowledged when it is read (Linux; RFC 1122 §4.2.3.2).

    A sender that writes a message in small pieces keeps the second back until the first is
    acknowledged, and a system may take 40 ms for that: longer than all else for a small instance.
    What is sent or received makes the system forget that it was asked.
    """
    option = getattr(socket, "TCP_QUICKACK", None)
    if option is not None:
        with suppress(OSError, AttributeError):  # closed meanwhile
            event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, option, 1)


def _end_what_has_no_end(event: Any) -> None:
    event.assoc.dul.state_machine = _classes()[1](event.assoc.dul)


@cache
def _classes() -> tuple[Any, Any]:
    from pynetdicom.fsm import InvalidEventError, StateMachine
    from pynetdicom.transport import AssociationServer, AssociationSocket

    class TellingServer(AssociationServer):
        note: Callable[[str, str], None]

        def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
            """Accept a connection; who is silent in a handshake is not waited for."""
            connection, address = self.socket.accept()  # type: ignore[union-attr]
            if self.ssl_context:
                connection.settimeout(SECONDS_TO_ANSWER)
                try:
                    connection = self.ssl_context.wrap_socket(connection, server_side=True)
                except OSError as error:
                    self.note(*_why(error))
                    connection.close()
                    raise
                connection.settimeout(None)
            return connection, address

    class EndingMachine(StateMachine):
        def do_action(self, event: str) -> None:
            """Act, or end the association if what was to be answered is gone."""
            with suppress(InvalidEventError):
                super().do_action(event)
                return
            self.dul.kill_dul()

    def shut_and_close(connection: AssociationSocket) -> None:
        """Close a connection that the other end has reset, too: pynetdicom 3.0.4 forgets it."""
        held = connection.socket
        if held is not None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
            held.close()

    # of both ends: a requestor in the same Python may be a learner's
    AssociationSocket._shutdown_socket = shut_and_close  # type: ignore[method-assign, assignment]
    return TellingServer, EndingMachine
