"""Parsers that strangers could make run wild work in a child process with little time and memory, and without our environment.

A child is a fresh interpreter, started when first needed and used again. It is asked and answers in MessagePack: what it sends back is data
of the type that the function promises, never code, whatever became of the child. One that dies, hangs or swells is replaced; only the call that
did it fails.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib
import math
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

from core.errors import SourceUnreadable

T = TypeVar("T")

CPU_S: Final = 10  # of one call
WALL_S: Final = 30.0  # of one call, start of the child included
MEMORY_BYTES: Final = 512 * 1024 * 1024  # of the child in all
ANSWER_BYTES: Final = 64 * 1024 * 1024
CHILDREN: Final = 2
CALLS: Final = 200  # then a child makes room for a fresh one, whatever it may have kept
_SIZE: Final = struct.Struct(">Q")
_CHILD: Final = "import sys; sys.path[:] = sys.argv[1:]; from listener.confine import serve; serve()"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one call may take: `cpu_s` whole seconds of processor time, `wall_s` seconds in all, `memory_bytes` of the child."""

    cpu_s: int = CPU_S
    wall_s: float = WALL_S
    memory_bytes: int = MEMORY_BYTES


class Confinement:
    """A few children, started as they are needed.

    Args:
        limits: of one call.
        children: how many at most.
    """

    def __init__(self, limits: Limits | None = None, *, children: int = CHILDREN) -> None:
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(children, thread_name_prefix="confined")
        self._idle: list[_Child] = []
        self._lock = threading.Lock()

    async def run(self, function: Callable[..., T], *args: object, source: str) -> T:
        """Call `function(*args)` in a child and return its result.

        Args:
            function: at the top of its module; its return annotation is what msgspec can carry (records, tuples, text, bytes, numbers, times).
            args: text, bytes, numbers, lists of them.
            source: what errors name.

        Raises:
            SourceUnreadable: it raised that, or anything else; took too long or too much memory; died.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, function, args, source)

    def call(self, function: Callable[..., T], *args: object, source: str) -> T:
        """The same for a caller on a thread of its own: waits for the result."""
        return self._threads.submit(self._call, function, args, source).result()

    def close(self) -> None:
        """End the children; what still runs is cut short."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for child in self._idle:
                child.end()
            self._idle.clear()

    def _call(self, function: Callable[..., T], args: tuple[object, ...], source: str) -> T:
        with self._lock:
            child = self._idle.pop() if self._idle else None
        child = child or _Child(self._limits)
        try:
            answer = child.ask(f"{function.__module__}:{function.__qualname__}", args)
        except _Gone as error:
            child.end()
            raise SourceUnreadable(source, str(error)) from None
        except BaseException:
            child.end()
            raise
        if answer.worn or child.calls >= CALLS:
            child.end()
        else:
            with self._lock:
                self._idle.append(child)
        if answer.refused is not None:
            raise SourceUnreadable(source, answer.refused)
        try:
            return msgspec.msgpack.decode(answer.result, type=_promised(function))
        except msgspec.MsgspecError as error:
            raise SourceUnreadable(source, "its parser gave what it does not promise") from error


class _Answer(msgspec.Struct, frozen=True):
    result: bytes = b""
    refused: str | None = None
    worn: bool = False  # the child should not be used again


class _Gone(Exception):
    """The child is no more; says why."""


class _Child:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.calls = 0
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter on our own code
            [sys.executable, "-B", "-c", _CHILD, *(path for path in sys.path if path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is ours to handle
        )

    def ask(self, function: str, args: tuple[object, ...]) -> _Answer:
        """Have a function called.

        Raises:
            _Gone: the child died or had to be ended.
        """
        self.calls += 1
        late = threading.Event()
        timer = threading.Timer(self._limits.wall_s, self._too_late, [late])
        timer.daemon = True
        timer.start()
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            _send(self._process.stdin, msgspec.msgpack.encode((function, args, self._limits.cpu_s, self._limits.memory_bytes)))
            return msgspec.msgpack.decode(_receive(self._process.stdout), type=_Answer)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            raise _Gone(self._why(late=late.is_set())) from error
        finally:
            timer.cancel()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # a pipe whose reader is gone cannot be emptied
                    pipe.close()

    def _too_late(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _why(self, *, late: bool) -> str:
        if late:
            return f"its parser took more than {self._limits.wall_s:g} s"
        self._process.kill()  # where it answered nonsense; else it is dead and keeps its own reason
        if self._process.wait() == -signal.SIGXCPU:
            return f"its parser took more than {self._limits.cpu_s} s of processor time"
        return "its parser died"


def serve() -> None:
    """The child's life: take a call, answer it, until nobody asks."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between answers
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    while True:
        try:
            call = _receive(asked)
        except EOFError:
            return
        _send(answers, msgspec.msgpack.encode(_answer(call)))


def _answer(call: bytes) -> _Answer:
    name, args, cpu_s, memory_bytes = msgspec.msgpack.decode(call, type=tuple[str, list[Any], int, int])
    module, _, attribute = name.partition(":")
    try:
        function = getattr(importlib.import_module(module), attribute)
        until = math.ceil(time.process_time()) + cpu_s
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, resource.RLIM_INFINITY))
        return _Answer(result=msgspec.msgpack.encode(function(*args)))
    except SourceUnreadable as error:
        return _Answer(refused=error.reason)
    except MemoryError:
        return _Answer(refused=f"its parser needs more than {memory_bytes // 2**20} MB", worn=True)
    except Exception as error:  # noqa: BLE001 - whatever a parser stumbles over, the text is what it cannot read
        return _Answer(refused=f"its parser failed ({type(error).__name__})")


def _send(pipe: BinaryIO | typing.IO[bytes], data: bytes) -> None:
    pipe.write(_SIZE.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: BinaryIO | typing.IO[bytes]) -> bytes:
    head = pipe.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    size = _SIZE.unpack(head)[0]
    if size > ANSWER_BYTES:
        raise EOFError
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _promised(function: Callable[..., T]) -> type[T]:
    promised: type[T] = typing.get_type_hints(function)["return"]
    return promised


_ours = Confinement()
atexit.register(_ours.close)
run, call = _ours.run, _ours.call
