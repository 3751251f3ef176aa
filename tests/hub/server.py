"""A hub on this machine, in a thread: speaks what huggingface_hub asks for, counts what it serves, fails as it is told.

`with hub(folder) as server` starts one and turns the client in this process towards it, with a cache of its own in
`folder`; `server.environment` does the same for child processes. Files of 1 KiB and more lie in "large file storage":
they are known by their SHA-256, and come by a redirect to another host ("localhost" instead of "127.0.0.1").
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, quote, unquote, urlsplit

LARGE = 1024
PAGE = 1000
"""Entries of one page of a listing."""


@dataclass
class Repository:
    """What the hub holds under one name."""

    files: dict[str, bytes]
    card: dict[str, object]
    gated: bool | str
    revision: str
    branches: dict[str, str]
    listed: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """Entries of the listing that are told instead of the true ones, by path."""
    older: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Files of earlier commits."""


@dataclass
class Fault:
    """What goes wrong with requests whose path matches, `times` times."""

    pattern: str
    times: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    """Close the connection after so many bytes of the answer's body."""
    change: Callable[[bytes], bytes] | None = None
    """Send other bytes, as of another version of the file."""
    ignore_range: bool = False
    hold: threading.Event | None = None
    """Send nothing, or nothing more than `cut` bytes, before this is set."""


@dataclass
class Request:
    """What was asked, and how many bytes of body were sent."""

    method: str
    path: str
    headers: Message
    """Names in any case."""
    host: str
    status: int = 0
    sent: int = 0


