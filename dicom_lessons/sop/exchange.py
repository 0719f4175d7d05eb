"""The other end of a live exchange: a storage provider on this computer that writes down messages.

A service class user and a service class provider talk over an association (PS3.7 §D, PS3.8 §7): the
requestor offers presentation contexts, the acceptor takes or refuses each, DIMSE requests and
responses follow, and a release ends it. The provider listens on 127.0.0.1 only, on a free port,
and keeps what it receives in memory: nothing that arrives names a file.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from pydicom import Dataset
from pydicom.uid import UID

from dicom_lessons.reading import read
from dicom_lessons.sop.messages import Context, Message
from dicom_lessons.sop.server import SECONDS_TO_ANSWER, run_server
from dicom_lessons.text import N_, _

MOST_INSTANCES = 100
MOST_BYTES = 256 * 2**20
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700
_NO_TLS = "TLS alert"

# PS3.8 Table 9-21: source and reason
_REJECTIONS = {
    (1, 2): N_("application context not supported"),
    (1, 3): N_("calling AE title not recognized"),
    (1, 7): N_("called AE title not recognized"),
    (2, 2): N_("protocol version not supported"),
    (3, 1): N_("congested for the moment"),
    (3, 2): N_("no more associations at once"),
}


@dataclass
class StorageProvider:
    """A service class provider that runs, or ran, on this computer.

    Attributes
    ----------
    address : str
        Always ``"127.0.0.1"``.
    port : int
        The free port that the system chose.
    messages : list of Message
        In the order in which they passed.
    contexts : list of Context
        Of all associations.
    largest_data_set : int
        Bytes of a message's data set that are still noted; larger ones are left out.
    """

    address: str = "127.0.0.1"
    port: int = 0
    messages: list[Message] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    largest_data_set: int = MOST_BYTES
    _instances: list[bytes] = field(default_factory=list)
    # an association's offer until it is answered: numbers of contexts are those of one association
    _offers: Any = field(default_factory=WeakKeyDictionary, repr=False)
    _ending: WeakSet[Any] = field(default_factory=WeakSet, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    @property
    def received(self) -> list[Dataset]:
        """The instances that were stored, each read anew from the bytes that arrived."""
        return [read(instance) for instance in self._instances]

    def _store(self, event: Any) -> int:
        path = event.dataset_path  # an archive of this Python has pynetdicom receive to the disk
        instance = path.read_bytes() if path else event.encoded_dataset()
        with self._lock:
            held = sum(map(len, self._instances))
            if len(self._instances) >= MOST_INSTANCES or held + len(instance) > MOST_BYTES:
                return OUT_OF_RESOURCES
            self._instances.append(instance)
        return SUCCESS

    def _note_handshake(self, sender: str, why: str) -> None:
        self.messages.append(Message(sender, _NO_TLS, (why,)))

    def _note_pdu(self, event: Any, sender: str, second: str = "") -> None:
        name = type(event.pdu).__name__.replace("_", "-").replace("ABORT-RQ", "ABORT")
        details: list[str] = []
        if name == "A-ASSOCIATE-RQ":
            offer = [
                Context(item.context_id, item.abstract_syntax, tuple(item.transfer_syntax))
                for item in event.pdu.presentation_context
            ]
            self.contexts += offer
            self._offers[event.assoc] = {context.number: context for context in offer}
            details = [context.offer for context in offer]
        elif name == "A-ASSOCIATE-AC":
            offered = self._offers.pop(event.assoc, {})
            for item in event.pdu.presentation_context:
                context = offered[item.context_id]
                context.result = item.result
                context.transfer_syntax = item.transfer_syntax if item.result == 0 else None
                details.append(context.reply)
        elif name == "A-ASSOCIATE-RJ":
            told = _REJECTIONS.get((event.pdu.source, event.pdu.reason_diagnostic))
            details = [_(told or N_("no reason given"))]
        if name in ("A-ASSOCIATE-RJ", "A-RELEASE-RQ", "A-ABORT"):
            self._ending.add(event.assoc)
        if name != "P-DATA-TF":
            self.messages.append(Message(sender, name, tuple(details), second=second))

    def second(self, title: str) -> list[tuple[Any, ...]]:
        """Return what notes the messages of an association that the acceptor opens to a title."""
        return self._listeners("acceptor", "requestor", title)

    def _listeners(
        self, received: str = "requestor", sent: str = "acceptor", second: str = ""
    ) -> list[tuple[Any, ...]]:
        from pynetdicom import evt

        return [
            (evt.EVT_PDU_RECV, self._note_pdu, [received, second]),
            (evt.EVT_PDU_SENT, self._note_pdu, [sent, second]),
            (evt.EVT_DIMSE_RECV, self._note_message, [received, second]),
            (evt.EVT_DIMSE_SENT, self._note_message, [sent, second]),
        ]

    def _note_message(self, event: Any, sender: str, second: str = "") -> None:
        name = type(event.message).__name__.replace("_", "-")
        command = event.message.command_set
        details = []
        if name.endswith("-RQ"):
            details.append(UID(command.get("AffectedSOPClassUID", "")).name)
        if "Status" in command:
            success = _("success") if command.Status == SUCCESS else _("no success")
            details.append(
                _("status {status}: {meaning}", status=f"{command.Status:04X}H", meaning=success)
            )
        sent = event.message.data_set
        noted = sent is not None and sent.getbuffer().nbytes <= self.largest_data_set
        data_set = sent.getvalue() if noted else b""
        self.messages.append(Message(sender, name, tuple(details), command, data_set, second))

    def _end(self, association: Any) -> None:
        """End an association that its requestor left open, whatever it waits for just now.

        Not by its own ``abort()``: that waits until the other end has noticed.
        """
        from pynetdicom.pdu import A_ABORT_RQ

        connection = association.dul.socket
        if association.requestor.primitive is None:
            association.dul.to_user_queue.put(None)  # it waits for a request that never came
        elif association in self._ending:
            return
        else:
            abort = A_ABORT_RQ()
            abort.source = abort.reason_diagnostic = 0
            connection.send(abort.encode())
            self.messages.append(Message("acceptor", "A-ABORT"))
        with suppress(OSError, AttributeError):  # closed meanwhile
            connection.socket.shutdown(socket.SHUT_RDWR)


@contextmanager
def storage_provider(
    *sop_classes: str,
    entity: Any = None,
    handlers: Sequence[tuple[Any, ...]] = (),
    tls: ssl.SSLContext | None = None,
) -> Iterator[StorageProvider]:
    """Run a provider of the Verification and Storage services while a ``with`` block lasts.

    Parameters
    ----------
    *sop_classes : str
        UIDs of the storage SOP classes that it accepts, in every transfer syntax.
    entity : pynetdicom.AE, optional
        Another application entity, with contexts of its own.
    handlers : sequence of tuple, optional
        What else pynetdicom calls; a handler of C-STORE here stores instead of the provider.
    tls : ssl.SSLContext, optional
        Then nobody without TLS is let in (PS3.15 §B.12).

    Yields
    ------
    StorageProvider
        Its ``messages`` are complete once the block has ended.

    Examples
    --------
    >>> from pynetdicom import AE
    >>> with storage_provider() as provider:
    ...     user = AE()
    ...     user.add_requested_context("1.2.840.10008.1.1")
    ...     association = user.associate(provider.address, provider.port)
    ...     status = association.send_c_echo()
    ...     association.release()
    >>> [message.name for message in provider.messages][:3]
    ['A-ASSOCIATE-RQ', 'A-ASSOCIATE-AC', 'C-ECHO-RQ']
    """
    from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    provider = StorageProvider()
    entity = entity or AE(ae_title="PROVIDER")
    entity.add_supported_context(Verification)
    for sop_class in sop_classes:
        entity.add_supported_context(sop_class, ALL_TRANSFER_SYNTAXES)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = SECONDS_TO_ANSWER
    if evt.EVT_C_STORE not in [handler[0] for handler in handlers]:
        handlers = [*handlers, (evt.EVT_C_STORE, provider._store)]
    listeners = [*handlers, *provider._listeners()]
    with run_server(
        entity, listeners, tls, provider._note_handshake, provider._end
    ) as provider.port:
        yield provider
