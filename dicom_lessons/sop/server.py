"""The server of a live exchange: quick to answer, quiet at its end, and plain about TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
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


def make_server(
    entity: Any,
    address: str,
    handlers: list[tuple[Any, ...]],
    tls: ssl.SSLContext | None,
    note: Callable[[str, str], None],
) -> Any:
    """Return a server of an application entity on a free port; it does not run yet.

    Parameters
    ----------
    entity : pynetdicom.AE
    address : str
        Where it listens.
    handlers : list of tuple
        What pynetdicom calls.
    tls : ssl.SSLContext or None
        Then nobody without TLS is let in.
    note : callable
        Gets who ended a TLS handshake, ``"requestor"`` or ``"acceptor"``, and why.
    """
    server_class, handler = _classes()
    server = entity.make_server(
        (address, 0),
        evt_handlers=handlers,
        ssl_context=tls,
        server_class=server_class,
        request_handler=handler,
    )
    server.note = note
    server.contexts = _Offered(server.contexts)
    return server


def stop_server(
    server: Any, listener: threading.Thread, end: Callable[[Any], None] | None = None
) -> None:
    """Stop a server and the thread that it runs in; ``end`` ends what associations are left."""
    # not the server's own shutdown(), which wants the entity to have started it
    BaseServer.shutdown(server)
    listener.join(SECONDS_TO_END)
    associations = list(server.active_associations)
    for association in associations:
        if end:
            end(association)
    for association in associations:
        association.join(SECONDS_TO_END)
    server.server_close()


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


def _acknowledge_at_once(connection: Any) -> None:
    """Have each piece that arrives acknowledged when it is read (Linux; RFC 1122 §4.2.3.2).

    A sender that writes a message in small pieces keeps the second back until the first is
    acknowledged, and a system may take 40 ms for that: longer than all else for a small instance.
    """
    option = getattr(socket, "TCP_QUICKACK", None)
    if option is None:
        return
    receive = connection.recv

    def receive_and_acknowledge(size: int) -> Any:
        found = receive(size)
        with suppress(OSError, AttributeError):  # closed meanwhile
            connection.socket.setsockopt(socket.IPPROTO_TCP, option, 1)
        return found

    connection.recv = receive_and_acknowledge


def _close_at_any_rate(connection: Any) -> None:
    """Have a connection closed that the other end has reset: pynetdicom gives up half-way."""
    shut = connection._shutdown_socket

    def shut_and_close() -> None:
        held = connection.socket
        shut()
        if held is not None:
            held.close()

    connection._shutdown_socket = shut_and_close


@cache
def _classes() -> tuple[Any, Any]:
    from pynetdicom.fsm import InvalidEventError
    from pynetdicom.transport import AssociationServer, RequestHandler

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

    class Handler(RequestHandler):
        def _create_association(self) -> Any:
            association = super()._create_association()
            machine = association.dul.state_machine
            act = machine.do_action

            def act_or_end(event: str) -> None:
                try:
                    act(event)
                except InvalidEventError:  # what was to be answered is gone
                    association.dul.kill_dul()

            machine.do_action = act_or_end  # type: ignore[method-assign]
            _acknowledge_at_once(association.dul.socket)
            _close_at_any_rate(association.dul.socket)
            return association

    return TellingServer, Handler