class Server:
    """The hub; made by `hub`."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.piece = 1 << 16
        """Bytes that are sent at once."""
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def endpoint(self) -> str:
        """For HF_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """For child processes."""
        return {"HF_ENDPOINT": self.endpoint, "HF_HUB_CACHE": str(self.cache), "HF_HUB_OFFLINE": "0"}

    def add(
        self,
        repository: str,
        files: Mapping[str, bytes],
        *,
        licence: str | None = "apache-2.0",
        gated: bool | str = False,
        card: Mapping[str, object] | None = None,
    ) -> Repository:
        """A repository with these files in its main branch; again: a new commit of it."""
        values = {**({"license": licence} if licence else {}), **(card or {})}
        listing = sorted((path, hashlib.sha256(content).hexdigest()) for path, content in files.items())
        revision = hashlib.sha1(json.dumps([repository, listing]).encode(), usedforsecurity=False).hexdigest()
        before = self.repositories.get(repository)
        older = {} if before is None else {**before.older, before.revision: before.files}
        found = Repository(dict(files), values, gated, revision, {"main": revision}, older=older)
        self.repositories[repository] = found
        return found

    def fail(self, pattern: str, **what: Any) -> Fault:
        """From now on; see `Fault`. `pattern` is searched in the path of a request."""
        fault = Fault(pattern, **what)
        self.faults.append(fault)
        return fault

    def sent(self, pattern: str = "") -> int:
        """Bytes of bodies sent for paths that match."""
        return sum(request.sent for request in self.requests if re.search(pattern, request.path))

    def asked(self, pattern: str = "") -> list[Request]:
        """Requests for paths that match."""
        return [request for request in self.requests if re.search(pattern, request.path)]

    def fault(self, path: str) -> Fault | None:
        """The one that is due now."""
        with self._lock:
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.pattern, path):
                    fault.times -= 1
                    return fault
        return None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        for fault in self.faults:
            if fault.hold is not None:
                fault.hold.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away says nothing here."""


@contextmanager
def hub(folder: Path) -> Iterator[Server]:
    """Run one; meanwhile the client of this process asks it, is not offline, knows no token and waits little."""
    from huggingface_hub import close_session, constants

    from assistant.hub import waiting

    server = Server(folder / "hub")
    server.start()
    values: dict[str, Any] = {
        "ENDPOINT": server.endpoint,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(server.cache),
        "HF_HUB_OFFLINE": False,
        "HF_TOKEN_PATH": str(folder / "no-token"),
    }
    close_session()
    try:
        with patch.multiple(constants, **values), patch.object(waiting, "FIRST_SECONDS", 0.01):
            yield server
    finally:
        close_session()
        server.stop()


def git_id(content: bytes) -> str:
    """Git's hash of a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            request = Request(self.command, path, self.headers, self.headers.get("Host", ""))
            server.requests.append(request)
            self.request_seen = request
            fault = server.fault(path)
            with suppress(BrokenPipeError, ConnectionResetError):
                if fault is not None and fault.hold is not None and fault.cut is None:
                    fault.hold.wait(20)
                if fault is not None and fault.status:
                    self._send(fault.status, fault.headers, fault.body, fault)
                elif path.startswith("/api/models/"):
                    self._api(path.removeprefix("/api/models/"), parse_qs(parts.query), fault)
                elif path.startswith("/cdn/"):
                    self._content(path.removeprefix("/cdn/"), fault)
                else:
                    self._resolve(path.strip("/"), fault)

        def _api(self, path: str, query: Mapping[str, list[str]], fault: Fault | None) -> None:
            found = re.fullmatch(r"([^/]+/[^/]+)(?:/(revision|tree)/(.+))?", path)
            repository = server.repositories.get(found[1]) if found else None
            if found is None or repository is None:
                self._refuse(404, "RepoNotFound", "Repository not found", fault)
                return
            revision = _revision(repository, (found[3] or "main").strip("/"))
            if revision is None:
                self._refuse(404, "RevisionNotFound", f"Invalid rev id: {found[3]}", fault)
            elif found[2] == "tree":
                start = int(query.get("cursor", ["0"])[0])
                entries = [_entry(repository, name, content) for name, content in _files(repository, revision).items()]
                entries += [dict(entry) for name, entry in repository.listed.items() if name not in repository.files]
                headers = {"Content-Type": "application/json"}
                if start + PAGE < len(entries):
                    following = (
                        f"{server.endpoint}{quote(urlsplit(self.path).path)}?recursive=True&cursor={start + PAGE}"
                    )
                    headers["Link"] = f'<{following}>; rel="next"'
                self._send(200, headers, json.dumps(entries[start : start + PAGE]).encode(), fault)
            else:
                self._send(200, {"Content-Type": "application/json"}, _info(found[1], repository, revision), fault)

        def _resolve(self, path: str, fault: Fault | None) -> None:
            found = re.fullmatch(r"([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
            repository = server.repositories.get(found[1]) if found else None
            if found is None or repository is None:
                self._refuse(404, "RepoNotFound", "Repository not found", fault)
                return
            if repository.gated and "Authorization" not in self.headers:
                self._refuse(401, "GatedRepo", f"Access to model {found[1]} is restricted.", fault)
                return
            revision = _revision(repository, found[2])
            content = None if revision is None else _files(repository, revision).get(found[3])
            if revision is None or content is None:
                self._refuse(404, "EntryNotFound", "Entry not found", fault)
                return
            headers = {"X-Repo-Commit": revision, "Accept-Ranges": "bytes"}
            if len(content) < LARGE:
                self._content(f"{found[1]}/{revision}/{found[3]}", fault, headers)
                return
            headers["X-Linked-Etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
            headers["X-Linked-Size"] = str(len(content))
            place = f"http://localhost:{server.port}/cdn/{quote(f'{found[1]}/{revision}/{found[3]}')}?signature=secret"
            self._send(302, {**headers, "Location": place}, b"", fault)

        def _content(self, path: str, fault: Fault | None, more: Mapping[str, str] | None = None) -> None:
            owner, name, revision, file = path.split("/", 3)
            content = _files(server.repositories[f"{owner}/{name}"], revision)[file]
            etag = hashlib.sha256(content).hexdigest() if len(content) >= LARGE else git_id(content)
            if fault is not None and fault.change is not None:
                content = fault.change(content)
                etag = hashlib.sha256(content).hexdigest()
            headers = {"ETag": f'"{etag}"', "Content-Type": "application/octet-stream", **(more or {})}
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            changed = self.headers.get("If-Range", f'"{etag}"') != f'"{etag}"'
            if changed or (fault is not None and fault.ignore_range):
                wanted = None
            if wanted is None:
                self._send(200, headers, content, fault)
                return
            first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
            if first > last:
                self._send(416, {"Content-Range": f"bytes */{len(content)}"}, b"", fault)
                return
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            self._send(206, headers, content[first : last + 1], fault)

        def _refuse(self, status: int, code: str, message: str, fault: Fault | None) -> None:
            headers = {"X-Error-Code": code, "X-Error-Message": message, "Content-Type": "application/json"}
            self._send(status, headers, json.dumps({"error": message}).encode(), fault)

        def _send(self, status: int, headers: Mapping[str, str], body: bytes, fault: Fault | None) -> None:
            self.request_seen.status = status
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            end = len(body)
            if fault is not None and fault.cut is not None and fault.cut < end:
                end = fault.cut
                self.close_connection = True
            for start in range(0, end, server.piece):
                piece = body[start : min(start + server.piece, end)]
                self.wfile.write(piece)
                self.request_seen.sent += len(piece)
            if end < len(body) and fault is not None and fault.hold is not None:
                fault.hold.wait(20)

    return Handler


def _revision(repository: Repository, asked: str) -> str | None:
    found = repository.branches.get(asked, asked)
    return found if found == repository.revision or found in repository.older else None


def _files(repository: Repository, revision: str) -> dict[str, bytes]:
    return repository.files if revision == repository.revision else repository.older[revision]


def _info(name: str, repository: Repository, revision: str) -> bytes:
    values = {
        "id": name,
        "modelId": name,
        "sha": revision,
        "gated": repository.gated,
        "private": False,
        "tags": [f"license:{repository.card['license']}"] if "license" in repository.card else [],
        "cardData": repository.card,
        "siblings": [{"rfilename": path} for path in _files(repository, revision)],
    }
    return json.dumps(values).encode()


def _entry(repository: Repository, path: str, content: bytes) -> dict[str, object]:
    told = repository.listed.get(path)
    if told is not None:
        return dict(told)
    entry: dict[str, object] = {"type": "file", "path": path, "size": len(content), "oid": git_id(content)}
    if len(content) >= LARGE:
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return entry
