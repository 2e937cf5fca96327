"""A web page that shows pictures as they come (Motion JPEG)."""
from __future__ import annotations

import html
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

from mmfer.errors import ConfigError

__all__ = ['LivePage']

_LOOPBACK = ('127.0.0.1', 'localhost', '::1')
_BOUNDARY = 'frame'
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{margin: 0; background: #222; color: #eee; font: 16px sans-serif; text-align: center}}
img {{max-width: 100vw; max-height: 92vh}}</style></head>
<body><h1 style="font-size: 1em">{title}</h1><img src="/stream" alt="live video"></body></html>
"""


class _Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class LivePage:
    """Serves one page with the newest picture; used as a context manager.

    Whoever can reach the address can watch: there is no password. By default that is this
    machine alone; requests under another name of it are refused then, so that pages elsewhere
    cannot look through a visitor's browser.

    Args:
        title: Of the page.
        host: Address to listen on.
        port: 0 for any that is free.

    Raises:
        ConfigError: It is not to be had.
    """

    def __init__(self, title: str, host: str = '127.0.0.1', port: int = 0) -> None:
        self._page = _PAGE.format(title=html.escape(title)).encode()
        self._host, self._local = host, host in _LOOPBACK
        self._picture, self._count, self._over = b'', 0, False
        self._viewers = 0
        self._changed = threading.Condition()
        try:
            self._server = (_Server6 if ':' in host else ThreadingHTTPServer)(
                (host, port), _handler_for(self))
        except (OSError, OverflowError) as error:
            raise ConfigError(f'the page cannot be served at {host}:{port} ({error}); choose '
                              'another --port, or an address of this machine as --host') from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(.05, ),
                                        name='page', daemon=True)

    @property
    def address(self) -> str:
        """What to open in a browser."""
        host = f'[{self._host}]' if ':' in self._host else self._host
        return f'http://{host}:{self._server.server_port}/'

    @property
    def watched(self) -> bool:
        """Whether anybody is watching; else pictures need not be made."""
        return self._viewers > 0

    def __enter__(self) -> LivePage:
        """Begins to serve."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Ends, for those who watch too."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def show(self, picture: bytes) -> None:
        """Makes a JPEG the newest picture."""
        with self._changed:
            self._picture, self._count = picture, self._count + 1
            self._changed.notify_all()

    def allows(self, host: str | None) -> bool:
        """Whether a request with this ``Host`` header is answered."""
        try:
            return not self._local or urlsplit(f'//{host or ""}').hostname in _LOOPBACK
        except ValueError:
            return False

    def send_page(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers with the page."""
        handler.send_response(HTTPStatus.OK)
        _send_headers(handler, 'text/html; charset=utf-8', len(self._page))
        handler.wfile.write(self._page)

    def send_pictures(self, handler: BaseHTTPRequestHandler) -> None:
        """Sends pictures, the newest each time, until the page ends or the viewer leaves."""
        handler.send_response(HTTPStatus.OK)
        _send_headers(handler, f'multipart/x-mixed-replace; boundary={_BOUNDARY}')
        with self._changed:
            self._viewers += 1
        try:
            sent = 0
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._over or self._count > sent)
                    if self._over:
                        return
                    picture, sent = self._picture, self._count
                handler.wfile.write(
                    f'--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}'
                    '\r\n\r\n'.encode() + picture + b'\r\n')
        except (ConnectionError, TimeoutError):
            pass  # the viewer has left
        finally:
            with self._changed:
                self._viewers -= 1


def _send_headers(handler: BaseHTTPRequestHandler, kind: str, length: int | None = None) -> None:
    handler.send_header('Content-Type', kind)
    if length is not None:
        handler.send_header('Content-Length', str(length))
    handler.send_header('Cache-Control', 'no-store')
    handler.send_header('X-Content-Type-Options', 'nosniff')
    handler.send_header('Cross-Origin-Resource-Policy', 'same-origin')
    handler.send_header('Content-Security-Policy',
                        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'")
    handler.end_headers()


def _handler_for(page: LivePage) -> type[BaseHTTPRequestHandler]:

    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # of a viewer that takes no more data

        def do_GET(self) -> None:
            if not page.allows(self.headers.get('Host')):
                self.send_error(HTTPStatus.FORBIDDEN)
            elif self.path == '/':
                page.send_page(self)
            elif self.path == '/stream':
                page.send_pictures(self)
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: the terminal is for answers."""

    return Handler
